"""All loans, for operators."""

from __future__ import annotations

from typing import Final

from chalice.app import Blueprint

from chalicelib.admin.routes.ledger import account_answer
from chalicelib.admin.schemas import LoanDetailResponse, LoanStatusQuery
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.routing import AccessLevel, RequestContext, endpoint, identifier
from chalicelib.container import get_container
from chalicelib.loans.domain.errors import LoanNotFound
from chalicelib.loans.domain.visibility import LoanView
from chalicelib.loans.schemas import LoanList, LoanResponse

blueprint: Final = Blueprint(__name__)


_ROWS_SHOWN = 20


@endpoint(
    blueprint,
    "GET",
    "/api/admin/loans",
    "All loans, newest first",
    query=LoanStatusQuery,
    answer=LoanList,
    access=AccessLevel.OPERATOR,
)
def list_all_loans(call: RequestContext[NoBody, LoanStatusQuery]) -> LoanList:
    """Of one status, or of all where none is named. Pages may be short."""
    query = call.query
    scope = f"admin-loans:{call.actor.user_id}:{query.status}"
    cursors = get_container().cursors
    before = cursors.open(scope, query.cursor)["before"] if query.cursor else None
    page = get_container().loan_queries.operator_page(call.actor, status=query.status, limit=query.limit, before=before)
    return LoanList(
        items=[LoanResponse.of(LoanView(loan)) for loan in page.loans],
        next_cursor=cursors.seal(scope, {"before": page.before}) if page.before else None,
    )


@endpoint(
    blueprint,
    "GET",
    "/api/admin/loans/{id}",
    "Everything about a loan",
    answer=LoanDetailResponse,
    refusals=(LoanNotFound,),
    access=AccessLevel.OPERATOR,
)
def show_loan_detail(call: RequestContext[NoBody, NoQuery]) -> LoanDetailResponse:
    """The loan with all offers, its schedule and its ledger account; `ledger.next_cursor` goes on at the account."""
    loan_id = identifier(call, "id")
    detail = get_container().loan_queries.operator_detail(call.actor, loan_id)
    page = get_container().ledger_accounts.of_loan(call.actor, loan_id, limit=_ROWS_SHOWN)
    return LoanDetailResponse.joined(detail, account_answer(call.actor, page), get_container().clock().date())
