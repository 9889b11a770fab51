"""Rates of return: general properties and rejected input."""

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from decimal import Decimal, localcontext
from fractions import Fraction

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.due_dates import Interval
from chalicelib.lending_math.errors import NoRateExists
from chalicelib.lending_math.rates_of_return import LoanRates, YearCount, apr_eu, apr_us_actuarial, loan_rates, xirr
from chalicelib.lending_math.schedule import build_schedule
from chalicelib.lending_math.unit_periods import Unit, UnitPeriod, UnitTime
from chalicelib.shared.money import ZERO, Money, Rate
from tests.unit.lending_math.loan_terms import Terms, loan_terms

THE_DAY = date(2026, 1, 31)
DRIFT = Decimal("1e-9")


def rates_of(terms: Terms, fee: Money = ZERO) -> LoanRates:
    schedule = terms.schedule_or_skip()
    return loan_rates(
        schedule.principal - fee,
        [row.amount for row in schedule.instalments],
        start_date=schedule.start_date,
        first_due_date=schedule.instalments[0].due_date,
        frequency=schedule.interval,
    )


def present_value(percent: Decimal, amounts: Sequence[Money], per_year: int) -> Decimal:
    """The present value of amounts paid at the ends of periods, in fifty digits."""
    with localcontext() as context:
        context.prec = 50
        discount = 1 / (1 + percent / 100 / per_year)
        return sum((amount.cents * discount**k for k, amount in enumerate(amounts, 1)), Decimal(0))


@given(loan_terms())
def test_apr_solves_the_equation_to_nine_decimals(terms: Terms) -> None:
    schedule = terms.schedule_or_skip()
    paid = [row.amount for row in schedule.instalments]

    apr = apr_us_actuarial([(0, schedule.principal)], list(enumerate(paid, 1)))

    dearer, cheaper = (present_value(apr + drift, paid, 12) for drift in (DRIFT, -DRIFT))
    assert dearer <= schedule.principal.cents <= cheaper


@given(loan_terms())
def test_apr_without_fee_equals_the_contract_rate(terms: Terms) -> None:
    schedule = terms.changed(principal=Money.of("100000.00"), method=terms.method).schedule_or_skip()
    paid = [row.amount for row in schedule.instalments]

    apr = apr_us_actuarial([(0, schedule.principal)], list(enumerate(paid, 1)))

    balance = Fraction(schedule.principal.cents)
    for amount in paid:
        balance += balance * Fraction(apr) / 1200 - amount.cents
    assert abs(balance) <= Fraction(1, 1000) * schedule.principal.cents
    assert terms.method.value == "flat" or abs(apr - Decimal(str(terms.rate))) < Decimal("0.01")


@given(loan_terms(), st.integers(1, 5))
def test_fee_raises_both_rates(terms: Terms, fee_percent: int) -> None:
    loan = terms.changed(principal=Money.of("100000.00"))

    free, charged = rates_of(loan), rates_of(loan, fee=Money.of(f"{fee_percent}000.00"))

    assert charged.apr > free.apr
    assert charged.effective_rate > free.effective_rate


@given(loan_terms())
def test_regular_loan_rates_match_rates_from_dates(terms: Terms) -> None:
    schedule = terms.schedule_or_skip()
    advance, paid = (
        [(schedule.start_date, schedule.principal)],
        [(row.due_date, row.amount) for row in schedule.instalments],
    )

    rates = rates_of(terms)

    assert rates.apr == Rate.percent(str(round(apr_us_actuarial(advance, paid, UnitPeriod()), 2)))
    assert rates.effective_rate == Rate.percent(str(round(apr_eu(advance, paid), 2)))


def test_rate_is_rounded_to_even_basis_point() -> None:
    loan = Terms(Money.of("1.28"), Rate.percent("4.69"), 2, date(2000, 1, 1), method=Method.INTEREST_ONLY)
    assert [row.amount for row in loan.schedule_or_skip().instalments] == [Money.of("0.01"), Money.of("1.29")]

    assert rates_of(loan).apr == Rate.percent("9.38")  # 0.01 a month on 1.28 is 9.375 % a year exactly


def test_twelve_percent_loan_has_known_rates() -> None:
    loan = Terms(Money.of("1000.00"), Rate.percent("12"), 6, THE_DAY)

    assert rates_of(loan) == LoanRates(Rate.percent("12.00"), Rate.percent("12.68"))
    assert rates_of(loan.changed(rate=Rate(0))) == LoanRates(Rate(0), Rate(0))


def test_odd_days_differ_between_the_two_rates() -> None:
    """A first period of one month and ten days: 10/30 of a month there, 10/365 of a year here."""
    schedule = build_schedule(
        Money.of("1000.00"), Rate.percent("12"), 3,
        start_date=date(2026, 1, 5), first_due_date=date(2026, 2, 15),
    )  # fmt: skip
    paid = [row.amount for row in schedule.instalments]

    rates = loan_rates(schedule.principal, paid, start_date=date(2026, 1, 5), first_due_date=date(2026, 2, 15))

    units = [(UnitTime(k, Fraction(10, 30)), amount) for k, amount in enumerate(paid, 1)]
    years = [(Fraction(k, 12) + Fraction(10, 365), amount) for k, amount in enumerate(paid, 1)]
    assert rates.apr == Rate.percent(str(round(apr_us_actuarial([(0, schedule.principal)], units), 2)))
    assert rates.effective_rate == Rate.percent(str(round(apr_eu([(0, schedule.principal)], years), 2)))


@pytest.mark.parametrize(
    ("frequency", "first_days", "apr", "step"),
    [
        ("weekly", 7, "12.00", Fraction(1, 52)),
        ("biweekly", 14, "12.00", Fraction(1, 26)),
        # 30/360 charges 15/360 of the rate for days that Regulation Z counts as 15/365: 12 % × 365/360.
        (Interval(days=15), 15, "12.17", Fraction(15, 365)),
    ],
)
def test_weekly_and_daily_loans_use_their_unit_periods(
    frequency: Interval | str, first_days: int, apr: str, step: Fraction
) -> None:
    start, principal = date(2026, 1, 5), Money.of("10000.00")
    schedule = build_schedule(principal, Rate.percent("12"), 20, start_date=start, frequency=frequency)
    paid = [row.amount for row in schedule.instalments]
    first = start + timedelta(days=first_days)

    rates = loan_rates(principal, paid, start_date=start, first_due_date=first, frequency=frequency)

    by_years = apr_eu([(0, principal)], [(k * step, amount) for k, amount in enumerate(paid, 1)])
    assert rates == LoanRates(Rate.percent(apr), Rate.percent(str(round(by_years, 2))))


def test_weekly_loan_with_odd_days_counts_both() -> None:
    start, first = date(2026, 1, 5), date(2026, 1, 15)

    rates = loan_rates(
        Money.of("100.00"), [Money.of("102.00")], start_date=start, first_due_date=first, frequency="weekly"
    )

    by_years = apr_eu([(0, Money.of("100.00"))], [(Fraction(1, 52) + Fraction(3, 365), Money.of("102.00"))])
    assert rates.effective_rate == Rate.percent(str(round(by_years, 2)))


@pytest.mark.parametrize(
    ("flows", "percent", "drift"),
    [
        ([(0, -100), (90, 100)], Decimal(0), 0),
        ([(0, -100_000), (365, 100)], Decimal("-99.9"), 0),
        ([(0, -100_000), (1, 101_000)], (Decimal("1.01") ** 365 - 1) * 100, DRIFT),
        ([(0, -100), (365, 230), (730, -132)], Decimal(10), DRIFT),
    ],
    ids=["unchanged money", "a loss", "one percent a day", "the nearer to zero of 10 % and 20 %"],
)
def test_xirr_of_known_flows_is_exact(flows: list[tuple[int, int]], percent: Decimal, drift: Decimal) -> None:
    found = xirr([(date(2023, 1, 1) + timedelta(days=days), Money(cents)) for days, cents in flows])

    assert abs(found - percent) <= drift


@given(
    st.lists(st.tuples(st.integers(0, 4000), st.integers(1, 10**7)), min_size=1, max_size=40),
    st.integers(1, 10**8),
)
def test_present_values_at_xirr_sum_to_zero(receipts: list[tuple[int, int]], invested: int) -> None:
    flows = [(THE_DAY + timedelta(days=days + 1), Money(cents)) for days, cents in receipts]
    try:
        percent = xirr([(THE_DAY, Money(-invested)), *flows])
    except NoRateExists:
        assert sum(cents for _, cents in receipts) > invested
        return
    # Nearer to a total loss, the last digits of the rate do not distinguish present values.
    assume(percent > Decimal("-99.999"))

    def present_value(growth: Decimal) -> Decimal:
        years = ((Decimal((day - THE_DAY).days) / 365, amount.cents) for day, amount in flows)
        return sum((cents / growth**time for time, cents in years), Decimal(0))

    drift = max(DRIFT, abs(percent) * Decimal("1e-12")) / 100
    lowest, highest = (1 + percent / 100 + sign * drift for sign in (-1, 1))
    assert present_value(highest) <= invested <= present_value(lowest)


@pytest.mark.parametrize("amounts", [[], [-100], [100], [-100, -5], [100, 5], [0, 0], [-100, 230, -133]])
def test_flows_of_one_sign_are_rejected(amounts: list[int]) -> None:
    flows = [(THE_DAY + timedelta(days=365 * k), Money(cents)) for k, cents in enumerate(amounts)]

    with pytest.raises(NoRateExists) as refusal:
        xirr(flows)

    assert refusal.value.code == "no_rate_exists"


@pytest.mark.parametrize(("days", "invested", "received"), [(0, 100, 150), (1, 1, 10**9)])
def test_one_day_or_excessive_return_is_rejected(days: int, invested: int, received: int) -> None:
    with pytest.raises(NoRateExists):
        xirr([(THE_DAY, Money(-invested)), (THE_DAY + timedelta(days=days), Money(received))])


@pytest.mark.parametrize("fee", ["1000.00", "1200.00"])
def test_fee_above_proceeds_has_no_rate(fee: str) -> None:
    with pytest.raises(NoRateExists):
        rates_of(Terms(Money.of("1000.00"), Rate.percent("12"), 6, THE_DAY), fee=Money.of(fee))


def test_excessive_effective_rate_is_rejected() -> None:
    """A cent that costs 100.00 a month: 1,000,000 % a month, compounded twelve times."""
    with pytest.raises(NoRateExists):
        loan_rates(Money(1), [Money.of("100.00")] * 12, start_date=THE_DAY, first_due_date=date(2026, 2, 28))


@pytest.mark.parametrize("rate", [apr_eu, apr_us_actuarial])
@pytest.mark.parametrize(("start", "end"), [(0, THE_DAY), (THE_DAY, 1)])
def test_mixed_dates_and_times_are_rejected(rate: Callable[..., Decimal], start: date | int, end: date | int) -> None:
    with pytest.raises(ValueError, match="dates only"):
        rate([(start, Money(100))], [(end, Money(100))])


def test_flows_before_the_start_are_rejected() -> None:
    early = THE_DAY - timedelta(days=1)

    with pytest.raises(ValueError, match="before the start"):
        apr_us_actuarial([(THE_DAY, Money(100))], [(early, Money(110))])
    with pytest.raises(ValueError, match="before the start"):
        apr_eu([(THE_DAY, Money(100))], [(early, Money(110))], YearCount.DAYS)


def test_several_advances_are_discounted() -> None:
    """Two advances of 500.00 half a year apart, repaid by 1,100.00 after a year, by months."""
    advances = [(0, Money.of("500.00")), (6, Money.of("500.00"))]

    percent = apr_us_actuarial(advances, [(12, Money.of("1100.00"))], UnitPeriod(Unit.MONTH))

    i = Fraction(percent) / 1200
    assert abs(500 * (1 + i) ** 12 + 500 * (1 + i) ** 6 - 1100) < Fraction(1, 10**6)
