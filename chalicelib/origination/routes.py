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
    ClearingRateExceeded,
    LoanBeingRefunded,
    LoanNotCancellable,
    LoanNotFound,
    LoanNotOpen,
    LoanNotReady,
    LoanNotReleasable,
    NotTheBorrower,
    OfferAccepted,
    OfferExists,
    OfferNotFound,
    OfferNotNeeded,
    OfferTooLarge,
    OfferTooSmall,
    RateTooHigh,
)
from chalicelib.loans.schemas import LoanResponse, OfferList, OfferResponse
from chalicelib.origination.schemas import (
    AcceptOfferRequest,
    AcceptOffersRequest,
    LoanRequest,
    OfferRequest,
    QuoteRequest,
    QuoteResponse,
)
from chalicelib.wallets.domain.wallet import (
    AccountFrozen,
    AccountRestricted,
    ExposureLimit,
    InsufficientFunds,
    TooManyRequestsOpen,
)

router: Final = Router(__name__, get_container)
_ACCEPTANCE_ERRORS: Final = (
    AccountFrozen,
    LoanNotFound,
    NotTheBorrower,
    LoanNotOpen,
    LoanBeingRefunded,
    OfferNotFound,
    OfferAccepted,
    ClearingRateExceeded,
    TermsNotAmortisable,
    IdempotencyKeyReused,
)


@router.endpoint(
    "POST",
    "/api/loans/quote",
    "Get a quote",
    body=QuoteRequest,
    response=QuoteResponse,
    errors=(InvalidTerms, TermsNotAmortisable, NoRateExists),
    access=AccessLevel.ANYONE,
)
def quote_loan(context: RequestContext[QuoteRequest, NoQuery]) -> QuoteResponse:
    """Calculate the schedule, totals and annual rates of a loan. No authentication is needed; nothing is stored."""
    return QuoteResponse.of(get_container().loan_requests.quote(context.body.terms()))


@router.endpoint(
    "POST",
    "/api/loans",
    "Request a loan",
    body=LoanRequest,
    response=LoanResponse,
    status=HTTPStatus.CREATED,
    errors=(TermsNotAmortisable, TooManyRequestsOpen, ExposureLimit, AccountFrozen, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def request_loan(context: RequestContext[LoanRequest, NoQuery]) -> IdempotentResult[LoanResponse]:
    """Publish a loan request. Only borrowers may call this."""
    loan = get_container().loan_requests.request(context.actor, context.body.terms(), context.idempotency_key)
    return loan.map(LoanResponse.of)


@router.endpoint(
    "POST",
    "/api/loans/{id}/cancel",
    "Cancel a loan request",
    response=LoanResponse,
    errors=(LoanNotFound, NotTheBorrower, LoanNotCancellable, LoanBeingRefunded, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def cancel_loan(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[LoanResponse]:
    """Only the borrower may call this, before the loan is funded."""
    loan = get_container().loan_requests.cancel(context.actor, context.id(), context.idempotency_key)
    return loan.map(LoanResponse.of)


@router.endpoint(
    "POST",
    "/api/loans/{id}/offer",
    "Make an offer",
    body=OfferRequest,
    response=OfferResponse,
    status=HTTPStatus.CREATED,
    errors=(
        AccountFrozen,
        LoanNotFound,
        LoanNotOpen,
        LoanBeingRefunded,
        OfferExists,
        RateTooHigh,
        OfferTooLarge,
        OfferTooSmall,
        TermsNotAmortisable,
        IdempotencyKeyReused,
    ),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def make_offer(context: RequestContext[OfferRequest, NoQuery]) -> IdempotentResult[OfferResponse]:
    """Only lenders may call this. A lender can have one offer per loan."""
    body = context.body
    offer = get_container().offers.make(
        context.actor, context.id(), body.annual_interest_rate, body.amount, context.idempotency_key
    )
    return offer.map(OfferResponse.of)


@router.endpoint(
    "DELETE",
    "/api/loans/{id}/offer",
    "Withdraw an offer",
    status=HTTPStatus.NO_CONTENT,
    errors=(OfferNotFound, OfferAccepted, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def withdraw_offer(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[None]:
    """Only the lender who made the offer may call this, before it is accepted.

    Without an `Idempotency-Key`, repeating the request also withdraws an offer made in the meantime.
    """
    return get_container().offers.withdraw(context.actor, context.id(), context.idempotency_key)


@router.endpoint(
    "GET",
    "/api/loans/{id}/offers",
    "List offers",
    query=ListQuery,
    response=OfferList,
    errors=(LoanNotFound,),
    paginated=tuple[int, str],
)
def list_offers(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List offers, lowest rate first. The borrower sees all offers; lenders see only their own."""
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
    errors=_ACCEPTANCE_ERRORS,
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def accept_offer(context: RequestContext[AcceptOfferRequest, NoQuery]) -> IdempotentResult[LoanResponse]:
    """Only the borrower may call this. Offers can be accepted until they cover the amount of the loan.

    All lenders receive the highest accepted rate. `max_rate` prevents an offer from raising it unexpectedly.
    """
    body = context.body
    loan = get_container().offers.accept(
        context.actor, context.id(), [body.offer_id], context.idempotency_key, max_rate=body.max_rate
    )
    return loan.map(LoanResponse.of)


@router.endpoint(
    "POST",
    "/api/loans/{id}/accept-offers",
    "Accept several offers",
    body=AcceptOffersRequest,
    response=LoanResponse,
    errors=(*_ACCEPTANCE_ERRORS, OfferNotNeeded),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def accept_offers(context: RequestContext[AcceptOffersRequest, NoQuery]) -> IdempotentResult[LoanResponse]:
    """Only the borrower may call this. Either all of the offers are accepted or none."""
    body = context.body
    loan = get_container().offers.accept(
        context.actor, context.id(), body.offer_ids, context.idempotency_key, max_rate=body.max_rate
    )
    return loan.map(LoanResponse.of)


@router.endpoint(
    "POST",
    "/api/loans/{id}/release",
    "Release a loan",
    response=LoanResponse,
    errors=(LoanNotFound, NotTheBorrower, LoanNotReleasable, LoanBeingRefunded, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def release_loan(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[LoanResponse]:
    """Give up all accepted offers, for example because a lender does not fund. The loan is open for offers again.

    Only the borrower may call this, after an offer is accepted and before the loan is fully funded. Accepted offers
    are deleted and their lenders refunded; other offers and the expiry date of the request remain. If more than 25
    lenders are affected, the loan takes no offers and no acceptances until all of them are refunded.
    """
    loan = get_container().loan_requests.release(context.actor, context.id(), context.idempotency_key)
    return loan.map(LoanResponse.of)


@router.endpoint(
    "POST",
    "/api/loans/{id}/fund",
    "Fund an accepted offer",
    response=LoanResponse,
    errors=(
        LoanNotFound,
        LoanNotReady,
        LoanBeingRefunded,
        AlreadyFunded,
        InsufficientFunds,
        AccountFrozen,
        AccountRestricted,
        IdempotencyKeyReused,
    ),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def fund_loan(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[LoanResponse]:
    """Only a lender with an accepted offer may call this.

    The caller's wallet is charged the accepted amount and its share of the platform fee.
    """
    loan = get_container().funding.fund(context.actor, context.id(), context.idempotency_key)
    return loan.map(LoanResponse.of)
