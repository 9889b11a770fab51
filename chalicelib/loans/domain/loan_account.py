"""The account of a funded loan: its instalments, accrual by date, and the payoff."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from fractions import Fraction
from typing import Final

from chalicelib.lending_math.accrual import interest_by_days, interest_share
from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.annuity import monthly_rate
from chalicelib.lending_math.due_dates import MONTHS_PER_YEAR
from chalicelib.lending_math.schedule import Schedule
from chalicelib.loans.domain.loan import LateFeeTerms
from chalicelib.shared.money import ZERO, Money, Rate

_ONE_DAY: Final = timedelta(days=1)


class InstalmentStatus(StrEnum):
    PENDING = "PENDING"
    PARTIAL = "PARTIAL"
    OVERDUE = "OVERDUE"
    PAID = "PAID"


@dataclass(frozen=True, slots=True)
class Instalment:
    """One instalment: amounts due and paid, by component.

    While it is not due, its interest accrues by days. ``earned`` is the interest earned before ``earned_on``, the
    date of the last change of principal or rate in its period; ``period`` is the number of days that earn a month's
    interest. By default nothing is earned before the period begins, and ``period`` is the days of the period divided
    by its months.
    """

    number: int
    due_date: date
    principal: Money
    interest: Money
    late_fee: Money = ZERO
    paid_principal: Money = ZERO
    paid_interest: Money = ZERO
    paid_late_fee: Money = ZERO
    paid_at: datetime | None = None
    earned: Money = ZERO
    earned_on: date | None = None
    period: Fraction | None = None

    @property
    def amount(self) -> Money:
        """Amount due, late fee included."""
        return Money(self.principal.cents + self.interest.cents + self.late_fee.cents)

    @property
    def paid_amount(self) -> Money:
        return Money(self.paid_principal.cents + self.paid_interest.cents + self.paid_late_fee.cents)

    @property
    def unpaid(self) -> Money:
        return Money(self.unpaid_cents)

    @property
    def unpaid_cents(self) -> int:
        due = self.principal.cents + self.interest.cents + self.late_fee.cents
        return due - self.paid_principal.cents - self.paid_interest.cents - self.paid_late_fee.cents

    @property
    def is_paid(self) -> bool:
        return not self.unpaid_cents

    @property
    def unpaid_principal(self) -> Money:
        return self.principal - self.paid_principal

    @property
    def unpaid_interest(self) -> Money:
        return self.interest - self.paid_interest

    @property
    def unpaid_late_fee(self) -> Money:
        return self.late_fee - self.paid_late_fee

    def status_on(self, today: date) -> InstalmentStatus:
        """Return the status on a day; an instalment is overdue after its due date."""
        if self.is_paid:
            return InstalmentStatus.PAID
        if self.due_date < today:
            return InstalmentStatus.OVERDUE
        return InstalmentStatus.PARTIAL if self.paid_amount else InstalmentStatus.PENDING


@dataclass(frozen=True, slots=True)
class Payoff:
    """Amounts that close the loan on a day."""

    as_of: date
    principal: Money
    interest: Money
    fees: Money

    @property
    def amount(self) -> Money:
        """Amount of the one payment that completes the loan."""
        return self.principal + self.interest + self.fees


@dataclass(frozen=True, slots=True)
class LoanAccount:
    """The instalments of a funded loan and the terms that change them. Every change returns a new account.

    ``level_payment`` is the instalment that a reduced term keeps (for equal principal: the principal part).
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
        """Create the account on the day of the funding."""
        first = schedule.instalments[0]
        is_equal_principal = schedule.method is Method.EQUAL_PRINCIPAL
        return cls(
            principal=schedule.principal,
            annual_rate=annual_rate,
            method=schedule.method,
            funded_on=schedule.start_date,
            instalments=tuple(
                [Instalment(each.number, each.due_date, each.principal, each.interest) for each in schedule.instalments]
            ),
            level_payment=first.principal if is_equal_principal else schedule.level_payment,
            late_fee_terms=late_fee_terms,
            default_days=default_days,
        )

    @property
    def outstanding(self) -> Money:
        return Money(sum([each.principal.cents - each.paid_principal.cents for each in self.instalments]))

    @property
    def remaining(self) -> Money:
        """Amount left to pay by the schedule, late fees included."""
        return Money(sum([each.unpaid_cents for each in self.instalments]))

    @property
    def paid(self) -> tuple[Money, Money, Money]:
        """Principal, interest and late fees paid so far."""
        return (
            Money(sum([each.paid_principal.cents for each in self.instalments])),
            Money(sum([each.paid_interest.cents for each in self.instalments])),
            Money(sum([each.paid_late_fee.cents for each in self.instalments])),
        )

    @property
    def total_interest(self) -> Money:
        return Money(sum([each.interest.cents for each in self.instalments]))

    @property
    def is_paid(self) -> bool:
        return self.first_unpaid is None

    @property
    def first_unpaid(self) -> Instalment | None:
        """The first unpaid instalment; an overdue one comes first and always remains payable."""
        return next((each for each in self.instalments if each.unpaid_cents), None)

    @property
    def next_due_date(self) -> date | None:
        """The earliest due date of an unpaid instalment; None if all are paid."""
        return next((each.due_date for each in self.instalments if each.unpaid_cents), None)

    def balances(self) -> Iterator[tuple[Instalment, Money]]:
        """Yield each instalment with the principal that the schedule leaves outstanding after it."""
        balance = self.principal
        for instalment in self.instalments:
            balance = balance - instalment.principal
            yield instalment, balance

    def accrue(self, today: date) -> LoanAccount:
        """Return the account with the late fees and the default that are due by a day.

        Runs before every payment, payoff and job, so that no cent depends on whether a job has run.
        """
        default = self.default_date
        last = min(today, default) if default else today
        instalments = tuple(self._with_late_fee(each, last) for each in self.instalments)
        defaulted_on = default if default and default <= today else None
        return replace(self, instalments=instalments, defaulted_on=self.defaulted_on or defaulted_on)

    @property
    def default_date(self) -> date | None:
        """The day on which the earliest unpaid instalment makes the loan default; None if all are paid."""
        if self.defaulted_on:
            return self.defaulted_on
        oldest = self.next_due_date
        return oldest + timedelta(days=self.default_days) if oldest else None

    def next_action_on(self, today: date) -> date | None:
        """Return the next day on which an instalment is overdue, or a late fee or the default is due."""
        next_due_date = self.next_due_date
        if next_due_date is None or self.defaulted_on:
            return None
        if next_due_date >= today:
            return next_due_date + _ONE_DAY  # before anything else happens, the instalment is overdue
        default = self.default_date
        found = default if default and default > today else None
        for instalment in self.instalments:
            overdue = instalment.due_date + _ONE_DAY
            if found and found <= overdue:
                break  # no day of this instalment, or of a later one, comes first
            if instalment.unpaid_cents:
                days = [overdue]
                if not instalment.late_fee and self.late_fee_terms.fee(instalment.unpaid_principal):
                    days.append(self._late_fee_date(instalment))
                found = min((day for day in (*days, found) if day and day > today), default=None)
        return found

    def payoff(self, today: date) -> Payoff:
        """Calculate the amounts that close the loan on a day; the account must be accrued to that day.

        Principal of due instalments earns nothing more. The remaining principal earns by days of the current
        period, up to the current instalment's interest, less the interest paid on it.
        """
        due_interest = Money.total(each.unpaid_interest for each in self.due_instalments(today))
        return Payoff(
            as_of=today,
            principal=self.outstanding,
            interest=due_interest + self.accrued_unpaid_interest(today),
            fees=Money.total(each.unpaid_late_fee for each in self.instalments),
        )

    def due_instalments(self, today: date) -> tuple[Instalment, ...]:
        """Return the instalments that are due by a day."""
        return tuple(each for each in self.instalments if each.due_date <= today)

    def current_instalment(self, today: date) -> Instalment | None:
        """Return the earliest unpaid instalment that is not due yet."""
        return next((each for each in self.instalments if each.due_date > today and not each.is_paid), None)

    def principal_not_due(self, today: date) -> Money:
        """Return the unpaid principal of instalments that are not due yet."""
        return Money.total(each.unpaid_principal for each in self.instalments if each.due_date > today)

    def accrued_unpaid_interest(self, today: date) -> Money:
        """Return the current instalment's interest that is earned by a day and not paid."""
        current = self.current_instalment(today)
        if current is None:
            return ZERO
        return max(self.earned_interest(current, today) - current.paid_interest, ZERO)

    def earned_interest(self, instalment: Instalment, today: date) -> Money:
        """Return the interest that an instalment has earned by a day, paid or not; in full on its due date.

        Of the current instalment: E + R(B₀·r·(today − t₀)/period), B₀ being the principal that is not due, and of
        a flat loan E + R((interest − E)·(today − t₀)/(due date − t₀)); at most its interest.

        Args:
            instalment: the current instalment, or a later one, whose period has not begun.
            today: any day; on or after the due date, all interest is earned.
        """
        if today >= instalment.due_date:
            return instalment.interest
        since = self.earning_since(instalment)
        days = max((today - since).days, 0)
        if self.method is Method.FLAT:
            left = instalment.interest - instalment.earned
            more = interest_share(left, days, (instalment.due_date - since).days)
        else:
            more = self.interest_of_days(self.principal_not_due(today), instalment, days)
        return min(instalment.earned + more, instalment.interest)

    def interest_of_days(self, balance: Money, instalment: Instalment, days: int) -> Money:
        """Calculate what a balance earns in some days of an instalment's period."""
        return interest_by_days(balance, monthly_rate(self.annual_rate), days, self.days_per_month(instalment))

    def earning_since(self, instalment: Instalment) -> date:
        """Return t₀: the date of the last change in an instalment's period, or the start of the period."""
        return instalment.earned_on or self.period_start(instalment)

    def days_per_month(self, instalment: Instalment) -> Fraction:
        """Return the days that earn a month's interest: those of the period divided by its months."""
        if instalment.period is not None:
            return instalment.period
        start, end = self.period_start(instalment), instalment.due_date
        months = (end.year - start.year) * MONTHS_PER_YEAR + end.month - start.month
        return Fraction((end - start).days, max(months, 1))

    def period_start(self, instalment: Instalment) -> date:
        """Return the due date before an instalment's own, or the day of the funding."""
        before = [each.due_date for each in self.instalments if each.due_date < instalment.due_date]
        return before[-1] if before else self.funded_on

    def _with_late_fee(self, instalment: Instalment, today: date) -> Instalment:
        if instalment.late_fee or instalment.is_paid or today < self._late_fee_date(instalment):
            return instalment
        return replace(instalment, late_fee=self.late_fee_terms.fee(instalment.unpaid_principal))

    def _late_fee_date(self, instalment: Instalment) -> date:
        return instalment.due_date + timedelta(days=self.late_fee_terms.grace_days + 1)
