"""Endpoints from the loan request to its funding."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.lending_math.errors import InvalidTerms, NoRateExists, TermsNotAmortisable
from chalicelib.loans.domain.errors import (
    AlreadyFunded,
    LoanBeingRefunded,
    LoanNotCancellable,
    LoanNotFound,
    LoanNotOpen,
    LoanNotReady,
    NotTheBorrower,
    OfferAccepted,
    OfferExists,
    OfferNotFound,
    OfferTooLarge,
    RateTooHigh,
)
from chalicelib.loans.schemas import LoanResponse, OfferList, OfferResponse
from chalicelib.origination.schemas import AcceptOfferRequest, LoanRequest, OfferRequest, QuoteRequest, QuoteResponse
from chalicelib.wallets.domain.wallet import AccountFrozen, InsufficientFunds

router: Final = Router(__name__, get_container)


@router.endpoint(
    "POST",
    "/api/loans/quote",
    "What a loan would cost",
    body=QuoteRequest,
    response=QuoteResponse,
    errors=(InvalidTerms, TermsNotAmortisable, NoRateExists),
    access=AccessLevel.ANYONE,
)
def quote_loan(context: RequestContext[QuoteRequest, NoQuery]) -> QuoteResponse:
    """Anyone; any schedule with its totals and yearly rates. Nothing is stored."""
    return QuoteResponse.of(get_container().loan_requests.quote(context.body.terms()))


@router.endpoint(
    "POST",
    "/api/loans",
    "Ask for a loan",
    body=LoanRequest,
    response=LoanResponse,
    status=HTTPStatus.CREATED,
    errors=(TermsNotAmortisable, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def request_loan(context: RequestContext[LoanRequest, NoQuery]) -> IdempotentResult[LoanResponse]:
    """Borrowers only."""
    loan = get_container().loan_requests.request(context.actor, context.body.terms(), context.idempotency_key)
    return loan.map(LoanResponse.of)


@router.endpoint(
    "POST",
    "/api/loans/{id}/cancel",
    "Take a request back",
    response=LoanResponse,
    errors=(LoanNotFound, NotTheBorrower, LoanNotCancellable, LoanBeingRefunded, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def cancel_loan(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[LoanResponse]:
    """The borrower, before the loan is funded."""
    loan = get_container().loan_requests.cancel(context.actor, context.id(), context.idempotency_key)
    return loan.map(LoanResponse.of)


@router.endpoint(
    "POST",
    "/api/loans/{id}/offer",
    "Offer money for a loan",
    body=OfferRequest,
    response=OfferResponse,
    status=HTTPStatus.CREATED,
    errors=(
        LoanNotFound,
        LoanNotOpen,
        LoanBeingRefunded,
        OfferExists,
        RateTooHigh,
        OfferTooLarge,
        IdempotencyKeyReused,
    ),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def make_offer(context: RequestContext[OfferRequest, NoQuery]) -> IdempotentResult[OfferResponse]:
    """Lenders only; one offer for each loan."""
    body = context.body
    offer = get_container().offers.make(
        context.actor, context.id(), body.annual_interest_rate, body.amount, context.idempotency_key
    )
    return offer.map(OfferResponse.of)


@router.endpoint(
    "DELETE",
    "/api/loans/{id}/offer",
    "Withdraw my offer",
    status=HTTPStatus.NO_CONTENT,
    errors=(OfferNotFound, OfferAccepted, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def withdraw_offer(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[None]:
    """The lender, while the offer is not accepted. Without a key, a repeated request withdraws an offer made since."""
    return get_container().offers.withdraw(context.actor, context.id(), context.idempotency_key)


@router.endpoint(
    "GET",
    "/api/loans/{id}/offers",
    "Offers on a loan, lowest rate first",
    query=ListQuery,
    response=OfferList,
    errors=(LoanNotFound,),
    paginated=tuple[int, str],
)
def list_offers(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """The borrower sees all, a lender its own."""
    offers, position = get_container().loan_queries.offers(
        context.actor, context.id(), limit=context.query.limit, after=context.position
    )
    return CursorPage([OfferResponse.of(offer) for offer in offers], position)


@router.endpoint(
    "POST",
    "/api/loans/{id}/accept-offer",
    "Accept an offer",
    body=AcceptOfferRequest,
    response=LoanResponse,
    errors=(
        LoanNotFound,
        NotTheBorrower,
        LoanNotOpen,
        LoanBeingRefunded,
        OfferNotFound,
        OfferAccepted,
        IdempotencyKeyReused,
    ),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def accept_offer(context: RequestContext[AcceptOfferRequest, NoQuery]) -> IdempotentResult[LoanResponse]:
    """The borrower; offers are accepted until they cover the amount."""
    loan = get_container().offers.accept(context.actor, context.id(), context.body.offer_id, context.idempotency_key)
    return loan.map(LoanResponse.of)


@router.endpoint(
    "POST",
    "/api/loans/{id}/fund",
    "Pay in my accepted part",
    response=LoanResponse,
    errors=(
        LoanNotFound,
        LoanNotReady,
        LoanBeingRefunded,
        AlreadyFunded,
        InsufficientFunds,
        AccountFrozen,
        IdempotencyKeyReused,
    ),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def fund_loan(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[LoanResponse]:
    """The accepted lender pays its part and its share of the platform fee."""
    loan = get_container().funding.fund(context.actor, context.id(), context.idempotency_key)
    return loan.map(LoanResponse.of)
