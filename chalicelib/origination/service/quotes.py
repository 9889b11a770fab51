"""Quotes: what a loan would cost, for anybody who asks. Nothing is read from storage or written to it."""

from __future__ import annotations

from chalicelib.lending_math.quote import Quote, QuoteTerms, quote
from chalicelib.shared.clock import Clock
from chalicelib.shared.settings import Settings


class QuoteService:
    """The calculator; it asks for no actor because it is open to everyone."""

    def __init__(self, clock: Clock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings

    def quote(self, terms: QuoteTerms) -> Quote:
        """The schedule and the yearly rates of some terms; by default from today, as long as loans usually run.

        Raises:
            InvalidTerms, TermsNotAmortisable, NoRateExists
        """
        return quote(terms, today=self._clock().date(), default_payments=self._settings.default_payment_terms)
