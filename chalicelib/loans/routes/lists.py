"""Lists of loans, offers and instalments."""

from __future__ import annotations

import json

from chalicelib.common.actor import Actor, Role
from chalicelib.common.api import Call, Reply, endpoint
from chalicelib.common.cache import LISTED_SECONDS
from chalicelib.common.fields import ListQuery, NoBody
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.market import OpenLoanFilter
from chalicelib.loans.domain.view import LoanView
from chalicelib.loans.routes.blueprint import loans
from chalicelib.loans.schemas.answers import LoanAnswer, LoanList, OfferWithLoanAnswer, OfferWithLoanList
from chalicelib.loans.schemas.bodies import AvailableQuery, MyLoansQuery
from chalicelib.loans.schemas.servicing import DueInstalmentAnswer, DueInstalmentList
from chalicelib.loans.service.reading import AVAILABLE, ShardPositions, own_loans
from chalicelib.wiring import platform


@endpoint(loans, "GET", "/api/loans/available", "Open loans, newest first", query=AvailableQuery, answer=LoanList)
def list_available(call: Call[NoBody, AvailableQuery]) -> Reply:
    """Requests that take offers."""
    query, here = call.query, platform()
    only = OpenLoanFilter(query.min_amount, query.max_amount, query.min_rate, query.max_term)
    scope = f"available:{call.actor.user_id}:{only}"
    before = here.cursors.open(scope, query.cursor)["before"] if query.cursor else None
    fresh = [] if before else _fresh_requests(call.actor, only)[: query.limit - 1]
    limit = query.limit - len(fresh)

    def build() -> str:
        positions = ShardPositions(tuple(before)) if before else None
        found, rest = here.loans.reader.with_status(LoanStatus.REQUESTED, limit=limit, positions=positions, only=only)
        page = LoanList(items=[LoanAnswer.of(LoanView(loan)) for loan in found], next_cursor=None)
        return json.dumps({"page": page.model_dump(mode="json"), "rest": rest.before if rest else None})

    key = f"{limit}:{before}:{only}"
    kept = json.loads(here.cache.read((AVAILABLE,), key, build, seconds=LISTED_SECONDS, from_index=True))
    listed = {item["id"] for item in kept["page"]["items"]}
    ahead = [LoanAnswer.of(LoanView(loan)).model_dump(mode="json") for loan in fresh if loan.id not in listed]
    answer = {
        "items": [*ahead, *kept["page"]["items"]],
        "next_cursor": here.cursors.seal(scope, {"before": kept["rest"]}) if kept["rest"] else None,
    }
    return Reply(None, text=json.dumps(answer, ensure_ascii=False))


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
def list_my_loans(call: Call[NoBody, MyLoansQuery]) -> Reply:
    """The caller's loans, newest first."""
    query, actor, here = call.query, call.actor, platform()
    scope = f"my-loans:{actor.user_id}:{query.status}"
    after = here.cursors.open(scope, query.cursor) if query.cursor else None

    def build() -> str:
        page = here.loans.reader.my_loans(
            actor, limit=query.limit, after=after, status=query.status, fresh=here.cache.fresh(own_loans(actor.user_id))
        )
        answer = LoanList(
            items=[LoanAnswer.of(LoanView(loan)) for loan in page.items],
            next_cursor=here.cursors.seal(scope, page.last_key) if page.last_key else None,
        )
        return answer.model_dump_json()

    if actor.role is Role.LENDER:  # others' payments change what a lender's list shows, and would not be told to it
        return Reply(None, text=build())
    key = f"{query.limit}:{query.status}:{query.cursor}"
    mine = (own_loans(actor.user_id),)
    return Reply(None, text=here.cache.read(mine, key, build, seconds=LISTED_SECONDS, from_index=True))


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


def _fresh_requests(actor: Actor, only: OpenLoanFilter) -> list[Loan]:
    """The caller's own newest requests, which the index may not show yet."""
    ids = platform().cache.fresh(own_loans(actor.user_id))
    return [loan for loan in platform().loans.reader.find_all(ids) if loan.is_open and only.admits(loan)]
