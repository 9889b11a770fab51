"""Errors of the lending engine."""

from __future__ import annotations

from chalicelib.shared.errors import Unprocessable


class InvalidTerms(Unprocessable):
    """A term is out of range: too many periods, a due date before the start."""

    code = "invalid_terms"
    detail = "These terms cannot be scheduled."


class TermsNotAmortisable(Unprocessable):
    """The terms give an instalment without principal, or a last one that differs too much from the others."""

    code = "terms_not_amortisable"
    detail = "These terms cannot be repaid in whole cents: change the amount, the term or the rate."


class NoRateExists(Unprocessable):
    """No yearly rate makes the present values of these payments equal."""

    code = "no_rate_exists"
    detail = "No rate of return exists for these payments."
