"""Filter conditions of the list of open loans, applied by DynamoDB."""

from pynamodb.expressions.condition import Condition

from chalicelib.dynamodb.expressions import all_of
from chalicelib.loans.domain.open_loan_filter import OpenLoanFilter
from chalicelib.loans.models.loan import LoanItem


def condition_of(only: OpenLoanFilter) -> Condition | None:
    """Return the filter as a condition; None if it has no bounds."""
    return all_of(
        (
            None if only.min_amount is None else LoanItem.amount >= only.min_amount.cents,
            None if only.max_amount is None else LoanItem.amount <= only.max_amount.cents,
            None if only.min_rate is None else LoanItem.requested_rate >= only.min_rate.basis_points,
            None if only.max_term is None else LoanItem.term <= only.max_term,
        )
    )
