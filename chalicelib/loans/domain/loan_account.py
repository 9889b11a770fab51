"""A running loan: its rows, what time does to them, and what paying it off costs."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final

from chalicelib.lending_math.accrual import accrued_interest
from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import monthly_rate
from chalicelib.lending_math.due_dates import MONTHS_A_YEAR
from chalicelib.lending_math.schedule import Schedule
from chalicelib.loans.domain.loan import LateFeeTerms
from chalicelib.shared.money import ZERO, Money, Rate

_A_DAY: Final = timedelta(days=1)


class InstalmentStatus(StrEnum):
    """Where one instalment stands on a day."""

    PENDING = "PENDING"
    PARTIAL = "PARTIAL"
    OVERDUE = "OVERDUE"
    PAID = "PAID"


@dataclass(frozen=True, slots=True)
class Instalment:
    """One instalment: what is due and what is paid, by component."""

    number: int
    due_date: date
    principal: Money
    interest: Money
    late_fee: Money = ZERO
    paid_principal: Money = ZERO
    paid_interest: Money = ZERO
    paid_late_fee: Money = ZERO
    paid_at: datetime | None = None

    @property
    def amount(self) -> Money:
        """Everything due on this row, late fee included."""
        return Money(self._due_cents)

    @property
    def paid_amount(self) -> Money:
        """Everything paid on this row."""
        return Money(self._paid_cents)

    @property
    def unpaid(self) -> Money:
        """What is left to pay on this row."""
        return Money(self._due_cents - self._paid_cents)

    @property
    def is_paid(self) -> bool:
        """Whether nothing is left to pay on this row."""
        return self._due_cents == self._paid_cents

    @property
    def _due_cents(self) -> int:
        return self.principal.cents + self.interest.cents + self.late_fee.cents

    @property
    def _paid_cents(self) -> int:
        return self.paid_principal.cents + self.paid_interest.cents + self.paid_late_fee.cents

    @property
    def unpaid_principal(self) -> Money:
        """Principal left to pay."""
        return self.principal - self.paid_principal

    @property
    def unpaid_interest(self) -> Money:
        """Interest left to pay."""
        return self.interest - self.paid_interest

    @property
    def unpaid_late_fee(self) -> Money:
        """Late fee left to pay."""
        return self.late_fee - self.paid_late_fee

    def status_on(self, today: date) -> InstalmentStatus:
        """The row's state on a day; overdue means due before it."""
        if self.is_paid:
            return InstalmentStatus.PAID
        if self.due_date < today:
            return InstalmentStatus.OVERDUE
        return InstalmentStatus.PARTIAL if self.paid_amount else InstalmentStatus.PENDING


@dataclass(frozen=True, slots=True)
class Payoff:
    """What closes the loan on a day."""

    as_of: date
    principal: Money
    interest: Money
    fees: Money

    @property
    def amount(self) -> Money:
        """Paying exactly this completes the loan."""
        return self.principal + self.interest + self.fees


@dataclass(frozen=True, slots=True)
class LoanAccount:
    """The rows of a funded loan with the terms that move them. Every change gives a new account.

    ``regular`` is the instalment that a shortened term keeps (for equal principal: the principal part).
    """

    principal: Money
    annual_rate: Rate
    method: Method
    funded_on: date
    rows: tuple[Instalment, ...]
    regular: Money
    late_fee_terms: LateFeeTerms
    default_days: int
    defaulted_on: date | None = None

    @classmethod
    def opened(
        cls, schedule: Schedule, annual_rate: Rate, late_fee_terms: LateFeeTerms, default_days: int
    ) -> LoanAccount:
        """The account on the day of the funding."""
        rows = tuple(Instalment(row.number, row.due_date, row.principal, row.interest) for row in schedule.rows)
        first = schedule.rows[0]
        regular = first.principal if schedule.method is Method.EQUAL_PRINCIPAL else schedule.instalment
        return cls(
            principal=schedule.principal,
            annual_rate=annual_rate,
            method=schedule.method,
            funded_on=schedule.start_date,
            rows=rows,
            regular=regular,
            late_fee_terms=late_fee_terms,
            default_days=default_days,
        )

    @property
    def outstanding(self) -> Money:
        """Principal not paid yet."""
        return Money(sum(row.principal.cents - row.paid_principal.cents for row in self.rows))

    @property
    def remaining(self) -> Money:
        """Everything left to pay by the schedule, late fees included."""
        return Money(sum(row._due_cents - row._paid_cents for row in self.rows))

    @property
    def paid(self) -> tuple[Money, Money, Money]:
        """Principal, interest and late fees paid so far."""
        return (
            Money(sum(row.paid_principal.cents for row in self.rows)),
            Money(sum(row.paid_interest.cents for row in self.rows)),
            Money(sum(row.paid_late_fee.cents for row in self.rows)),
        )

    @property
    def total_interest(self) -> Money:
        """The interest of all rows, paid or not."""
        return Money.total(row.interest for row in self.rows)

    @property
    def instalment(self) -> Money | None:
        """The level instalment of an annuity as it stands now; None for other methods, whose rows differ."""
        return self.regular if self.method is Method.ANNUITY else None

    @property
    def is_paid(self) -> bool:
        """Whether nothing is left to pay."""
        return all(row.is_paid for row in self.rows)

    @property
    def next_payable(self) -> Instalment | None:
        """The first unpaid row: an overdue one comes first and never becomes unpayable."""
        return next((row for row in self.rows if not row.is_paid), None)

    @property
    def next_due_date(self) -> date | None:
        """The oldest unpaid due date."""
        row = self.next_payable
        return row.due_date if row else None

    def balances(self) -> Iterator[tuple[Instalment, Money]]:
        """Each row with the principal that the schedule leaves outstanding after it."""
        balance = self.principal
        for row in self.rows:
            balance = balance - row.principal
            yield row, balance

    def accrue(self, today: date) -> LoanAccount:
        """What time has done by a day: late fees after grace, once a row, and the default.

        Runs before every payment, payoff and job, so that no cent depends on whether a job has run.
        """
        default = self.default_date
        last = min(today, default) if default else today
        rows = tuple(self._with_late_fee(row, last) for row in self.rows)
        defaulted_on = default if default and default <= today else None
        return replace(self, rows=rows, defaulted_on=self.defaulted_on or defaulted_on)

    @property
    def default_date(self) -> date | None:
        """The day on which the oldest unpaid row makes the loan default; None where nothing is unpaid."""
        if self.defaulted_on:
            return self.defaulted_on
        oldest = self.next_due_date
        return oldest + timedelta(days=self.default_days) if oldest else None

    def next_action_on(self, today: date) -> date | None:
        """The next day on which a row falls overdue, a late fee or the default is due; None at the end."""
        default = self.default_date
        if default is None or self.defaulted_on:
            return None
        found = default if default > today else None
        for row in self.rows:
            overdue = row.due_date + _A_DAY
            if found and found <= overdue:
                break  # nothing of this row, or of those after it, comes before
            if not row.is_paid:
                days = [overdue]
                if not row.late_fee and self.late_fee_terms.fee(row.unpaid_principal):
                    days.append(self._late_fee_date(row))
                found = min((day for day in (*days, found) if day and day > today), default=None)
        return found

    def payoff(self, today: date) -> Payoff:
        """What closes the loan today; the account must be accrued to the same day.

        Principal of due rows earns nothing more; the rest earns by days of the current period, at most the
        current row's interest, less what is paid of it.
        """
        due_interest = Money.total(row.unpaid_interest for row in self.due_rows(today))
        return Payoff(
            as_of=today,
            principal=self.outstanding,
            interest=due_interest + self.accrued_unpaid(today),
            fees=Money.total(row.unpaid_late_fee for row in self.rows),
        )

    def due_rows(self, today: date) -> tuple[Instalment, ...]:
        """Rows whose due date has come."""
        return tuple(row for row in self.rows if row.due_date <= today)

    def current_row(self, today: date) -> Instalment | None:
        """The earliest unpaid row that is not due yet."""
        return next((row for row in self.rows if row.due_date > today and not row.is_paid), None)

    def principal_not_due(self, today: date) -> Money:
        """Unpaid principal that still earns interest."""
        return Money.total(row.unpaid_principal for row in self.rows if row.due_date > today)

    def accrued_unpaid(self, today: date) -> Money:
        """The current row's interest earned by today and not paid."""
        row = self.current_row(today)
        if row is None:
            return ZERO
        earned = accrued_interest(
            self.principal_not_due(today),
            self.period_rate(row),
            row.interest,
            begin=self.period_start(row),
            due_date=row.due_date,
            today=today,
        )
        return max(earned - row.paid_interest, ZERO)

    def period_start(self, row: Instalment) -> date:
        """The due date before a row's own, or the day of the funding."""
        before = [other.due_date for other in self.rows if other.due_date < row.due_date]
        return before[-1] if before else self.funded_on

    def period_rate(self, row: Instalment) -> Fraction:
        """The rate of a row's period: one month's, or that of several where a payment holiday made it longer."""
        start = self.period_start(row)
        months = (row.due_date.year - start.year) * MONTHS_A_YEAR + row.due_date.month - start.month
        return monthly_rate(self.annual_rate) * max(months, 1)

    def _with_late_fee(self, row: Instalment, today: date) -> Instalment:
        if row.late_fee or row.is_paid or today < self._late_fee_date(row):
            return row
        return replace(row, late_fee=self.late_fee_terms.fee(row.unpaid_principal))

    def _late_fee_date(self, row: Instalment) -> date:
        return row.due_date + timedelta(days=self.late_fee_terms.grace_days + 1)
