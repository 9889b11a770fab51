"""All loans, for operators."""

from typing import Final

from chalicelib.admin.routes.ledger import show_account
from chalicelib.admin.schemas import LedgerAccountResponse, LoanDetailResponse, LoanStatusQuery
from chalicelib.admin.service.ledger_accounts import AccountPosition
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router, cursor_scope
from chalicelib.container import get_container
from chalicelib.loans.domain.errors import LoanNotFound
from chalicelib.loans.domain.visibility import LoanView
from chalicelib.loans.schemas import LoanList, LoanResponse

router: Final = Router(__name__, get_container)
_POSTINGS_SHOWN: Final = 20


@router.endpoint(
    "GET",
    "/api/admin/loans",
    "List all loans",
    query=LoanStatusQuery,
    response=LoanList,
    paginated=str,
    access=AccessLevel.OPERATOR,
)
def list_all_loans(context: RequestContext[NoBody, LoanStatusQuery]) -> CursorPage:
    """List loans, newest first, optionally with one status. A page may have fewer items than `limit`."""
    query = context.query
    page = get_container().loan_queries.operator_page(
        context.actor, status=query.status, limit=query.limit, before=context.position
    )
    return CursorPage([LoanResponse.of(LoanView(loan)) for loan in page.loans], page.before)


@router.endpoint(
    "GET",
    "/api/admin/loans/{id}",
    "Get all details of a loan",
    response=LoanDetailResponse,
    errors=(LoanNotFound,),
    access=AccessLevel.OPERATOR,
)
def show_loan_detail(context: RequestContext[NoBody, NoQuery]) -> LoanDetailResponse:
    """Return the loan with all its offers, its schedule and its ledger account.

    To read more ledger entries, pass `ledger.next_cursor` to the ledger account endpoint.
    """
    loan_id = context.id()
    detail = get_container().loan_queries.operator_detail(context.actor, loan_id)
    page = get_container().ledger_accounts.of_loan(context.actor, loan_id, limit=_POSTINGS_SHOWN)
    cursor = None
    if page.position:
        scope = cursor_scope(show_account.__name__, context.actor, {"id": page.account})
        cursor = get_container().cursors.seal(scope, page.position, AccountPosition)
    ledger = LedgerAccountResponse.of(page, cursor)
    return LoanDetailResponse.joined(detail, ledger, get_container().today())
