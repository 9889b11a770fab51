"""Repayment schedules: exact to the cent, for every method, frequency and day count.

>>> from datetime import date
>>> from chalicelib.shared.money import Money, Rate
>>> loan = build_schedule(Money.of("1000.00"), Rate.percent("12"), 6, start_date=date(2026, 1, 31))
>>> [str(each.amount) for each in loan.instalments]
['172.55', '172.55', '172.55', '172.55', '172.55', '172.53']
>>> str(loan.instalments[1].due_date), str(loan.total_interest)
('2026-03-31', '35.28')
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from fractions import Fraction
from typing import Final

from chalicelib.lending_math.amortisation import (
    BalanceInterest,
    Method,
    Parts,
    amortise,
    constant_principal,
    ensure_amortisable,
    flat_interest,
    level_principal,
)
from chalicelib.lending_math.annuity import AnnualRate, level_instalment, rate_per_year
from chalicelib.lending_math.day_count import DayCount
from chalicelib.lending_math.due_dates import Frequency, Interval, due_dates, interval_of
from chalicelib.lending_math.errors import InvalidTerms, TermsNotAmortisable
from chalicelib.lending_math.period_rates import period_rates
from chalicelib.lending_math.rounding import Rounding, round_to_multiple
from chalicelib.shared.money import Money

MAX_PERIODS: Final = 1560
"""Thirty years of weekly instalments."""


@dataclass(frozen=True, slots=True)
class Conventions:
    """Conventions in which lenders differ. The defaults are the platform's own rules.

    - ``instalment_rounding``: rounding of the instalment (or principal part) to the cent or the multiple.
    - ``interest_rounding``: rounding of each instalment's interest to the cent.
    - ``principal_multiple``: principal parts are rounded to a multiple of it; equal principal and flat.
    - ``fixed_instalment``: an agreed instalment instead of the calculated one; annuity. ``periods`` is then the
      longest term.

    Rounding UP (or an agreed instalment) may repay the loan early: then the schedule has fewer instalments. With
    every other rounding an instalment without principal is rejected.
    """

    instalment_rounding: Rounding = Rounding.HALF_EVEN
    interest_rounding: Rounding = Rounding.HALF_EVEN
    principal_multiple: Money | None = None
    fixed_instalment: Money | None = None


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
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class Schedule:
    """The instalments of a loan in order of their due dates; principal parts sum to ``principal`` exactly."""

    principal: Money
    start_date: date
    interval: Interval
    method: Method
    instalments: tuple[ScheduledInstalment, ...]

    @property
    def level_payment(self) -> Money:
        """The amount of the first instalment that repays principal (interest only: of the first one)."""
        if self.method is Method.INTEREST_ONLY:
            return self.instalments[0].amount
        return next(each.amount for each in self.instalments if each.principal)

    @property
    def total_interest(self) -> Money:
        return Money(sum([each.interest.cents for each in self.instalments]))

    @property
    def total_amount(self) -> Money:
        """Principal and interest of all instalments, without fees."""
        return self.principal + self.total_interest

    def cumulative_interest(self, first: int, last: int) -> Money:
        """Sum the interest of the instalments numbered first to last, both included and counted from 1."""
        return Money.total(instalment.interest for instalment in self.instalments[first - 1 : last])

    def cumulative_principal(self, first: int, last: int) -> Money:
        """Sum the principal of the instalments numbered first to last, both included and counted from 1."""
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
    """Build the repayment schedule of a loan.

    Args:
        principal: above zero.
        annual_rate: ``Rate.percent("12")``, or an exact ratio as Fraction or Decimal (0.12); 0 or more.
        periods: the number of instalments, 1–1560.
        start_date: the day of the disbursement; interest accrues from it, due dates are anchored to it.
        method: the repayment method, or its name in the API.
        frequency: the interval between due dates: an enum, its name in the API, or ``Interval(days=15)``.
        day_count: the day count convention, or its name in the API.
        first_due_date: an agreed first due date after the start; the later dates are counted from it.
        principal_grace: the number of first instalments that pay interest only; fewer than ``periods``.
        instalment_multiple: the instalment is a multiple of it (equal principal: the principal part).
        conventions: rounding other than the platform's half-even to the cent.

    Returns:
        The schedule; its principal parts sum to ``principal``, the last instalment absorbs rounding.

    Raises:
        InvalidTerms: an argument out of range, or options that exclude each other.
        TermsNotAmortisable: a principal part or the last instalment is not positive, or the last one differs
            from the one before it by more than that one.

    Source: Kellison, The Theory of Interest, chapters 3–5.
    """
    terms = _PrincipalTerms(principal, Method(method), principal_grace, instalment_multiple, conventions)
    terms.check(periods)
    interval = interval_of(frequency)
    dates = due_dates(start_date, periods, interval, first_due_date)
    rates = period_rates(rate_per_year(annual_rate), start_date, dates, interval, DayCount(day_count))
    instalments, balance = [], principal.cents
    for number, (due_date, (part, interest)) in enumerate(zip(dates, terms.parts(rates), strict=False), 1):
        balance -= part
        instalments.append(ScheduledInstalment(number, due_date, Money(part), Money(interest), Money(balance)))
    return Schedule(principal, start_date, interval, terms.method, tuple(instalments))


@dataclass(frozen=True, slots=True)
class _PrincipalTerms:
    """Terms that determine how a principal is split over given period rates."""

    principal: Money
    method: Method
    grace: int
    instalment_multiple: Money | None
    conventions: Conventions

    def check(self, periods: int) -> None:
        if not 1 <= periods <= MAX_PERIODS:
            raise InvalidTerms(f"A schedule must have 1 to {MAX_PERIODS} instalments.")
        if not 0 <= self.grace < periods:
            raise InvalidTerms("At least one instalment must include principal.")
        principal_multiple = self.conventions.principal_multiple
        for amount in (self.principal, self.instalment_multiple, principal_multiple):
            if amount is not None and amount.cents <= 0:
                raise InvalidTerms("Amounts must be greater than zero.")
        fits = self.conventions.fixed_instalment is None or self.method is Method.ANNUITY
        if principal_multiple is not None:
            fits = fits and self.method in (Method.EQUAL_PRINCIPAL, Method.FLAT)
        elif self.instalment_multiple is not None:
            fits = fits and self.method is not Method.INTEREST_ONLY
        if not fits:
            raise InvalidTerms(f"This rounding is not supported for the method {self.method.value}.")

    def parts(self, rates: Sequence[Fraction]) -> list[Parts]:
        """Split the principal and its interest over the periods.

        Raises:
            TermsNotAmortisable
        """
        balance, count, grace = self.principal.cents, len(rates), self.grace
        interest: Callable[[int, int], int] = BalanceInterest(rates, self.conventions.interest_rounding)
        rounds_up = self.conventions.instalment_rounding is Rounding.UP
        may_end_early = rounds_up or self.conventions.fixed_instalment is not None
        if self.method is Method.ANNUITY:
            if (instalment := self.conventions.fixed_instalment) is not None:
                level = instalment.cents
            else:
                exact = level_instalment(self.principal, rates[grace:])
                level = round_to_multiple(exact, self.instalment_multiple, self.conventions.instalment_rounding)
            principal = level_principal(level, grace)
        elif self.method is Method.EQUAL_PRINCIPAL:
            principal = constant_principal(self._equal_part(count), grace)
        elif self.method is Method.INTEREST_ONLY:
            principal, grace = constant_principal(0), count - 1
        else:
            flat = flat_interest(balance, rates, self.conventions.interest_rounding)
            interest, principal, may_end_early = lambda index, _balance: flat[index], self._flat_part(flat), False
        parts = amortise(balance, count, interest, principal)
        if len(parts) < count and not may_end_early:
            raise TermsNotAmortisable
        ensure_amortisable(parts, grace)
        return parts

    def _equal_part(self, count: int) -> int:
        multiple = self.conventions.principal_multiple
        if self.method is Method.EQUAL_PRINCIPAL:
            multiple = multiple or self.instalment_multiple
        exact = Fraction(self.principal.cents, count - self.grace)
        return round_to_multiple(exact, multiple, self.conventions.instalment_rounding)

    def _flat_part(self, interest: Sequence[int]) -> Callable[[int, int], int]:
        if self.instalment_multiple is None or self.conventions.principal_multiple is not None:
            return constant_principal(self._equal_part(len(interest)), self.grace)
        owed = self.principal.cents + sum(interest[self.grace :])
        exact = Fraction(owed, len(interest) - self.grace)
        level = round_to_multiple(exact, self.instalment_multiple, self.conventions.instalment_rounding)
        return level_principal(level, self.grace)
