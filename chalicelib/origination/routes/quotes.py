"""The loan calculator."""

from __future__ import annotations

from typing import Final

from chalice.app import Blueprint

from chalicelib.api.fields import NoQuery
from chalicelib.api.routing import AccessLevel, RequestContext, endpoint
from chalicelib.container import get_container
from chalicelib.lending_math.errors import InvalidTerms, NoRateExists, TermsNotAmortisable
from chalicelib.origination.schemas import QuoteRequest, QuoteResponse

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "POST",
    "/api/loans/quote",
    "What a loan would cost",
    body=QuoteRequest,
    answer=QuoteResponse,
    refusals=(InvalidTerms, TermsNotAmortisable, NoRateExists),
    access=AccessLevel.ANYONE,
)
def quote_loan(call: RequestContext[QuoteRequest, NoQuery]) -> QuoteResponse:
    """Anyone; any schedule with its totals and yearly rates. Nothing is stored."""
    return QuoteResponse.of(get_container().loan_requests.quote(call.body.terms()))
