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
from chalicelib.lending_math.due_dates import MONTHS_PER_YEAR
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
    instalments: tuple[Instalment, ...]
    level_payment: Money
    late_fee_terms: LateFeeTerms
    default_days: int
    defaulted_on: date | None = None

    @classmethod
    def from_schedule(
        cls, schedule: Schedule, annual_rate: Rate, late_fee_terms: LateFeeTerms, default_days: int
    ) -> LoanAccount:
        """The account on the day of the funding."""
        instalments = tuple(
            Instalment(instalment.number, instalment.due_date, instalment.principal, instalment.interest)
            for instalment in schedule.instalments
        )
        first = schedule.instalments[0]
        level_payment = first.principal if schedule.method is Method.EQUAL_PRINCIPAL else schedule.level_payment
        return cls(
            principal=schedule.principal,
            annual_rate=annual_rate,
            method=schedule.method,
            funded_on=schedule.start_date,
            instalments=instalments,
            level_payment=level_payment,
            late_fee_terms=late_fee_terms,
            default_days=default_days,
        )

    @property
    def outstanding(self) -> Money:
        """Principal not paid yet."""
        return Money(
            sum(instalment.principal.cents - instalment.paid_principal.cents for instalment in self.instalments)
        )

    @property
    def remaining(self) -> Money:
        """Everything left to pay by the schedule, late fees included."""
        return Money(sum(instalment._due_cents - instalment._paid_cents for instalment in self.instalments))

    @property
    def paid(self) -> tuple[Money, Money, Money]:
        """Principal, interest and late fees paid so far."""
        return (
            Money(sum(instalment.paid_principal.cents for instalment in self.instalments)),
            Money(sum(instalment.paid_interest.cents for instalment in self.instalments)),
            Money(sum(instalment.paid_late_fee.cents for instalment in self.instalments)),
        )

    @property
    def total_interest(self) -> Money:
        """The interest of all rows, paid or not."""
        return Money.total(instalment.interest for instalment in self.instalments)

    @property
    def monthly_payment(self) -> Money | None:
        """The level instalment of an annuity as it stands now; None for other methods, whose rows differ."""
        return self.level_payment if self.method is Method.ANNUITY else None

    @property
    def is_paid(self) -> bool:
        """Whether nothing is left to pay."""
        return all(instalment.is_paid for instalment in self.instalments)

    @property
    def first_unpaid(self) -> Instalment | None:
        """The first unpaid row: an overdue one comes first and never becomes unpayable."""
        return next((instalment for instalment in self.instalments if not instalment.is_paid), None)

    @property
    def next_due_date(self) -> date | None:
        """The oldest unpaid due date."""
        instalment = self.first_unpaid
        return instalment.due_date if instalment else None

    def balances(self) -> Iterator[tuple[Instalment, Money]]:
        """Each row with the principal that the schedule leaves outstanding after it."""
        balance = self.principal
        for instalment in self.instalments:
            balance = balance - instalment.principal
            yield instalment, balance

    def accrue(self, today: date) -> LoanAccount:
        """What time has done by a day: late fees after grace, once a row, and the default.

        Runs before every payment, payoff and job, so that no cent depends on whether a job has run.
        """
        default = self.default_date
        last = min(today, default) if default else today
        instalments = tuple(self._with_late_fee(instalment, last) for instalment in self.instalments)
        defaulted_on = default if default and default <= today else None
        return replace(self, instalments=instalments, defaulted_on=self.defaulted_on or defaulted_on)

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
        for instalment in self.instalments:
            overdue = instalment.due_date + _A_DAY
            if found and found <= overdue:
                break  # nothing of this row, or of those after it, comes before
            if not instalment.is_paid:
                days = [overdue]
                if not instalment.late_fee and self.late_fee_terms.fee(instalment.unpaid_principal):
                    days.append(self._late_fee_date(instalment))
                found = min((day for day in (*days, found) if day and day > today), default=None)
        return found

    def payoff(self, today: date) -> Payoff:
        """What closes the loan today; the account must be accrued to the same day.

        Principal of due rows earns nothing more; the rest earns by days of the current period, at most the
        current row's interest, less what is paid of it.
        """
        due_interest = Money.total(instalment.unpaid_interest for instalment in self.due_instalments(today))
        return Payoff(
            as_of=today,
            principal=self.outstanding,
            interest=due_interest + self.accrued_unpaid_interest(today),
            fees=Money.total(instalment.unpaid_late_fee for instalment in self.instalments),
        )

    def due_instalments(self, today: date) -> tuple[Instalment, ...]:
        """Rows whose due date has come."""
        return tuple(instalment for instalment in self.instalments if instalment.due_date <= today)

    def current_instalment(self, today: date) -> Instalment | None:
        """The earliest unpaid row that is not due yet."""
        return next(
            (instalment for instalment in self.instalments if instalment.due_date > today and not instalment.is_paid),
            None,
        )

    def principal_not_due(self, today: date) -> Money:
        """Unpaid principal that still earns interest."""
        return Money.total(
            instalment.unpaid_principal for instalment in self.instalments if instalment.due_date > today
        )

    def accrued_unpaid_interest(self, today: date) -> Money:
        """The current row's interest earned by today and not paid."""
        instalment = self.current_instalment(today)
        if instalment is None:
            return ZERO
        earned = accrued_interest(
            self.principal_not_due(today),
            self.period_rate(instalment),
            instalment.interest,
            begin=self.period_start(instalment),
            due_date=instalment.due_date,
            today=today,
        )
        return max(earned - instalment.paid_interest, ZERO)

    def period_start(self, instalment: Instalment) -> date:
        """The due date before a row's own, or the day of the funding."""
        before = [other.due_date for other in self.instalments if other.due_date < instalment.due_date]
        return before[-1] if before else self.funded_on

    def period_rate(self, instalment: Instalment) -> Fraction:
        """The rate of a row's period: one month's, or that of several where a payment holiday made it longer."""
        start = self.period_start(instalment)
        months = (instalment.due_date.year - start.year) * MONTHS_PER_YEAR + instalment.due_date.month - start.month
        return monthly_rate(self.annual_rate) * max(months, 1)

    def _with_late_fee(self, instalment: Instalment, today: date) -> Instalment:
        if instalment.late_fee or instalment.is_paid or today < self._late_fee_date(instalment):
            return instalment
        return replace(instalment, late_fee=self.late_fee_terms.fee(instalment.unpaid_principal))

    def _late_fee_date(self, instalment: Instalment) -> date:
        return instalment.due_date + timedelta(days=self.late_fee_terms.grace_days + 1)
