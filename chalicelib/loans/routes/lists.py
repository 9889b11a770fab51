"""Lists of loans, offers and instalments."""

from __future__ import annotations

from chalicelib.common.api import Call, endpoint
from chalicelib.common.fields import ListQuery, NoBody
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.market import OpenLoanFilter
from chalicelib.loans.domain.view import LoanView
from chalicelib.loans.routes.blueprint import loans
from chalicelib.loans.schemas.answers import (
    DueInstalmentAnswer,
    DueInstalmentList,
    LoanAnswer,
    LoanList,
    OfferWithLoanAnswer,
    OfferWithLoanList,
)
from chalicelib.loans.schemas.bodies import AvailableQuery, MyLoansQuery
from chalicelib.loans.service.reading import ShardPositions
from chalicelib.wiring import platform


@endpoint(loans, "GET", "/api/loans/available", "Open loans, newest first", query=AvailableQuery, answer=LoanList)
def list_available(call: Call[NoBody, AvailableQuery]) -> LoanList:
    """Requests that take offers."""
    query = call.query
    only = OpenLoanFilter(query.min_amount, query.max_amount, query.min_rate, query.max_term)
    scope = f"available:{call.actor.user_id}:{only}"
    cursors = platform().cursors
    positions = ShardPositions(tuple(cursors.open(scope, query.cursor)["before"])) if query.cursor else None
    found, rest = platform().loans.reader.with_status(
        LoanStatus.REQUESTED, limit=query.limit, positions=positions, only=only
    )
    return LoanList(
        items=[LoanAnswer.of(LoanView(loan)) for loan in found],
        next_cursor=cursors.seal(scope, {"before": rest.before}) if rest else None,
    )


@endpoint(
    loans,
    "GET",
    "/api/loans/my-offers",
    "My offers not yet funded",
    query=ListQuery,
    answer=OfferWithLoanList,
)
def list_my_offers(call: Call[NoBody, ListQuery]) -> OfferWithLoanList:
    """Lenders; each offer with its loan, newest first."""
    scope = f"my-offers:{call.actor.user_id}"
    cursors = platform().cursors
    after = cursors.open(scope, call.query.cursor) if call.query.cursor else None
    page = platform().loans.reader.my_offers(call.actor, limit=call.query.limit, after=after)
    return OfferWithLoanList(
        items=[OfferWithLoanAnswer.joined(each.offer, each.loan) for each in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )


@endpoint(
    loans,
    "GET",
    "/api/loans/my-loans",
    "Loans I borrowed or invested in",
    query=MyLoansQuery,
    answer=LoanList,
)
def list_my_loans(call: Call[NoBody, MyLoansQuery]) -> LoanList:
    """The caller's loans, newest first."""
    query = call.query
    scope = f"my-loans:{call.actor.user_id}:{query.status}"
    cursors = platform().cursors
    after = cursors.open(scope, query.cursor) if query.cursor else None
    page = platform().loans.reader.my_loans(call.actor, limit=query.limit, after=after, status=query.status)
    return LoanList(
        items=[LoanAnswer.of(LoanView(loan)) for loan in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )


@endpoint(
    loans,
    "GET",
    "/api/loans/pending-payments",
    "My unpaid instalments by due date",
    query=ListQuery,
    answer=DueInstalmentList,
)
def list_pending_payments(call: Call[NoBody, ListQuery]) -> DueInstalmentList:
    """Borrowers; of all their loans."""
    scope = f"pending-payments:{call.actor.user_id}"
    cursors = platform().cursors
    start = cursors.open(scope, call.query.cursor)["after"] if call.query.cursor else None
    found, rest = platform().loans.reader.pending_payments(
        call.actor, limit=call.query.limit, after=(start[0], start[1], start[2]) if start else None
    )
    today = platform().clock().date()
    return DueInstalmentList(
        items=[DueInstalmentAnswer.due(each.loan_id, each.row, each.balance, today) for each in found],
        next_cursor=cursors.seal(scope, {"after": rest}) if rest else None,
    )
