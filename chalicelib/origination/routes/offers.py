"""Offers on a loan."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any, Final

from chalice.app import Blueprint

from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.routing import RateLimitPolicy, Reply, RequestContext, endpoint, identifier
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused
from chalicelib.loans.domain.errors import (
    LoanBeingRefunded,
    LoanNotFound,
    LoanNotOpen,
    NotTheBorrower,
    OfferAccepted,
    OfferExists,
    OfferNotFound,
    OfferTooLarge,
    RateTooHigh,
)
from chalicelib.loans.schemas import LoanResponse, OfferList, OfferResponse
from chalicelib.origination.schemas import AcceptOfferRequest, OfferRequest

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "POST",
    "/api/loans/{id}/offer",
    "Offer money for a loan",
    body=OfferRequest,
    answer=OfferResponse,
    status=HTTPStatus.CREATED,
    refusals=(
        LoanNotFound,
        LoanNotOpen,
        LoanBeingRefunded,
        OfferExists,
        RateTooHigh,
        OfferTooLarge,
        IdempotencyKeyReused,
    ),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def make_offer(call: RequestContext[OfferRequest, NoQuery]) -> Reply:
    """Lenders only; one offer a loan."""
    done = get_container().offers.make(
        call.actor, identifier(call, "id"), call.body.annual_interest_rate, call.body.amount, call.idempotency_key
    )
    return Reply(OfferResponse.of(done.value), replayed=done.replayed)


@endpoint(
    blueprint,
    "DELETE",
    "/api/loans/{id}/offer",
    "Withdraw my offer",
    status=HTTPStatus.NO_CONTENT,
    refusals=(OfferNotFound, OfferAccepted, IdempotencyKeyReused),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def withdraw_offer(call: RequestContext[NoBody, NoQuery]) -> Reply:
    """That lender, while it is not accepted. Without a key, asking again takes back an offer made meanwhile."""
    done = get_container().offers.withdraw(call.actor, identifier(call, "id"), call.idempotency_key)
    return Reply(None, replayed=done.replayed)


@endpoint(
    blueprint,
    "GET",
    "/api/loans/{id}/offers",
    "Offers on a loan, lowest rate first",
    query=ListQuery,
    answer=OfferList,
    refusals=(LoanNotFound,),
)
def list_offers(call: RequestContext[NoBody, ListQuery]) -> OfferList:
    """The borrower sees all, a lender its own."""
    loan_id = identifier(call, "id")
    scope = f"offers:{call.actor.user_id}:{loan_id}"
    cursors = get_container().cursors
    offers = get_container().loan_queries.offers(call.actor, loan_id)
    start: dict[str, Any] = cursors.open(scope, call.query.cursor) if call.query.cursor else {}
    last_shown = (start["rate"], start["id"]) if start else (-1, "")
    rest = [offer for offer in offers if (offer.annual_rate.basis_points, offer.id) > last_shown]
    shown = rest[: call.query.limit]
    following = {"rate": shown[-1].annual_rate.basis_points, "id": shown[-1].id} if len(rest) > len(shown) else None
    return OfferList(
        items=[OfferResponse.of(offer) for offer in shown],
        next_cursor=cursors.seal(scope, following) if following else None,
    )


@endpoint(
    blueprint,
    "POST",
    "/api/loans/{id}/accept-offer",
    "Accept an offer",
    body=AcceptOfferRequest,
    answer=LoanResponse,
    refusals=(
        LoanNotFound,
        NotTheBorrower,
        LoanNotOpen,
        LoanBeingRefunded,
        OfferNotFound,
        OfferAccepted,
        IdempotencyKeyReused,
    ),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def accept_offer(call: RequestContext[AcceptOfferRequest, NoQuery]) -> Reply:
    """The borrower; offers are accepted until they cover the amount."""
    done = get_container().offers.accept(call.actor, identifier(call, "id"), call.body.offer_id, call.idempotency_key)
    return Reply(LoanResponse.of(done.value), replayed=done.replayed)
