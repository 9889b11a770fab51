"""Filters of the list of open loans, applied by DynamoDB."""

from __future__ import annotations

from pynamodb.expressions.condition import Condition

from chalicelib.loans.domain.open_loan_filter import OpenLoanFilter
from chalicelib.loans.models.loan import LoanItem


def condition_of(only: OpenLoanFilter) -> Condition | None:
    """The filter as an expression; None where nothing is narrowed."""
    bounds = [
        None if only.min_amount is None else LoanItem.amount >= only.min_amount.cents,
        None if only.max_amount is None else LoanItem.amount <= only.max_amount.cents,
        None if only.min_rate is None else LoanItem.asked >= only.min_rate.basis_points,
        None if only.max_term is None else LoanItem.term <= only.max_term,
    ]
    condition: Condition | None = None
    for bound in bounds:
        if bound is not None:
            condition = bound if condition is None else condition & bound
    return condition
