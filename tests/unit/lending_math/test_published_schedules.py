"""Schedules compared with published values, under the conventions of their sources."""

from __future__ import annotations

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from chalicelib.lending_math.annuity import level_instalment
from chalicelib.shared.money import Money
from tests.unit.lending_math.published_cases import published_schedules, read_published, schedule_of


@pytest.mark.parametrize("name", published_schedules("rows"))
def test_instalments_match_published_schedules(name: str) -> None:
    case = published_schedules()[name]

    schedule = schedule_of(case["terms"])

    found = [(str(row.principal), str(row.interest), str(row.balance)) for row in schedule.instalments]
    assert found == [tuple(row[1:]) for row in case["rows"]]


@pytest.mark.parametrize("name", published_schedules("rows"))
def test_due_dates_match_published_schedules(name: str) -> None:
    case = published_schedules()[name]
    published_days = [row[0] for row in case["rows"] if row[0]]

    schedule = schedule_of(case["terms"])

    assert [row.due_date.isoformat() for row in schedule.instalments][: len(published_days)] == published_days


@pytest.mark.parametrize("name", published_schedules("instalment"))
def test_level_payment_matches_published_value(name: str) -> None:
    case = published_schedules()[name]

    assert str(schedule_of(case["terms"]).level_payment) == case["instalment"]


@pytest.mark.parametrize("name", published_schedules("total_interest"))
def test_total_interest_matches_published_value(name: str) -> None:
    case = published_schedules()[name]

    assert str(schedule_of(case["terms"]).total_interest) == case["total_interest"]


@pytest.mark.parametrize("name", published_schedules("last"))
def test_last_instalment_matches_published_value(name: str) -> None:
    case = published_schedules()[name]

    assert str(schedule_of(case["terms"]).instalments[-1].amount) == case["last"]


@pytest.mark.parametrize("name", published_schedules("count"))
def test_fixed_instalment_determines_the_term(name: str) -> None:
    case = published_schedules()[name]

    schedule = schedule_of(case["terms"])

    assert len(schedule.instalments) == case["count"]
    assert _in_units(schedule.total_interest) == case["total_interest_in_units"]


@pytest.mark.parametrize("name", published_schedules("rows_in_units"))
def test_instalments_match_values_in_whole_units(name: str) -> None:
    case = published_schedules()[name]

    rows = {str(row.number): row for row in schedule_of(case["terms"]).instalments}

    for number, figures in case["rows_in_units"].items():
        row = rows[number]
        assert [_in_units(each) for each in (row.principal, row.interest, row.balance)] == figures


@pytest.mark.parametrize("name", published_schedules("first_year"))
def test_first_mortgage_year_matches_published_sums(name: str) -> None:
    case = published_schedules()[name]

    schedule = schedule_of(case["terms"])

    first_year = [schedule.cumulative_interest(1, 12), schedule.cumulative_principal(1, 12)]
    assert [str(each) for each in (*first_year, schedule.instalments[11].balance)] == case["first_year"]


def test_unrounded_tables_agree_after_rounding() -> None:
    case = read_published("display_rounded.json")["numpy-financial ipmt"]
    rate = Fraction(Decimal(case["rate"])) / 12
    balance = Fraction(Money.of(case["principal"]).cents)
    instalment = level_instalment(Money.of(case["principal"]), [rate] * len(case["rows"]))

    found = []
    for _ in case["rows"]:
        interest = balance * rate
        balance -= instalment - interest
        found.append([_to_cents(each) for each in (instalment - interest, interest, balance)])

    assert found == case["rows"]


def test_odd_first_period_matches_published_instalment() -> None:
    """MathWorks Financial Toolbox, payodd(0.11/12, 24, 4000, 0, 36): 36 days are a month and 6 days of 30."""
    rate = Fraction(11, 1200)
    first = (1 + rate) * (1 + rate * Fraction(6, 30)) - 1

    instalment = level_instalment(Money.of("4000.00"), [first, *[rate] * 23])

    assert round(instalment / 100, 4) == Fraction("186.7731")


def _negative_examples() -> dict[str, tuple[dict[str, Any], str, str]]:
    cases = published_schedules()
    seed = cases["the seed of this platform, last row made exact"]["terms"]
    thirty_years = cases["LoanJS thirty years, half up"]["terms"]
    return {
        "six equal instalments repay 1035.30": (seed, "total_amount", "1035.30"),
        "the last instalment is like the others": (seed, "last", "172.55"),
        "the last of 360 is like the others although the total says otherwise": (
            thirty_years, "last", "107.36",
        ),
    }  # fmt: skip


@pytest.mark.parametrize("name", _negative_examples())
def test_contradictory_published_values_are_not_reproduced(name: str) -> None:
    terms, figure, wrong = _negative_examples()[name]

    schedule = schedule_of(terms)

    found = schedule.total_amount if figure == "total_amount" else schedule.instalments[-1].amount
    assert str(found) != wrong
    assert Money.total(row.principal for row in schedule.instalments) == schedule.principal


def _in_units(amount: Money) -> str:
    return str(round(Fraction(amount.cents, 100)))


def _to_cents(exact: Fraction) -> str:
    return str(Money(round(exact)))
