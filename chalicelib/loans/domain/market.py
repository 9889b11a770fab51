"""The market of open loans, as lenders search it."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.common.money import Money, Rate


@dataclass(frozen=True, slots=True)
class OpenLoanFilter:
    """What a lender looks for; every bound is inclusive."""

    min_amount: Money | None = None
    max_amount: Money | None = None
    min_rate: Rate | None = None
    max_term: int | None = None

    @property
    def narrows(self) -> bool:
        """Whether any bound is set."""
        return any(bound is not None for bound in (self.min_amount, self.max_amount, self.min_rate, self.max_term))
