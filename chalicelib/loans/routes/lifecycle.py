"""Asking for a loan, seeing it, funding it, taking it back."""

from __future__ import annotations

from http import HTTPStatus

from chalicelib.common.api import Call, Limited, Reply, endpoint, identifier
from chalicelib.common.cache import SHOWN_SECONDS
from chalicelib.common.fields import NoBody, NoQuery
from chalicelib.common.idempotency import Done, IdempotencyKeyReused
from chalicelib.loans.domain.errors import TermsNotAmortisable
from chalicelib.loans.domain.refusals import (
    AlreadyFunded,
    LoanBeingRefunded,
    LoanNotCancellable,
    LoanNotFound,
    LoanNotReady,
    NotTheBorrower,
)
from chalicelib.loans.domain.view import LoanView
from chalicelib.loans.routes.blueprint import loans
from chalicelib.loans.schemas.answers import LoanAnswer
from chalicelib.loans.schemas.bodies import LoanBody
from chalicelib.loans.service.reading import answers_about
from chalicelib.loans.service.requesting import LoanTerms
from chalicelib.wallets.service import AccountFrozen, InsufficientFunds
from chalicelib.wiring import platform


@endpoint(
    loans,
    "POST",
    "/api/loans",
    "Ask for a loan",
    body=LoanBody,
    answer=LoanAnswer,
    status=HTTPStatus.CREATED,
    refusals=(TermsNotAmortisable, IdempotencyKeyReused),
    limited=Limited.MONEY,
    idempotent=True,
)
def request_loan(call: Call[LoanBody, NoQuery]) -> Reply:
    """Borrowers only."""
    body = call.body
    terms = LoanTerms(body.amount, body.annual_interest_rate, body.term_months, body.purpose, body.method)
    return _shown(platform().loans.requests.request(call.actor, terms, call.once))


@endpoint(loans, "GET", "/api/loans/{id}", "Show a loan", answer=LoanAnswer, refusals=(LoanNotFound,))
def show_loan(call: Call[NoBody, NoQuery]) -> Reply:
    """Its parties and operators; anyone signed in while it is open."""
    actor, loan_id, here = call.actor, identifier(call, "id"), platform()

    def build() -> str:
        return LoanAnswer.of(here.loans.reader.detail(actor, loan_id)).model_dump_json()

    text = here.cache.read(answers_about(loan_id), f"detail:{actor.user_id}", build, seconds=SHOWN_SECONDS)
    return Reply(None, text=text)


@endpoint(
    loans,
    "POST",
    "/api/loans/{id}/fund",
    "Pay in my accepted part",
    answer=LoanAnswer,
    refusals=(
        LoanNotFound,
        LoanNotReady,
        LoanBeingRefunded,
        AlreadyFunded,
        InsufficientFunds,
        AccountFrozen,
        IdempotencyKeyReused,
    ),
    limited=Limited.MONEY,
    idempotent=True,
)
def fund_loan(call: Call[NoBody, NoQuery]) -> Reply:
    """The accepted lender pays its part and its share of the platform fee."""
    return _shown(platform().loans.funding.fund(call.actor, identifier(call, "id"), call.once))


@endpoint(
    loans,
    "POST",
    "/api/loans/{id}/cancel",
    "Take a request back",
    answer=LoanAnswer,
    refusals=(LoanNotFound, NotTheBorrower, LoanNotCancellable, LoanBeingRefunded, IdempotencyKeyReused),
    limited=Limited.MONEY,
    idempotent=True,
)
def cancel_loan(call: Call[NoBody, NoQuery]) -> Reply:
    """The borrower, before the loan is funded."""
    return _shown(platform().loans.requests.cancel(call.actor, identifier(call, "id"), call.once))


def _shown(done: Done[LoanView]) -> Reply:
    return Reply(LoanAnswer.of(done.value), replayed=done.replayed)
