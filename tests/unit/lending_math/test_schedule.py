"""Repayment schedules: the rules of this platform."""

from datetime import date
from fractions import Fraction
from typing import Any

import pytest

from chalicelib.lending_math.amortisation import Method, flat_interest
from chalicelib.lending_math.errors import InvalidTerms, TermsNotAmortisable
from chalicelib.lending_math.rounding import Rounding
from chalicelib.lending_math.schedule import MAX_PERIODS, Conventions, Schedule, build_schedule
from chalicelib.shared.money import ZERO, Money, Rate


def a_schedule(principal: str = "1000.00", percent: str = "12", periods: int = 6, **terms: Any) -> Schedule:
    terms.setdefault("start_date", date(2026, 1, 31))
    return build_schedule(Money.of(principal), Rate.percent(percent), periods, **terms)


def instalments(schedule: Schedule) -> list[str]:
    return [str(row.amount) for row in schedule.instalments]


@pytest.mark.parametrize(
    ("method", "principal", "percent", "expected"),
    [
        ("annuity", "1000.00", "12", ["172.55"] * 5 + ["172.53"]),
        ("annuity", "5000.00", "15", ["870.17"] * 5 + ["870.15"]),
        ("annuity", "1000.00", "0", ["333.33", "333.33", "333.34"]),
        ("annuity", "100.00", "50", ["104.17"]),
        ("flat", "1000.00", "10", ["91.66"] * 11 + ["91.74"]),
        ("interest_only", "1000.00", "10", ["8.33", "8.33", "1008.33"]),
        ("equal_principal", "1000.00", "12", ["343.33", "340.00", "336.67"]),
    ],
)
def test_instalments_follow_the_method_of_amortisation(
    method: str, principal: str, percent: str, expected: list[str]
) -> None:
    assert instalments(a_schedule(principal, percent, len(expected), method=method)) == expected


def test_flat_interest_is_on_the_original_principal() -> None:
    assert str(a_schedule("1000.00", "10", 12, method="flat").total_interest) == "100.00"


def test_flat_interest_never_exceeds_its_total() -> None:
    interest = flat_interest(60, [Fraction(1, 100)] * 12, Rounding.HALF_EVEN)

    assert interest == [1, 1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0]


def test_interest_only_level_payment_is_the_interest() -> None:
    assert str(a_schedule("1000.00", "10", 3, method="interest_only").level_payment) == "8.33"


def test_equal_principal_pays_falling_interest() -> None:
    schedule = a_schedule("1000.00", "12", 3, method=Method.EQUAL_PRINCIPAL)

    assert [str(row.principal) for row in schedule.instalments] == ["333.33", "333.33", "333.34"]
    assert [str(row.interest) for row in schedule.instalments] == ["10.00", "6.67", "3.33"]


@pytest.mark.parametrize("method", [Method.ANNUITY, Method.EQUAL_PRINCIPAL, Method.FLAT])
def test_grace_period_pays_interest_only(method: Method) -> None:
    schedule = a_schedule("1000.00", "12", 6, method=method, principal_grace=2)

    assert [str(row.amount) for row in schedule.instalments[:2]] == ["10.00", "10.00"]
    assert all(row.principal > ZERO for row in schedule.instalments[2:])
    assert schedule.instalments[-1].balance == ZERO


def test_long_first_period_accrues_by_days() -> None:
    schedule = a_schedule(start_date=date(2024, 1, 15), first_due_date=date(2024, 3, 1))

    # One month and 17 days of January: 1000.00 × 1 % × (1 + 17/31).
    assert str(schedule.instalments[0].interest) == "15.48"
    assert len({row.amount for row in schedule.instalments[:-1]}) == 1


@pytest.mark.parametrize(("frequency", "interest"), [("monthly", "10.00"), ("biweekly", "4.62"), ("weekly", "2.31")])
def test_weekly_rate_is_a_fifty_second(frequency: str, interest: str) -> None:
    assert str(a_schedule(frequency=frequency).instalments[0].interest) == interest


@pytest.mark.parametrize(
    ("day_count", "interest"),
    [("30/360", "10.00"), ("30E/360", "9.33"), ("30U/360", "9.33"), ("ACT/365", "9.21"), ("ACT/360", "9.33")],
)
def test_first_interest_follows_the_day_count(day_count: str, interest: str) -> None:
    assert str(a_schedule(day_count=day_count).instalments[0].interest) == interest


def test_leap_year_days_are_over_366() -> None:
    schedule = a_schedule(start_date=date(2023, 12, 1), day_count="ACT/ACT", periods=2)

    assert [str(row.interest) for row in schedule.instalments] == ["10.19", "5.11"]


def test_rounding_up_may_shorten_the_schedule() -> None:
    up = Conventions(instalment_rounding=Rounding.UP)

    schedule = a_schedule("1000.00", "0", 6, instalment_multiple=Money.of("100.00"), conventions=up)

    assert instalments(schedule) == ["200.00"] * 5


def test_totals_equal_the_sum_of_instalments() -> None:
    schedule = a_schedule()

    assert str(schedule.total_interest) == "35.28"
    assert str(schedule.total_amount) == "1035.28"
    assert str(schedule.cumulative_interest(1, 2)) == "18.37"
    assert str(schedule.cumulative_principal(6, 6)) == "170.82"


@pytest.mark.parametrize(
    ("principal", "percent", "periods", "terms"),
    [
        ("0.01", "0", 2, {}),
        ("1.00", "0", 360, {}),
        ("0.05", "12", 6, {}),
        ("1.49", "0", 100, {}),
        ("0.07", "0", 5, {"method": "equal_principal"}),
        ("0.07", "0", 5, {"method": "flat"}),
        ("1000.00", "0", 6, {"instalment_multiple": Money.of("200.00")}),
        ("1000.00", "12", 6, {"conventions": Conventions(fixed_instalment=Money.of("10.00"))}),
        ("1000.00", "12", 6, {"conventions": Conventions(fixed_instalment=Money.of("20.00"))}),
    ],
)
def test_terms_that_do_not_amortise_are_rejected(
    principal: str, percent: str, periods: int, terms: dict[str, Any]
) -> None:
    with pytest.raises(TermsNotAmortisable) as refusal:
        a_schedule(principal, percent, periods, **terms)

    assert refusal.value.code == "terms_not_amortisable"


@pytest.mark.parametrize(
    ("principal", "periods", "terms"),
    [
        ("0.00", 6, {}),
        ("-1.00", 6, {}),
        ("1000.00", 0, {}),
        ("1000.00", MAX_PERIODS + 1, {}),
        ("1000.00", 6, {"principal_grace": 6}),
        ("1000.00", 6, {"principal_grace": -1}),
        ("1000.00", 6, {"instalment_multiple": ZERO}),
        ("1000.00", 6, {"first_due_date": date(2026, 1, 31)}),
        ("1000.00", 6, {"start_date": date(9999, 9, 9)}),
        ("1000.00", 6, {"method": "interest_only", "instalment_multiple": Money.of("1.00")}),
        ("1000.00", 6, {"conventions": Conventions(principal_multiple=Money.of("1.00"))}),
        ("1000.00", 6, {"method": "flat", "conventions": Conventions(fixed_instalment=Money.of("200.00"))}),
    ],
)
def test_terms_out_of_range_are_rejected(principal: str, periods: int, terms: dict[str, Any]) -> None:
    with pytest.raises(InvalidTerms):
        a_schedule(principal, "12", periods, **terms)


def test_longest_schedule_has_thirty_years_of_weeks() -> None:
    schedule = a_schedule("100000.00", "12", MAX_PERIODS, frequency="weekly")

    assert schedule.instalments[-1].balance == ZERO
    assert schedule.instalments[-1].due_date == date(2055, 12, 25)
