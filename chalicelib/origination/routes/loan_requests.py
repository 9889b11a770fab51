"""Asking for a loan, seeing it, funding it, taking it back."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from chalice.app import Blueprint

from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.routing import RateLimitPolicy, Reply, RequestContext, endpoint, identifier
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.loans.domain.errors import (
    AlreadyFunded,
    LoanBeingRefunded,
    LoanNotCancellable,
    LoanNotFound,
    LoanNotReady,
    NotTheBorrower,
)
from chalicelib.loans.domain.visibility import LoanView
from chalicelib.loans.schemas import LoanResponse
from chalicelib.origination.schemas import LoanRequest
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.wallets.domain.wallet import AccountFrozen, InsufficientFunds

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "POST",
    "/api/loans",
    "Ask for a loan",
    body=LoanRequest,
    answer=LoanResponse,
    status=HTTPStatus.CREATED,
    refusals=(TermsNotAmortisable, IdempotencyKeyReused),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def request_loan(call: RequestContext[LoanRequest, NoQuery]) -> Reply:
    """Borrowers only."""
    body = call.body
    terms = LoanTerms(body.amount, body.annual_interest_rate, body.term_months, body.purpose, body.method)
    return _shown(get_container().loan_requests.request(call.actor, terms, call.idempotency_key))


@endpoint(
    blueprint,
    "POST",
    "/api/loans/{id}/fund",
    "Pay in my accepted part",
    answer=LoanResponse,
    refusals=(
        LoanNotFound,
        LoanNotReady,
        LoanBeingRefunded,
        AlreadyFunded,
        InsufficientFunds,
        AccountFrozen,
        IdempotencyKeyReused,
    ),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def fund_loan(call: RequestContext[NoBody, NoQuery]) -> Reply:
    """The accepted lender pays its part and its share of the platform fee."""
    return _shown(get_container().funding.fund(call.actor, identifier(call, "id"), call.idempotency_key))


@endpoint(
    blueprint,
    "POST",
    "/api/loans/{id}/cancel",
    "Take a request back",
    answer=LoanResponse,
    refusals=(LoanNotFound, NotTheBorrower, LoanNotCancellable, LoanBeingRefunded, IdempotencyKeyReused),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def cancel_loan(call: RequestContext[NoBody, NoQuery]) -> Reply:
    """The borrower, before the loan is funded."""
    return _shown(get_container().loan_requests.cancel(call.actor, identifier(call, "id"), call.idempotency_key))


def _shown(done: IdempotentResult[LoanView]) -> Reply:
    return Reply(LoanResponse.of(done.value), replayed=done.replayed)
