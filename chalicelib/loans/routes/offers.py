"""Offers on a loan."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

from chalicelib.common.api import Call, Limited, Reply, endpoint, identifier
from chalicelib.common.fields import ListQuery, NoBody, NoQuery
from chalicelib.common.idempotency import IdempotencyKeyReused
from chalicelib.loans.domain.refusals import (
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
from chalicelib.loans.routes.blueprint import loans
from chalicelib.loans.schemas.answers import LoanAnswer, OfferAnswer, OfferList
from chalicelib.loans.schemas.bodies import AcceptBody, OfferBody
from chalicelib.wiring import platform


@endpoint(
    loans,
    "POST",
    "/api/loans/{id}/offer",
    "Offer money for a loan",
    body=OfferBody,
    answer=OfferAnswer,
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
    limited=Limited.MONEY,
    idempotent=True,
)
def make_offer(call: Call[OfferBody, NoQuery]) -> Reply:
    """Lenders only; one offer a loan."""
    done = platform().loans.offers.make(
        call.actor, identifier(call, "id"), call.body.annual_interest_rate, call.body.amount, call.once
    )
    return Reply(OfferAnswer.of(done.value), replayed=done.replayed)


@endpoint(
    loans,
    "DELETE",
    "/api/loans/{id}/offer",
    "Withdraw my offer",
    status=HTTPStatus.NO_CONTENT,
    refusals=(OfferNotFound, OfferAccepted, IdempotencyKeyReused),
    limited=Limited.MONEY,
    idempotent=True,
)
def withdraw_offer(call: Call[NoBody, NoQuery]) -> Reply:
    """That lender, while it is not accepted. Without a key, asking again takes back an offer made meanwhile."""
    done = platform().loans.offers.withdraw(call.actor, identifier(call, "id"), call.once)
    return Reply(None, replayed=done.replayed)


@endpoint(
    loans,
    "GET",
    "/api/loans/{id}/offers",
    "Offers on a loan, lowest rate first",
    query=ListQuery,
    answer=OfferList,
    refusals=(LoanNotFound,),
)
def list_offers(call: Call[NoBody, ListQuery]) -> OfferList:
    """The borrower sees all, a lender its own."""
    loan_id = identifier(call, "id")
    scope = f"offers:{call.actor.user_id}:{loan_id}"
    cursors = platform().cursors
    offers = platform().loans.reader.offers(call.actor, loan_id)
    start: dict[str, Any] = cursors.open(scope, call.query.cursor) if call.query.cursor else {}
    last_shown = (start["rate"], start["id"]) if start else (-1, "")
    rest = [offer for offer in offers if (offer.annual_rate.basis_points, offer.id) > last_shown]
    shown = rest[: call.query.limit]
    following = {"rate": shown[-1].annual_rate.basis_points, "id": shown[-1].id} if len(rest) > len(shown) else None
    return OfferList(
        items=[OfferAnswer.of(offer) for offer in shown],
        next_cursor=cursors.seal(scope, following) if following else None,
    )


@endpoint(
    loans,
    "POST",
    "/api/loans/{id}/accept-offer",
    "Accept an offer",
    body=AcceptBody,
    answer=LoanAnswer,
    refusals=(
        LoanNotFound,
        NotTheBorrower,
        LoanNotOpen,
        LoanBeingRefunded,
        OfferNotFound,
        OfferAccepted,
        IdempotencyKeyReused,
    ),
    limited=Limited.MONEY,
    idempotent=True,
)
def accept_offer(call: Call[AcceptBody, NoQuery]) -> Reply:
    """The borrower; offers are accepted until they cover the amount."""
    done = platform().loans.offers.accept(call.actor, identifier(call, "id"), call.body.offer_id, call.once)
    return Reply(LoanAnswer.of(done.value), replayed=done.replayed)
