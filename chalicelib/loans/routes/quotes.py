"""The loan calculator."""

from __future__ import annotations

from chalicelib.common.api import Access, Call, endpoint
from chalicelib.common.fields import NoQuery
from chalicelib.loans.domain.errors import InvalidTerms, NoRateExists, TermsNotAmortisable
from chalicelib.loans.routes.blueprint import loans
from chalicelib.loans.schemas.quotes import QuoteAnswer, QuoteBody
from chalicelib.wiring import platform


@endpoint(
    loans,
    "POST",
    "/api/loans/quote",
    "What a loan would cost",
    body=QuoteBody,
    answer=QuoteAnswer,
    refusals=(InvalidTerms, TermsNotAmortisable, NoRateExists),
    access=Access.ANYONE,
)
def quote_loan(call: Call[QuoteBody, NoQuery]) -> QuoteAnswer:
    """Anyone; any schedule with its totals and yearly rates. Nothing is stored."""
    return QuoteAnswer.of(platform().loans.quotes.quote(call.body.terms()))
