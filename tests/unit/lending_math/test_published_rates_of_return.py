"""Rates of return compared with values published by regulators and others."""

from collections.abc import Sequence
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from chalicelib.lending_math.due_dates import Interval, due_dates
from chalicelib.lending_math.rates_of_return import apr_eu, apr_us_actuarial, xirr
from chalicelib.lending_math.unit_periods import Unit, UnitPeriod, UnitTime
from chalicelib.shared.money import Money
from tests.unit.lending_math.published_cases import read_published

US = read_published("apr_us.json")
EU = read_published("apr_eu.json")


def amounts(case: dict[str, Any]) -> list[Money]:
    return [Money.of(amount) for count, amount in case["payments"] for _ in range(count)]


def payment_days(case: dict[str, Any], count: int) -> Sequence[date]:
    first = date.fromisoformat(case["first"])
    unit, multiple = case["unit"] or ("month", 1)
    if unit == "semimonth":
        firsts = due_dates(date.fromisoformat(case["start"]), count // 2, first_due_date=first)
        return [day for month_first in firsts for day in (month_first, month_first.replace(day=16))]
    days, months = {"day": 1, "week": 7}.get(unit, 0), {"month": 1, "year": 12}.get(unit, 0)
    interval = Interval(months=months * multiple, days=days * multiple)
    return due_dates(date.fromisoformat(case["start"]), count, interval, first)


def assert_prints(found: Decimal, printed: str) -> None:
    assert round(found, -int(Decimal(printed).as_tuple().exponent)) == Decimal(printed)


@pytest.mark.parametrize("name", US)
def test_apr_from_dates_matches_published_values(name: str) -> None:
    case = US[name]
    paid = amounts(case)
    advance = (date.fromisoformat(case["start"]), Money.of(case["advance"]))
    unit_period = UnitPeriod(Unit(case["unit"][0]), case["unit"][1]) if case["unit"] else None

    found = apr_us_actuarial([advance], list(zip(payment_days(case, len(paid)), paid, strict=True)), unit_period)

    assert abs(found - Decimal(case["apr"])) <= Decimal(case["within"])


@pytest.mark.parametrize("name", [name for name, case in US.items() if "f" in case])
def test_apr_from_unit_periods_matches_published_values(name: str) -> None:
    case = US[name]
    first, fraction = case["t"], Fraction(case["f"])
    payments = [(UnitTime(first + k, fraction), amount) for k, amount in enumerate(amounts(case))]

    found = apr_us_actuarial(
        [(UnitTime(0), Money.of(case["advance"]))],
        payments,
        UnitPeriod(Unit(case["unit"][0]), case["unit"][1]),
    )

    assert abs(found - Decimal(case["apr"])) <= Decimal(case["within"])


def eu_payments(case: dict[str, Any]) -> list[tuple[Fraction, Money]]:
    return [
        (Fraction(first) + k * Fraction(step), Money.of(amount))
        for count, amount, first, step in case["payments"]
        for k in range(count)
    ]


@pytest.mark.parametrize("name", EU["times"])
def test_effective_rate_matches_published_values(name: str) -> None:
    case = EU["times"][name]

    found = apr_eu([(0, Money.of(case["drawdown"]))], eu_payments(case))

    assert abs(found - Decimal(case["percent"])) <= Decimal(case["within"])
    assert_prints(found, case["one_decimal"])


def test_equal_principal_rate_matches_example_13() -> None:
    """European Commission, Examples for the calculation of the APR (2015), example 13.

    Principal 200,000 / 240 and 6 % / 12 on the balance; the example rounds each payment by itself.
    """
    whole = Fraction(20_000_000)
    exact = [whole / 240 + whole * (240 - k) / 240 * Fraction(6, 1200) for k in range(240)]
    paid = [(Fraction(k, 12), Money(round(cents))) for k, cents in enumerate(exact, 1)]

    found = apr_eu([(0, Money.of("200000.00"))], [(0, Money.of("4000.00")), *paid])

    assert (str(paid[0][1]), str(paid[-1][1])) == ("1833.33", "837.50")
    assert_prints(found, "6.476009")


@pytest.mark.parametrize("name", EU["dates"])
def test_effective_rate_from_dates_matches_published_values(name: str) -> None:
    case = EU["dates"][name]
    (start, drawn), (end, paid) = case["drawdown"], case["payment"]

    found = apr_eu(
        [(date.fromisoformat(start), Money.of(drawn))],
        [(date.fromisoformat(end), Money.of(paid))],
        case["year_count"],
    )

    assert abs(found - Decimal(case["percent"])) <= Decimal(case["within"])


SPANS = [
    pytest.param(year_count, *span, id=f"{span[0]} {span[1]}")
    for year_count, spans in EU["spans"].items()
    if year_count != "source"
    for span in spans
]


@pytest.mark.parametrize(("year_count", "start", "end", "whole", "days"), SPANS)
def test_years_match_published_values(year_count: str, start: str, end: str, whole: str, days: str) -> None:
    drawn, paid = Money.of("1000.00"), Money.of("1100.00")

    by_dates = apr_eu([(date.fromisoformat(start), drawn)], [(date.fromisoformat(end), paid)], year_count)

    assert by_dates == apr_eu([(0, drawn)], [(Fraction(whole) + Fraction(days), paid)])


@pytest.mark.parametrize("name", ["example 35: interest-free credit", "example 39: overdraft"])
def test_published_misprints_are_not_reproduced(name: str) -> None:
    """Both examples print six decimals; with the printed rate the two sides of the equation differ."""
    case = EU["times"][name]

    found = apr_eu([(0, Money.of(case["drawdown"]))], eu_payments(case))

    assert round(found, 6) != Decimal(case["printed"])


@pytest.mark.parametrize("name", read_published("xirr.json"))
def test_xirr_matches_published_values(name: str) -> None:
    case = read_published("xirr.json")[name]
    flows = [(date.fromisoformat(day), Money.of(amount)) for day, amount in case["flows"]]

    assert abs(xirr(flows) - Decimal(case["percent"])) <= Decimal(case["within"])
    assert xirr(flows[::-1]) == xirr(flows)
