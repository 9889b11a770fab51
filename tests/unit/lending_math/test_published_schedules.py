"""Schedules compared with published values, under the conventions of their sources."""

from collections.abc import Callable
from decimal import Decimal
from fractions import Fraction
from typing import Any, Final

import pytest

from chalicelib.lending_math.annuity import level_instalment
from chalicelib.lending_math.schedule import Schedule
from chalicelib.shared.money import Money
from tests.unit.lending_math.published_cases import published_schedules, read_published, schedule_of


def _first_year(schedule: Schedule) -> list[str]:
    sums = schedule.cumulative_interest(1, 12), schedule.cumulative_principal(1, 12), schedule.instalments[11].balance
    return [str(each) for each in sums]


FIGURES: Final[dict[str, Callable[[Schedule], Any]]] = {
    "instalment": lambda schedule: str(schedule.level_payment),
    "last": lambda schedule: str(schedule.instalments[-1].amount),
    "total_interest": lambda schedule: str(schedule.total_interest),
    "total_interest_in_units": lambda schedule: _in_units(schedule.total_interest),
    "count": lambda schedule: len(schedule.instalments),
    "first_year": _first_year,
}
"""Published figures by their names in the file, and the same figures of a schedule built here."""


@pytest.mark.parametrize(
    ("name", "figure"), [(name, figure) for figure in FIGURES for name in published_schedules(figure)]
)
def test_schedules_have_the_published_figures(name: str, figure: str) -> None:
    case = published_schedules()[name]

    assert FIGURES[figure](schedule_of(case["terms"])) == case[figure]


@pytest.mark.parametrize("name", published_schedules("rows"))
def test_instalments_match_published_schedules(name: str) -> None:
    case = published_schedules()[name]
    published_days = [row[0] for row in case["rows"] if row[0]]

    schedule = schedule_of(case["terms"])

    found = [[str(row.principal), str(row.interest), str(row.balance)] for row in schedule.instalments]
    assert found == [row[1:] for row in case["rows"]]
    assert [row.due_date.isoformat() for row in schedule.instalments][: len(published_days)] == published_days


@pytest.mark.parametrize("name", published_schedules("rows_in_units"))
def test_instalments_match_values_in_whole_units(name: str) -> None:
    case = published_schedules()[name]

    rows = {str(row.number): row for row in schedule_of(case["terms"]).instalments}

    for number, figures in case["rows_in_units"].items():
        row = rows[number]
        assert [_in_units(each) for each in (row.principal, row.interest, row.balance)] == figures


def test_unrounded_tables_agree_after_rounding() -> None:
    case = read_published("display_rounded.json")["numpy-financial ipmt"]
    rate = Fraction(Decimal(case["rate"])) / 12
    balance = Fraction(Money.of(case["principal"]).cents)
    instalment = level_instalment(Money.of(case["principal"]), [rate] * len(case["rows"]))

    found = []
    for _ in case["rows"]:
        interest = balance * rate
        balance -= instalment - interest
        found.append([str(Money(round(each))) for each in (instalment - interest, interest, balance)])

    assert found == case["rows"]


def test_odd_first_period_matches_published_instalment() -> None:
    """MathWorks Financial Toolbox, payodd(0.11/12, 24, 4000, 0, 36): 36 days are a month and 6 days of 30."""
    rate = Fraction(11, 1200)
    first = (1 + rate) * (1 + rate * Fraction(6, 30)) - 1

    instalment = level_instalment(Money.of("4000.00"), [first, *[rate] * 23])

    assert round(instalment / 100, 4) == Fraction("186.7731")


@pytest.mark.parametrize(
    ("name", "figure", "wrong"),
    [
        ("the seed of this platform, last row made exact", "total_amount", "1035.30"),
        ("the seed of this platform, last row made exact", "last", "172.55"),
        ("LoanJS thirty years, half up", "last", "107.36"),
    ],
    ids=[
        "six equal instalments repay 1035.30",
        "the last instalment is like the others",
        "the last of 360 is like the others although the total says otherwise",
    ],
)
def test_contradictory_published_values_are_not_reproduced(name: str, figure: str, wrong: str) -> None:
    schedule = schedule_of(published_schedules()[name]["terms"])

    found = schedule.total_amount if figure == "total_amount" else schedule.instalments[-1].amount
    assert str(found) != wrong
    assert Money.total(row.principal for row in schedule.instalments) == schedule.principal


def _in_units(amount: Money) -> str:
    return str(round(Fraction(amount.cents, 100)))
