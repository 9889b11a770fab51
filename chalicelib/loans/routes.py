"""Endpoints that show loans and lists of loans."""

from __future__ import annotations

import json
from typing import Any, Final

from chalice.app import Blueprint

from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.routing import Reply, RequestContext, endpoint, identifier
from chalicelib.cache.service import LISTED_SECONDS, SHOWN_SECONDS
from chalicelib.container import get_container
from chalicelib.loans.domain.errors import LoanNotFound
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.open_loan_filter import OpenLoanFilter, OpenPage, with_own_changes
from chalicelib.loans.domain.visibility import LoanView
from chalicelib.loans.repository.invalidation import AVAILABLE, loan_namespace, own_loans_namespace
from chalicelib.loans.schemas import (
    AvailableLoansQuery,
    LoanList,
    LoanResponse,
    MyLoansQuery,
    OfferWithLoanList,
    OfferWithLoanResponse,
)
from chalicelib.loans.service.queries import ShardPositions
from chalicelib.shared.actor import Actor

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint, "GET", "/api/loans/available", "Open loans, newest first", query=AvailableLoansQuery, answer=LoanList
)
def list_available(call: RequestContext[NoBody, AvailableLoansQuery]) -> Reply:
    """Requests that take offers."""
    query, here = call.query, get_container()
    only = OpenLoanFilter(query.min_amount, query.max_amount, query.min_rate, query.max_term)
    scope = f"available:{call.actor.user_id}:{only}"
    before = here.cursors.open(scope, query.cursor)["before"] if query.cursor else None

    def build() -> str:
        positions = ShardPositions(tuple(before)) if before else None
        found, rest = here.loan_queries.with_status(
            LoanStatus.REQUESTED, limit=query.limit, positions=positions, only=only
        )
        items = {loan.id: _shown(loan) for loan in found}
        return json.dumps({"items": items, "rest": rest.before if rest else None}, ensure_ascii=False)

    key = f"{query.limit}:{before}:{only}"
    kept = json.loads(here.cache.read(AVAILABLE, key, build, seconds=LISTED_SECONDS, from_index=True))
    page = with_own_changes(
        OpenPage(kept["items"], tuple(kept["rest"]) if kept["rest"] else None),
        _own_changes(call.actor, only),
        limit=query.limit,
        shards=here.settings.status_shards,
        is_first=before is None,
    )
    cursor = here.cursors.seal(scope, {"before": page.rest}) if page.rest else None
    answer = {"items": list(page.items.values()), "next_cursor": cursor}
    return Reply(None, text=json.dumps(answer, ensure_ascii=False, separators=(",", ":")))


@endpoint(
    blueprint,
    "GET",
    "/api/loans/my-offers",
    "My offers not yet funded",
    query=ListQuery,
    answer=OfferWithLoanList,
)
def list_my_offers(call: RequestContext[NoBody, ListQuery]) -> OfferWithLoanList:
    """Lenders; each offer with its loan, newest first."""
    scope = f"my-offers:{call.actor.user_id}"
    cursors = get_container().cursors
    after = cursors.open(scope, call.query.cursor) if call.query.cursor else None
    page = get_container().loan_queries.my_offers(call.actor, limit=call.query.limit, after=after)
    return OfferWithLoanList(
        items=[OfferWithLoanResponse.of(each.offer, loan=LoanResponse.of(LoanView(each.loan))) for each in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )


@endpoint(
    blueprint,
    "GET",
    "/api/loans/my-loans",
    "Loans I borrowed or invested in",
    query=MyLoansQuery,
    answer=LoanList,
)
def list_my_loans(call: RequestContext[NoBody, MyLoansQuery]) -> Reply:
    """The caller's loans, newest first."""
    query, actor, here = call.query, call.actor, get_container()
    scope = f"my-loans:{actor.user_id}:{query.status}"
    after = here.cursors.open(scope, query.cursor) if query.cursor else None

    def build() -> str:
        page = here.loan_queries.my_loans(
            actor,
            limit=query.limit,
            after=after,
            status=query.status,
            fresh=here.cache.fresh(own_loans_namespace(actor.user_id)),
        )
        answer = LoanList(
            items=[LoanResponse.of(LoanView(loan)) for loan in page.items],
            next_cursor=here.cursors.seal(scope, page.last_key) if page.last_key else None,
        )
        return answer.model_dump_json()

    key = f"{query.limit}:{query.status}:{query.cursor}"
    text = here.cache.read(own_loans_namespace(actor.user_id), key, build, seconds=LISTED_SECONDS, from_index=True)
    return Reply(None, text=text)


@endpoint(blueprint, "GET", "/api/loans/{id}", "Show a loan", answer=LoanResponse, refusals=(LoanNotFound,))
def show_loan(call: RequestContext[NoBody, NoQuery]) -> Reply:
    """Its parties and operators; anyone signed in while it is open."""
    actor, loan_id, here = call.actor, identifier(call, "id"), get_container()

    def build() -> str:
        return LoanResponse.of(here.loan_queries.detail(actor, loan_id)).model_dump_json()

    text = here.cache.read(loan_namespace(loan_id), f"detail:{actor.user_id}", build, seconds=SHOWN_SECONDS)
    return Reply(None, text=text)


def _own_changes(actor: Actor, only: OpenLoanFilter) -> dict[str, Any]:
    """The caller's loans that changed just now: as the list shows them, None where it does not."""
    here = get_container()
    changed = here.loan_queries.find_all(here.cache.fresh(own_loans_namespace(actor.user_id)))
    return {loan.id: _shown(loan) if loan.is_open and only.admits(loan) else None for loan in changed}


def _shown(loan: Loan) -> Any:
    return LoanResponse.of(LoanView(loan)).model_dump(mode="json")
