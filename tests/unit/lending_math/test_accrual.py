"""Interest by days within a period."""

from datetime import date, timedelta
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.accrual import accrued_interest, remaining_interest
from chalicelib.shared.money import ZERO, Money

RATES = st.integers(0, 5_000).map(lambda points: Fraction(points, 120_000))
BEGIN, DUE = date(2024, 2, 1), date(2024, 3, 1)
SEVEN_PERCENT = Fraction(7, 1200)


def test_mid_month_payoff_has_published_interest() -> None:
    """apache/fineract, Loan.feature, early pay-off till preclose: 83.57 and 14 of 29 days, 83.81."""
    balance = Money.of("83.57")

    interest = accrued_interest(
        balance, SEVEN_PERCENT, Money.of("0.49"), begin=BEGIN, due_date=DUE, today=date(2024, 2, 15)
    )

    assert (str(interest), str(balance + interest)) == ("0.24", "83.81")


@pytest.mark.parametrize(
    ("today", "accrued"),
    [(date(2024, 1, 15), "0.00"), (BEGIN, "0.00"), (DUE, "5.83"), (date(2024, 6, 1), "5.83")],
)
def test_interest_accrues_only_within_the_period(today: date, accrued: str) -> None:
    interest = accrued_interest(
        Money.of("1000.00"), SEVEN_PERCENT, Money.of("5.83"), begin=BEGIN, due_date=DUE, today=today
    )

    assert str(interest) == accrued


def test_accrued_interest_never_exceeds_scheduled_interest() -> None:
    interest = accrued_interest(
        Money.of("1000.00"), SEVEN_PERCENT, Money.of("1.00"), begin=BEGIN, due_date=DUE, today=DUE
    )

    assert str(interest) == "1.00"


@given(st.integers(1, 10**8), RATES, st.integers(0, 29), st.integers(0, 10**8))
def test_prepayment_never_raises_interest_of_its_period(cents: int, rate: Fraction, days: int, prepaid: int) -> None:
    """Without the cap 5.6 and 4.8 cents would round to 11 where the whole 10.4 rounds to 10."""
    balance, today = Money(cents), BEGIN + timedelta(days=days)
    scheduled = balance.times(rate)
    accrued = accrued_interest(balance, rate, scheduled, begin=BEGIN, due_date=DUE, today=today)

    left = remaining_interest(
        Money(max(0, cents - prepaid)), rate, scheduled - accrued, begin=BEGIN, due_date=DUE, today=today
    )

    assert ZERO <= left <= scheduled - accrued


def test_remaining_interest_follows_balance_and_days() -> None:
    left = remaining_interest(
        Money.of("500.00"), SEVEN_PERCENT, Money.of("3.00"),
        begin=BEGIN, due_date=DUE, today=date(2024, 2, 15),
    )  # fmt: skip

    # 500.00 × 7 %/12 × 15/29
    assert str(left) == "1.51"
