"""Prices of requests, by the formula of infra.prices."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Final

from benchmarks.pages import table
from benchmarks.requests import Figures
from infra import prices
from tests.marketplace import INSTALMENTS

FULL_CORE_MEGABYTES: Final = 1769
"""A function with this much memory has one whole processor; with less, its share of one.

Source: https://docs.aws.amazon.com/lambda/latest/dg/configuration-memory.html
"""
_SIZES: Final = (128, 256, 512, 1024, FULL_CORE_MEGABYTES)
_MEGABYTES: Final = 1024
LIFE: Final = (
    "POST /api/loans/",
    "POST /api/loans/{id}/offer/",
    "POST /api/loans/{id}/accept-offer/",
    "POST /api/loans/{id}/fund/",
    *["POST /api/loans/{id}/pay/"] * (INSTALMENTS - 1),
    "POST /api/loans/{id}/pay/ (the last)",
)
_SHOWN: Final = (
    "POST /api/wallets/deposit/",
    "POST /api/loans/{id}/fund/",
    "POST /api/loans/{id}/pay/",
    "GET /api/wallets/transactions/ (20 entries)",
    "GET /api/loans/available/ (20 loans)",
)


def priced(figures: Figures) -> prices.Call:
    """A measured request as `infra.prices` represents it."""
    units = Decimal(str(figures.write_units)), Decimal(str(figures.read_units))
    return prices.Call(figures.name, int(figures.round_trips), *units)


def life(found: Mapping[str, Figures]) -> str:
    """The sum of one loan's requests, from its creation to the last of twelve payments; empty if one is missing."""
    if not all(call in found for call in LIFE):
        return ""
    calls = [found[call] for call in LIFE]
    costs = [priced(call) for call in calls]
    database = sum((cost.database for cost in costs), Decimal()) / 1_000_000
    rest = sum((cost.compute for cost in costs), Decimal()) / 1_000_000
    milliseconds = sum(call.steady_us for call in calls) / 1000
    return (
        f"A loan's life of {INSTALMENTS} instalments: {sum(cost.trips for cost in costs)} round trips, "
        f"{sum(cost.writes for cost in costs):g} write units, {milliseconds:.0f} ms CPU, "
        f"{database + rest:.6f} dollars ({database:.6f} DynamoDB, {rest:.6f} API Gateway, Lambda, log, firewall)."
    )


def by_memory(found: Mapping[str, Figures]) -> str:
    """Time and price of some requests by memory size, computed from the measured CPU time."""
    heads = ["call", *(f"{size} MB" for size in _SIZES)]
    rows = [[f"`{call}`", *_at_sizes(found[call])] for call in _SHOWN if call in found]
    return table(heads, rows)


def _at_sizes(figures: Figures) -> Iterator[str]:
    for size in _SIZES:
        seconds = Decimal(figures.steady_us / 1e6) * max(Decimal(1), Decimal(FULL_CORE_MEGABYTES) / size)
        seconds += prices.SECONDS_A_TRIP * int(figures.round_trips)
        dollars = seconds * size / _MEGABYTES * prices.LAMBDA_GIGABYTE_SECOND * 1_000_000
        yield f"{seconds * 1000:.0f} ms, {dollars:.2f}"
