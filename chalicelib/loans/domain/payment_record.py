"""The record of a payment."""

from dataclasses import dataclass
from datetime import datetime

from chalicelib.loans.domain.loan_account import InstalmentStatus
from chalicelib.shared.money import Money


@dataclass(frozen=True, slots=True)
class PaymentRecord:
    """A payment by component; ``number`` and ``instalment_status`` belong to the first instalment that it paid."""

    id: str
    number: int
    principal: Money
    interest: Money
    late_fee: Money
    paid_at: datetime
    instalment_status: InstalmentStatus

    @property
    def amount(self) -> Money:
        return self.principal + self.interest + self.late_fee
