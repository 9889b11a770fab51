"""Repayment schedules: exact to the cent, for every method, frequency and day count.

>>> from datetime import date
>>> from chalicelib.shared.money import Money, Rate
>>> loan = build_schedule(Money.of("1000.00"), Rate.percent("12"), 6, start_date=date(2026, 1, 31))
>>> [str(each.amount) for each in loan.instalments]
['172.55', '172.55', '172.55', '172.55', '172.55', '172.53']
>>> str(loan.instalments[1].due_date), str(loan.total_interest)
('2026-03-31', '35.28')
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from chalicelib.lending_math.amortisation import (
    BalanceInterest,
    Method,
    Parts,
    chain,
    constant,
    ensure_amortisable,
    flat_interest,
    level,
)
from chalicelib.lending_math.annuity import AnnualRate, level_instalment, rate_per_year
from chalicelib.lending_math.day_count import DayCount
from chalicelib.lending_math.due_dates import Frequency, Interval, due_dates, interval_of
from chalicelib.lending_math.errors import InvalidTerms, TermsNotAmortisable
from chalicelib.lending_math.period_rates import period_rates
from chalicelib.lending_math.rounding import Rounding, round_to_multiple
from chalicelib.shared.money import ZERO, Money

MAX_PERIODS: Final = 1560
"""Thirty years of weekly instalments."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """What lenders do differently from one another. The defaults are the platform's own rules.

    - ``instalment_rounding``: how the instalment (or principal part) is rounded to the cent or the multiple.
    - ``interest_rounding``: how each row's interest is rounded to the cent.
    - ``principal_multiple``: the principal part of a row is rounded to it; equal principal and flat.
    - ``fixed_instalment``: an agreed instalment instead of the computed one; annuity. ``periods`` is then the
      longest term.

    Rounding UP (or an agreed instalment) may repay the loan early: then the schedule has fewer rows. With
    every other rounding an empty row is refused.
    """

    instalment_rounding: Rounding = Rounding.HALF_EVEN
    interest_rounding: Rounding = Rounding.HALF_EVEN
    principal_multiple: Money | None = None
    fixed_instalment: Money | None = None

    @property
    def allows_early_end(self) -> bool:
        """Whether rows that are left without principal fall away instead of being refused."""
        return self.instalment_rounding is Rounding.UP or self.fixed_instalment is not None


PLATFORM: Final = Conventions()


@dataclass(frozen=True, slots=True)
class ScheduledInstalment:
    """One instalment. ``balance`` is the principal outstanding after it."""

    number: int
    due_date: date
    principal: Money
    interest: Money
    balance: Money

    @property
    def amount(self) -> Money:
        """Principal and interest together."""
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class Schedule:
    """The rows of a loan in order of their due dates; principal parts sum to ``principal`` exactly."""

    principal: Money
    start_date: date
    interval: Interval
    method: Method
    instalments: tuple[ScheduledInstalment, ...]

    @property
    def level_payment(self) -> Money:
        """The regular instalment: of the first row that repays principal (interest only: the first row)."""
        if self.method is Method.INTEREST_ONLY:
            return self.instalments[0].amount
        return next(instalment.amount for instalment in self.instalments if instalment.principal)

    @property
    def total_interest(self) -> Money:
        """The interest of all rows."""
        return Money.total(instalment.interest for instalment in self.instalments)

    @property
    def total_amount(self) -> Money:
        """All instalments: principal and interest, no fees."""
        return self.principal + self.total_interest

    def cumulative_interest(self, first: int, last: int) -> Money:
        """The interest of the rows numbered first to last, both included and counted from 1."""
        return Money.total(instalment.interest for instalment in self.instalments[first - 1 : last])

    def cumulative_principal(self, first: int, last: int) -> Money:
        """The principal of the rows numbered first to last, both included and counted from 1."""
        return Money.total(instalment.principal for instalment in self.instalments[first - 1 : last])


def build_schedule(  # noqa: PLR0913 (each is a term of a loan, named by its keyword, with the usual default)
    principal: Money,
    annual_rate: AnnualRate,
    periods: int,
    *,
    start_date: date,
    method: Method | str = Method.ANNUITY,
    frequency: Frequency | Interval | str = Frequency.MONTHLY,
    day_count: DayCount | str = DayCount.D30_360_MONTHS,
    first_due_date: date | None = None,
    principal_grace: int = 0,
    instalment_multiple: Money | None = None,
    conventions: Conventions = PLATFORM,
) -> Schedule:
    """The repayment schedule of a loan.

    Args:
        principal: above zero.
        annual_rate: ``Rate.percent("12")``, or an exact ratio as Fraction or Decimal (0.12); 0 or more.
        periods: how many instalments, 1–1560.
        start_date: the disbursement; interest runs from it, due dates are anchored to it.
        method, frequency, day_count: the enum or its name in the API; ``Interval(days=15)`` goes as well.
        first_due_date: makes the first period odd; the later dates are counted from it.
        principal_grace: how many first rows pay interest only; fewer than ``periods``.
        instalment_multiple: the instalment is a multiple of it (equal principal: the principal part).
        conventions: rounding other than the platform's half-even to the cent.

    Raises:
        InvalidTerms: an argument outside its range, or options that do not go together.
        TermsNotAmortisable: a principal part or the last instalment is not positive, or the last one differs
            from the regular one by more than that.

    Source: Kellison, The Theory of Interest, chapters 3–5.
    """
    plan = _Plan(principal, Method(method), principal_grace, instalment_multiple, conventions)
    plan.check(periods)
    interval = interval_of(frequency)
    dates = due_dates(start_date, periods, interval, first_due_date)
    rates = period_rates(rate_per_year(annual_rate), start_date, dates, interval, DayCount(day_count))
    return Schedule(
        principal, start_date, interval, plan.method, instalments_from_parts(principal, dates, plan.parts(rates))
    )


def instalments_from_parts(
    principal: Money, dates: Sequence[date], parts: Sequence[Parts]
) -> tuple[ScheduledInstalment, ...]:
    """Number and date the parts of a schedule and chain the balance from the principal down."""
    instalments, balance = [], principal.cents
    for number, (due_date, (part, interest)) in enumerate(zip(dates, parts, strict=False), 1):
        balance -= part
        instalments.append(ScheduledInstalment(number, due_date, Money(part), Money(interest), Money(balance)))
    return tuple(instalments)


@dataclass(frozen=True, slots=True)
class _Plan:
    """The terms that decide how a principal is split over given period rates."""

    principal: Money
    method: Method
    grace: int
    instalment_multiple: Money | None
    conventions: Conventions

    def check(self, periods: int) -> None:
        if not 1 <= periods <= MAX_PERIODS:
            raise InvalidTerms(f"A schedule has 1 to {MAX_PERIODS} instalments.")
        if not 0 <= self.grace < periods:
            raise InvalidTerms("At least one instalment must repay principal.")
        multiples = (self.instalment_multiple, self.conventions.principal_multiple)
        if any(amount is not None and amount <= ZERO for amount in (self.principal, *multiples)):
            raise InvalidTerms("Amounts must be above zero.")
        if not self._options_fit():
            raise InvalidTerms(f"This rounding does not go with the method {self.method.value}.")

    def _options_fit(self) -> bool:
        if self.conventions.fixed_instalment is not None and self.method is not Method.ANNUITY:
            return False
        if self.conventions.principal_multiple is not None:
            return self.method in (Method.EQUAL_PRINCIPAL, Method.FLAT)
        return self.instalment_multiple is None or self.method is not Method.INTEREST_ONLY

    def parts(self, rates: Sequence[Fraction]) -> list[Parts]:
        grace = len(rates) - 1 if self.method is Method.INTEREST_ONLY else self.grace
        parts = self._split(rates)
        allows_early_end = self.conventions.allows_early_end and self.method is not Method.FLAT
        if len(parts) < len(rates) and not allows_early_end:
            raise TermsNotAmortisable
        ensure_amortisable(parts, grace)
        return parts

    def _split(self, rates: Sequence[Fraction]) -> list[Parts]:
        balance, count, rounding = self.principal.cents, len(rates), self.conventions.interest_rounding
        on_balance = BalanceInterest(rates, rounding)
        if self.method is Method.ANNUITY:
            return chain(balance, count, on_balance, level(self._level_instalment(rates), self.grace))
        if self.method is Method.EQUAL_PRINCIPAL:
            return chain(balance, count, on_balance, constant(self._equal_part(count), self.grace))
        if self.method is Method.INTEREST_ONLY:
            return chain(balance, count, on_balance, constant(0))
        interest = flat_interest(balance, rates, rounding)
        return chain(balance, count, lambda k, _balance: interest[k], self._flat_part(interest))

    def _level_instalment(self, rates: Sequence[Fraction]) -> int:
        if self.conventions.fixed_instalment is not None:
            return self.conventions.fixed_instalment.cents
        return self._rounded(level_instalment(self.principal, rates[self.grace :]), self.instalment_multiple)

    def _equal_part(self, count: int) -> int:
        multiple = self.conventions.principal_multiple
        if self.method is Method.EQUAL_PRINCIPAL:
            multiple = multiple or self.instalment_multiple
        return self._rounded(Fraction(self.principal.cents, count - self.grace), multiple)

    def _flat_part(self, interest: Sequence[int]) -> Callable[[int, int], int]:
        if self.instalment_multiple is None or self.conventions.principal_multiple is not None:
            return constant(self._equal_part(len(interest)), self.grace)
        owed = self.principal.cents + sum(interest[self.grace :])
        exact = Fraction(owed, len(interest) - self.grace)
        return level(self._rounded(exact, self.instalment_multiple), self.grace)

    def _rounded(self, cents: Fraction, multiple: Money | None) -> int:
        return round_to_multiple(cents, 1 if multiple is None else multiple.cents, self.conventions.instalment_rounding)
