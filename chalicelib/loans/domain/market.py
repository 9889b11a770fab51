"""The market of open loans, as lenders search it."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.common.money import Money, Rate
from chalicelib.loans.domain.loan import Loan


@dataclass(frozen=True, slots=True)
class OpenLoanFilter:
    """What a lender looks for; every bound is inclusive."""

    min_amount: Money | None = None
    max_amount: Money | None = None
    min_rate: Rate | None = None
    max_term: int | None = None

    def admits(self, loan: Loan) -> bool:
        """Whether a loan is within all bounds."""
        return (
            (self.min_amount is None or loan.amount >= self.min_amount)
            and (self.max_amount is None or loan.amount <= self.max_amount)
            and (self.min_rate is None or loan.requested_rate >= self.min_rate)
            and (self.max_term is None or loan.term_months <= self.max_term)
        )

    @property
    def narrows(self) -> bool:
        """Whether any bound is set."""
        return any(bound is not None for bound in (self.min_amount, self.max_amount, self.min_rate, self.max_term))
