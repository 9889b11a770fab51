"""`python -m tests.integration.costs.table` writes docs/costs.md from the catalogue of routes."""

from typing import Final

from tests.architecture.source import ROOT
from tests.catalogue import ROUTES

PAGE: Final = ROOT / "docs" / "costs.md"


_ABOUT: Final = """\
# Cost of each route

Round trips to DynamoDB, write units and read units of each route, as the embedded database counts them. A test sends an
example of every row and asserts these figures exactly. `python -m tests.integration.costs.table` writes this page from
the catalogue of routes (`tests/catalogue.py`).

- Every request that changes something carries an `Idempotency-Key`; its record is included (2 write units).
- Rate limits are off. A strictly limited route (money, sign-in) takes 1 trip and 1 write unit more.
- A write in a transaction costs 2 units for each kilobyte and item, an index write 1, a changed index key 2.
- *The wallet's check* is the condition on the caller's wallet: the token is not revoked and, if required, the account
  is active. *The wallet's counters* are a borrower's open requests and exposure, written with the same check.
- *Floor* is the lowest cost that the design allows. Where a figure is higher, the note says why.
- The trial balance and the jobs are not listed: they read more as the data grows.

| request | trips / writes / reads | floor | note |
|---|---|---|---|
"""


def life_of(instalments: int) -> tuple[int, float]:
    """Round trips and write units of one loan, from the request to the last payment."""
    figures = {route.title(cost.label): cost.figures for route in ROUTES for cost in route.costs}
    before = ("/api/loans/", "/api/loans/{id}/offer/", "/api/loans/{id}/accept-offer/", "/api/loans/{id}/fund/")
    calls = [*(f"POST {path}" for path in before), *["POST /api/loans/{id}/pay/"] * (instalments - 1)]
    spent = [figures[call] for call in (*calls, "POST /api/loans/{id}/pay/ (the last)")]
    return sum(trips for trips, _, _ in spent), sum(writes for _, writes, _ in spent)


def page() -> str:
    """The page."""
    trips, writes = life_of(12)
    rows = [
        f"| `{route.title(cost.label)}` | {shown(cost.figures)} | {cost.floor} | {cost.note} |"
        for route in ROUTES
        for cost in route.costs
    ]
    rows.append(f"| a loan's life, 12 instalments | {trips} / {writes:g} | 70 / 300 | the sum of its requests |")
    return _ABOUT + "\n".join(rows) + "\n"


def shown(figures: tuple[int, float, float]) -> str:
    """Figures as text."""
    return " / ".join(f"{figure:g}" for figure in figures)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
