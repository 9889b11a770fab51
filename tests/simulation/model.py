"""A small pure model of the platform: balances, states of loans, and instalments."""

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date
from fractions import Fraction

FEE_CENTS = 375
DEFAULT_DAYS = 120


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
    funded_on: date = date.min
    overdue_since: date | None = None
    repaid_principal: int = 0
    repaid_interest: int = 0
    has_defaulted: bool = False

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

    def due_date(self, number: int) -> date:
        """Return the due date of an instalment, counted from 1: the day of the funding, or the month's last day."""
        year, month = divmod(self.funded_on.month - 1 + number, 12)
        year, month = self.funded_on.year + year, month + 1
        return date(year, month, min(self.funded_on.day, monthrange(year, month)[1]))

    def default_date(self, today: date) -> date | None:
        """Return the day of the default if it is not after a day; an overdue instalment is always material here."""
        since = self.overdue_since or self.due_date(self.payments + 1)
        default = date.fromordinal(since.toordinal() + DEFAULT_DAYS)
        return default if default <= today else None

    def next_payment(self, today: date) -> tuple[int, int]:
        """Return principal and interest of a payment without an amount: an instalment, or all after a default."""
        default, instalments = self.default_date(today), self.instalments()
        last = default or today
        numbers = range(self.payments + 1, self.months + 1) if default else [self.payments + 1]
        principal = interest = 0
        for number in numbers:
            part, due_interest = instalments[number - 1]
            due, principal = self.due_date(number), principal + part
            if not default or due <= last:
                days = max((last - due).days, 0)
                interest += due_interest + round(Fraction(part * self.yearly_percent * days, 36_500))
        not_due = [number for number in numbers if default and self.due_date(number) > default]
        if not_due and default:
            begin, end = self.due_date(not_due[0] - 1), self.due_date(not_due[0])
            balance = sum(instalments[number - 1][0] for number in not_due)
            earned = Fraction(balance * self.yearly_percent * (default - begin).days, 1200 * (end - begin).days)
            interest += min(round(earned), instalments[not_due[0] - 1][1])
        return principal, interest

    def pay(self, today: date) -> None:
        """Book the next payment."""
        principal, interest = self.next_payment(today)
        defaulted = self.has_defaulted = self.default_date(today) is not None
        since = self.overdue_since or self.due_date(self.payments + 1)
        self.repaid_principal += principal
        self.repaid_interest += interest
        self.payments = self.months if defaulted else self.payments + 1
        goes_on = self.payments < self.months and self.due_date(self.payments + 1) <= today
        self.overdue_since = since if goes_on and since <= today else None
        self.status = "COMPLETED" if self.payments == self.months else "FUNDED"

    def repaid(self) -> tuple[int, int]:
        """Return the principal and interest that are paid."""
        return self.repaid_principal, self.repaid_interest

    def _fee_upto(self, accepted: int) -> int:
        return round(Fraction(FEE_CENTS * accepted, self.amount))


@dataclass
class Model:
    """Balances of all users, without what lenders receive from loans, which is checked against their exact shares."""

    borrower: int = 0
    lenders: list[int] = field(default_factory=lambda: [0, 0, 0])
    loans: list[ModelLoan] = field(default_factory=list)

    @property
    def fee_refunds(self) -> int:
        """The most that the platform refunds of its fees: a default may end interest below the guaranteed amount."""
        return FEE_CENTS * sum(loan.has_defaulted for loan in self.loans)

    def due_to(self, lender: int) -> Fraction:
        """Return a lender's exact share of the payments so far."""
        due = Fraction(0)
        for loan in self.loans:
            if loan.payments and lender in loan.accepted:
                due += sum(loan.repaid()) * Fraction(loan.accepted[lender], loan.amount)
        return due
