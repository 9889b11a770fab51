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
from chalicelib.lending_math.due_dates import months_between
from chalicelib.lending_math.schedule import Schedule
from chalicelib.loans.domain.arrears import ArrearsTerms
from chalicelib.shared.money import ZERO, Money, Rate

_ONE_DAY: Final = timedelta(days=1)
REMINDER_DAYS: Final = (-3, 0, 1, 7, 14)
"""Days after the due date of the oldest unpaid instalment on which a reminder is sent; a negative one is before it."""
PAST_DUE_DAYS: Final = 90
"""Days past due after which a loan counts as defaulted in statistics (Delegated Regulation (EU) 2022/2115)."""


class InstalmentStatus(StrEnum):
    PENDING = "PENDING"
    PARTIAL = "PARTIAL"
    OVERDUE = "OVERDUE"
    PAID = "PAID"


@dataclass(frozen=True, slots=True)
class Instalment:
    """One instalment: amounts due and paid, by component.

    ``late_interest`` is the interest charged on overdue principal by the day to which the account is accrued. Before
    ``late_since``, the last change of that principal or the rate, ``late_carried`` was charged; by default nothing
    is charged before the due date.

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
    late_interest: Money = ZERO
    paid_principal: Money = ZERO
    paid_interest: Money = ZERO
    paid_late_fee: Money = ZERO
    paid_late_interest: Money = ZERO
    paid_at: datetime | None = None
    late_carried: Money = ZERO
    late_since: date | None = None
    earned: Money = ZERO
    earned_on: date | None = None
    period: Fraction | None = None

    @property
    def amount(self) -> Money:
        """Amount due, late fee and late interest included."""
        due = self.principal.cents + self.interest.cents + self.late_fee.cents + self.late_interest.cents
        return Money(due)

    @property
    def paid_amount(self) -> Money:
        paid = self.paid_principal.cents + self.paid_interest.cents
        return Money(paid + self.paid_late_fee.cents + self.paid_late_interest.cents)

    @property
    def unpaid(self) -> Money:
        return Money(self.unpaid_cents)

    @property
    def unpaid_cents(self) -> int:
        due = self.principal.cents + self.interest.cents + self.late_fee.cents + self.late_interest.cents
        paid = self.paid_principal.cents + self.paid_interest.cents
        return due - paid - self.paid_late_fee.cents - self.paid_late_interest.cents

    @property
    def unpaid_base_cents(self) -> int:
        """Principal and interest that is unpaid, in cents: the base of a late fee, and of the count to default."""
        return self.principal.cents + self.interest.cents - self.paid_principal.cents - self.paid_interest.cents

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

    @property
    def unpaid_late_interest(self) -> Money:
        return self.late_interest - self.paid_late_interest

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
    ``material_since`` is the date since which a material amount has been overdue without a break, if payments were
    made in that time; otherwise it follows from the due dates.
    """

    principal: Money
    annual_rate: Rate
    method: Method
    funded_on: date
    instalments: tuple[Instalment, ...]
    level_payment: Money
    arrears_terms: ArrearsTerms
    default_days: int
    material_since: date | None = None
    defaulted_on: date | None = None

    @classmethod
    def from_schedule(
        cls, schedule: Schedule, annual_rate: Rate, arrears_terms: ArrearsTerms, default_days: int
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
            arrears_terms=arrears_terms,
            default_days=default_days,
        )

    @property
    def outstanding(self) -> Money:
        return Money(sum([each.principal.cents - each.paid_principal.cents for each in self.instalments]))

    @property
    def remaining(self) -> Money:
        """Amount left to pay by the schedule, late fees and late interest included."""
        return Money(sum([each.unpaid_cents for each in self.instalments]))

    @property
    def paid(self) -> tuple[Money, Money, Money]:
        """Principal, interest (with late interest) and late fees paid so far."""
        return (
            Money(sum([each.paid_principal.cents for each in self.instalments])),
            Money(sum([each.paid_interest.cents + each.paid_late_interest.cents for each in self.instalments])),
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
        """Return the account with the late fees, the late interest and the default that are due by a day.

        Runs before every payment, payoff and job, so that no cent depends on whether a job has run. Charges end on
        the day of the default.
        """
        next_due_date = self.next_due_date
        if next_due_date is None or next_due_date >= today:
            return self
        default = self.default_date
        last = min(today, default) if default else today
        account = replace(self, instalments=tuple([self._with_charges(each, last) for each in self.instalments]))
        return account._accelerated(default) if default and default <= today else account

    @property
    def default_date(self) -> date | None:
        """The day of the default: of the past one, or of the one to come if nothing is paid; None if all is paid."""
        since = self._material_date()
        return self.defaulted_on or (since + timedelta(days=self.default_days) if since else None)

    def with_carried_late_interest(self, today: date) -> LoanAccount:
        """Return the account with its late interest fixed up to a day, so that a new rate applies from then on."""
        if not self.arrears_terms.charges_interest:
            return self
        carried = [
            replace(each, late_carried=each.late_interest, late_since=today)
            if each.due_date < today and each.unpaid_principal
            else each
            for each in self.instalments
        ]
        return replace(self, instalments=tuple(carried))

    def past_due_90_on(self, today: date) -> date | None:
        """Return the day since which a material amount is overdue for more than 90 days, if it is that on a day."""
        since = self._material_date()
        day = since + timedelta(days=PAST_DUE_DAYS + 1) if since else None
        return day if day and day <= today else None

    def after_payment(self, before: LoanAccount, today: date) -> LoanAccount:
        """Return the account with the count to default of the state before a payment, if it goes on.

        It ends when a payment leaves no material amount overdue.
        """
        since = before._material_date()
        goes_on = since is not None and since <= today and (self.defaulted_on or self._is_material(today))
        return replace(self, material_since=since if goes_on else None)

    def settlement_due_on(self, today: date) -> date | None:
        """Return the day from which the platform pays a small remainder; None if there is none, or it is too large.

        The remainder counts from the day after the last due date, also after a default; one that a payment leaves later
        counts from that payment's day.
        """
        if not 0 < self.remaining.cents <= self.arrears_terms.tolerance.cents:
            return None
        return max(today, self.instalments[-1].due_date + _ONE_DAY)

    def next_action_on(self, today: date) -> date | None:
        """Return the next day on which a job must act on the loan; None if there is none.

        Such are the days on which a reminder or a late fee is due, an instalment is overdue, the loan defaults, a
        material amount has been overdue for more than 90 days, or the platform pays a small remainder.
        """
        next_due_date = self.next_due_date
        if next_due_date is None:
            return None
        if next_due_date >= today and not self.defaulted_on:
            for offset in REMINDER_DAYS:  # before anything else happens, the instalment is overdue
                if next_due_date + timedelta(days=offset) > today:
                    return next_due_date + timedelta(days=offset)
        default, past_due = self.default_date, self.past_due_90_on(date.max)
        days = [past_due] if past_due else []
        if default and not self.defaulted_on:
            days += [default, *self._days_of_arrears(today)]
            days += [next_due_date + timedelta(days=offset) for offset in REMINDER_DAYS]
        settlement = self.settlement_due_on(today)
        return min([*[day for day in days if day > today], *([settlement] if settlement else [])], default=None)

    def is_stored_like(self, other: LoanAccount) -> bool:
        """Return whether two states are stored alike: late interest is not stored, because it follows from the day."""
        one, two = (
            replace(each, instalments=tuple([replace(row, late_interest=ZERO) for row in each.instalments]))
            for each in (self, other)
        )
        return one == two

    def payoff(self, today: date) -> Payoff:
        """Calculate the amounts that close the loan on a day; the account must be accrued to that day.

        Principal of due instalments earns nothing more. The remaining principal earns by days of the current
        period, up to the current instalment's interest, less the interest paid on it.
        """
        due_interest = Money.total(
            each.unpaid_interest + each.unpaid_late_interest for each in self.due_instalments(today)
        )
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

    def earned_until(self, instalment: Instalment, today: date) -> tuple[Money, date]:
        """Return E and t₀ for a change on a day: the interest earned by then, and the date from which more is earned.

        The date is the start of the instalment's period if that has not begun.
        """
        return self.earned_interest(instalment, today), max(self.earning_since(instalment), today)

    def days_per_month(self, instalment: Instalment) -> Fraction:
        """Return the days that earn a month's interest: those of the period divided by its months."""
        if instalment.period is not None:
            return instalment.period
        start, end = self.period_start(instalment), instalment.due_date
        return Fraction((end - start).days, max(months_between(start, end), 1))

    def period_start(self, instalment: Instalment) -> date:
        """Return the due date before an instalment's own, or the day of the funding."""
        before = [each.due_date for each in self.instalments if each.due_date < instalment.due_date]
        return before[-1] if before else self.funded_on

    def _with_charges(self, instalment: Instalment, today: date) -> Instalment:
        """Return a late instalment with its late fee and its late interest up to a day; others are unchanged."""
        if instalment.due_date >= today:
            return instalment
        terms, late_fee = self.arrears_terms, instalment.late_fee
        if not late_fee and today >= self._late_fee_date(instalment):
            late_fee = terms.late_fee(Money(instalment.unpaid_base_cents))
        since = instalment.late_since or instalment.due_date
        more = terms.late_interest(instalment.unpaid_principal, self.annual_rate, since, today)
        return replace(instalment, late_fee=late_fee, late_interest=instalment.late_carried + more)

    def _late_fee_date(self, instalment: Instalment) -> date:
        return instalment.due_date + timedelta(days=self.arrears_terms.grace_days + 1)

    def _days_of_arrears(self, today: date) -> Iterator[date]:
        """Yield the days on which instalments become overdue or get a late fee, up to the next overdue one."""
        for instalment in self.instalments:
            if not instalment.unpaid_cents:
                continue
            yield instalment.due_date + _ONE_DAY
            if not instalment.late_fee and self.arrears_terms.late_fee(Money(instalment.unpaid_base_cents)):
                yield self._late_fee_date(instalment)
            if instalment.due_date >= today:
                return

    def _material_date(self) -> date | None:
        """Return the date since which a material amount is overdue, or will be if nothing is paid.

        After the last due date any amount counts.
        """
        if self.material_since:
            return self.material_since
        outstanding, last, overdue = self.outstanding, self.instalments[-1].due_date, 0
        for instalment in self.instalments:
            overdue += instalment.unpaid_base_cents
            if overdue and (instalment.due_date == last or self.arrears_terms.is_material(Money(overdue), outstanding)):
                return instalment.due_date
        return None

    def _is_material(self, today: date) -> bool:
        overdue = Money(sum([each.unpaid_base_cents for each in self.due_instalments(today)]))
        is_after_last = bool(overdue) and self.instalments[-1].due_date <= today
        return is_after_last or self.arrears_terms.is_material(overdue, self.outstanding)

    def _accelerated(self, day: date) -> LoanAccount:
        """Return the account in default: all principal is due, and interest that is not earned is not owed."""
        due = self.due_instalments(day)
        later = self.instalments[len(due) :]
        if not later:
            return replace(self, defaulted_on=day)
        accrued = self.accrued_unpaid_interest(day)
        paid_interest = Money.total(each.paid_interest for each in later)
        rest = Instalment(
            later[0].number,
            day,
            Money.total(each.principal for each in later),
            paid_interest + accrued,
            paid_principal=Money.total(each.paid_principal for each in later),
            paid_interest=paid_interest,
            paid_at=later[0].paid_at,
        )
        return replace(self, instalments=(*due, rest), defaulted_on=day)


def has_new_schedule(before: LoanAccount, after: LoanAccount) -> bool:
    """Return whether due dates, principal or interest of instalments differ between two states of an account."""
    if len(before.instalments) != len(after.instalments):
        return True
    return any(
        old.principal != new.principal or old.interest != new.interest or old.due_date != new.due_date
        for old, new in zip(before.instalments, after.instalments, strict=True)
    )
