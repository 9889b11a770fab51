"""Errors of the lending engine."""

from chalicelib.shared.errors import Unprocessable


class InvalidTerms(Unprocessable):
    code = "invalid_terms"
    detail = "These terms cannot be scheduled."


class TermsNotAmortisable(Unprocessable):
    code = "terms_not_amortisable"
    detail = "These terms cannot be repaid in whole cents: change the amount, the term or the rate."


class NoRateExists(Unprocessable):
    code = "no_rate_exists"
    detail = "No rate of return exists for these payments."
