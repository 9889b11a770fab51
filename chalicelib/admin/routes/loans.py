"""All loans, for operators."""

from __future__ import annotations

from chalicelib.admin.routes.blueprint import admin
from chalicelib.admin.routes.ledger import account_answer
from chalicelib.admin.schemas import LoanDossierAnswer, OversightQuery
from chalicelib.common.api import Access, Call, endpoint, identifier
from chalicelib.common.fields import NoBody, NoQuery
from chalicelib.loans.domain.refusals import LoanNotFound
from chalicelib.loans.domain.view import LoanView
from chalicelib.loans.schemas.answers import LoanAnswer, LoanList
from chalicelib.wiring import platform

_ROWS_SHOWN = 20


@endpoint(
    admin,
    "GET",
    "/api/admin/loans",
    "All loans, newest first",
    query=OversightQuery,
    answer=LoanList,
    access=Access.OPERATOR,
)
def list_all_loans(call: Call[NoBody, OversightQuery]) -> LoanList:
    """Of one status, or of all where none is named. Pages may be short."""
    query = call.query
    scope = f"admin-loans:{call.actor.user_id}:{query.status}"
    cursors = platform().cursors
    before = cursors.open(scope, query.cursor)["before"] if query.cursor else None
    page = platform().loans.oversight.page(call.actor, status=query.status, limit=query.limit, before=before)
    return LoanList(
        items=[LoanAnswer.of(LoanView(loan)) for loan in page.loans],
        next_cursor=cursors.seal(scope, {"before": page.before}) if page.before else None,
    )


@endpoint(
    admin,
    "GET",
    "/api/admin/loans/{id}",
    "Everything about a loan",
    answer=LoanDossierAnswer,
    refusals=(LoanNotFound,),
    access=Access.OPERATOR,
)
def show_loan_dossier(call: Call[NoBody, NoQuery]) -> LoanDossierAnswer:
    """The loan with all offers, its schedule and its ledger account; `ledger.next_cursor` goes on at the account."""
    loan_id = identifier(call, "id")
    dossier = platform().loans.oversight.dossier(call.actor, loan_id)
    page = platform().admin.accounts.of_loan(call.actor, loan_id, limit=_ROWS_SHOWN)
    return LoanDossierAnswer.joined(dossier, account_answer(call.actor, page), platform().clock().date())
