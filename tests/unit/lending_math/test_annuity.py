"""Level instalments of annuities."""

from decimal import Decimal
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.annuity import (
    annuity_instalment,
    interest_for_period,
    level_instalment,
    monthly_rate,
    rate_per_year,
)
from chalicelib.shared.money import Money, Rate

RATES = st.integers(0, 20_000).map(lambda points: Fraction(points, 120_000))


@pytest.mark.parametrize(
    ("principal", "percent", "periods", "instalment"),
    [
        ("1000.00", "12", 6, "172.55"),
        ("5000.00", "15", 6, "870.17"),
        ("1000.00", "0", 3, "333.33"),
        ("0.01", "50", 1, "0.01"),
        ("1000000.00", "50", 360, "41666.68"),
    ],
)
def test_level_instalment_follows_the_formula(principal: str, percent: str, periods: int, instalment: str) -> None:
    found = annuity_instalment(Money.of(principal), monthly_rate(Rate.percent(percent)), periods)

    assert str(found) == instalment


@pytest.mark.parametrize(
    ("balance", "percent", "interest"),
    [("837.45", "12", "8.37"), ("1.50", "4", "0.00"), ("4.50", "4", "0.02"), ("100.00", "0", "0.00")],
)
def test_monthly_interest_is_rounded_half_even(balance: str, percent: str, interest: str) -> None:
    assert str(interest_for_period(Money.of(balance), Rate.percent(percent))) == interest


@given(st.integers(1, 10**8), st.lists(RATES, min_size=1, max_size=60))
def test_discounted_instalments_equal_the_principal(cents: int, rates: list[Fraction]) -> None:
    instalment = level_instalment(Money(cents), rates)

    balance = Fraction(cents)
    for rate in rates:
        balance = balance * (1 + rate) - instalment
    assert balance == 0


@given(st.integers(1, 10**8), RATES, st.integers(1, 360))
def test_instalment_rises_with_rate_and_falls_with_term(cents: int, rate: Fraction, periods: int) -> None:
    instalment = level_instalment(Money(cents), [rate] * periods)

    assert level_instalment(Money(cents), [rate + Fraction(1, 120_000)] * periods) > instalment
    assert level_instalment(Money(cents), [rate] * (periods + 1)) < instalment


def test_annuity_without_period_is_rejected() -> None:
    with pytest.raises(ValueError, match="at least one"):
        level_instalment(Money(100), [])


@pytest.mark.parametrize("rate", [0.12, 12, "12", None])
def test_inexact_or_ambiguous_rate_is_rejected(rate: Fraction) -> None:
    with pytest.raises(TypeError):
        rate_per_year(rate)


def test_negative_rate_is_rejected() -> None:
    with pytest.raises(ValueError, match="not negative"):
        rate_per_year(Decimal("-0.01"))


def test_exact_rate_types_are_equivalent() -> None:
    same = {rate_per_year(rate) for rate in (Rate.percent("12"), Fraction(3, 25), Decimal("0.12"))}

    assert same == {Fraction(3, 25)}
