"""A small pure model of the platform: balances, states of loans, and instalments."""

from dataclasses import dataclass, field
from fractions import Fraction

FEE_CENTS = 375


@dataclass
class ModelLoan:
    """A loan in the model; amounts in cents."""

    amount: int
    months: int
    yearly_percent: int
    status: str = "REQUESTED"
    offers: dict[int, int] = field(default_factory=dict)
    accepted: dict[int, int] = field(default_factory=dict)
    funded_by: set[int] = field(default_factory=set)
    payments: int = 0
    age_days: int = 0

    @property
    def unsubscribed(self) -> int:
        """Amount that no accepted offer covers."""
        return self.amount - sum(self.accepted.values())

    def fee_share(self, lender: int) -> int:
        """Return a lender's share of the fee, by the order of acceptance."""
        before = 0
        for other, part in self.accepted.items():
            if other == lender:
                return self._fee_upto(before + part) - self._fee_upto(before)
            before += part
        raise KeyError(lender)

    def instalments(self) -> list[tuple[int, int]]:
        """Return principal and interest of every instalment of an annuity; the last one clears the balance."""
        rate = Fraction(self.yearly_percent, 1200)
        growth = (1 + rate) ** self.months
        level_payment = (
            round(self.amount * rate * growth / (growth - 1)) if rate else round(Fraction(self.amount, self.months))
        )
        balance, instalments = self.amount, []
        for number in range(1, self.months + 1):
            interest = round(balance * rate)
            principal = balance if number == self.months else level_payment - interest
            instalments.append((principal, interest))
            balance -= principal
        return instalments

    def repaid(self) -> tuple[int, int]:
        """Return the principal and interest that are paid."""
        paid = self.instalments()[: self.payments]
        return sum(principal for principal, _ in paid), sum(interest for _, interest in paid)

    def _fee_upto(self, accepted: int) -> int:
        return round(Fraction(FEE_CENTS * accepted, self.amount))


@dataclass
class Model:
    """Balances of all users, without what lenders receive from loans, which is checked against their exact shares."""

    borrower: int = 0
    lenders: list[int] = field(default_factory=lambda: [0, 0, 0])
    loans: list[ModelLoan] = field(default_factory=list)

    def due_to(self, lender: int) -> Fraction:
        """Return a lender's exact share of the payments so far."""
        due = Fraction(0)
        for loan in self.loans:
            if loan.payments and lender in loan.accepted:
                due += sum(loan.repaid()) * Fraction(loan.accepted[lender], loan.amount)
        return due
