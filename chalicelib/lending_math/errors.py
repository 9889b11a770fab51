"""Errors of the lending engine."""

from chalicelib.shared.errors import Unprocessable


class InvalidTerms(Unprocessable):
    code = "invalid_terms"
    detail = "No schedule can be calculated for these terms."


class TermsNotAmortisable(Unprocessable):
    code = "terms_not_amortisable"
    detail = "A loan with these terms cannot be repaid in whole cents. Change the amount, term or rate."


class NoRateExists(Unprocessable):
    code = "no_rate_exists"
    detail = "No rate of return exists for these payments."
