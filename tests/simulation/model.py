"""A small pure model of the platform: who has how much, which loans stand where, what is due when."""

from dataclasses import dataclass, field
from fractions import Fraction

FEE_CENTS = 375


@dataclass
class ModelLoan:
    """A loan as the model knows it; amounts in cents."""

    amount: int
    months: int
    yearly_percent: int
    status: str = "REQUESTED"
    offers: dict[int, int] = field(default_factory=dict)
    accepted: dict[int, int] = field(default_factory=dict)
    paid_in: set[int] = field(default_factory=set)
    payments: int = 0
    age_days: int = 0

    @property
    def missing(self) -> int:
        """What no accepted offer covers yet."""
        return self.amount - sum(self.accepted.values())

    def fee_share(self, lender: int) -> int:
        """A lender's part of the fee, by the order of acceptance."""
        before = 0
        for other, part in self.accepted.items():
            if other == lender:
                return self._fee_upto(before + part) - self._fee_upto(before)
            before += part
        raise KeyError(lender)

    def rows(self) -> list[tuple[int, int]]:
        """Principal and interest of every instalment of an annuity; the last takes what is left."""
        rate = Fraction(self.yearly_percent, 1200)
        growth = (1 + rate) ** self.months
        regular = (
            round(self.amount * rate * growth / (growth - 1)) if rate else round(Fraction(self.amount, self.months))
        )
        left, rows = self.amount, []
        for number in range(1, self.months + 1):
            interest = round(left * rate)
            principal = left if number == self.months else regular - interest
            rows.append((principal, interest))
            left -= principal
        return rows

    def repaid(self) -> tuple[int, int]:
        """Principal and interest of the instalments that are paid."""
        paid = self.rows()[: self.payments]
        return sum(principal for principal, _ in paid), sum(interest for _, interest in paid)

    def _fee_upto(self, covered: int) -> int:
        return round(Fraction(FEE_CENTS * covered, self.amount))


@dataclass
class Model:
    """Everybody's money but what loans bring their lenders, which is checked by quota."""

    borrower: int = 0
    lenders: list[int] = field(default_factory=lambda: [0, 0, 0])
    loans: list[ModelLoan] = field(default_factory=list)

    def due_to(self, lender: int) -> Fraction:
        """What running loans have brought a lender so far, as an exact share."""
        due = Fraction(0)
        for loan in self.loans:
            if loan.payments and lender in loan.accepted:
                due += sum(loan.repaid()) * Fraction(loan.accepted[lender], loan.amount)
        return due
