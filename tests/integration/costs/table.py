"""What each call takes at DynamoDB: figures that a test keeps exact, floors, and why a figure is higher.

`python -m tests.integration.costs.table` writes docs/costs.md from it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.architecture.source import ROOT

PAGE: Final = ROOT / "docs" / "costs.md"


@dataclass(frozen=True, slots=True)
class Cost:
    """A call; ``figures`` and ``floor`` are round trips, write units and read units."""

    call: str
    figures: tuple[int, float, float]
    floor: str = ""
    note: str = ""


SHOWN_BALANCE: Final = "the second trip reads the balance that the answer shows"
ITEM_EACH: Final = "two items are read, half a unit each"
PARTY: Final = "a read of the loan (and of a lender's offer) first: who may see it"

COSTS: Final[tuple[Cost, ...]] = (
    Cost("POST /api/users/register/", (1, 9, 0), "", "the account, its name and its e-mail, and two indexes"),
    Cost("POST /api/users/login/", (3, 1, 2), "", "the name, the account, and the new session"),
    Cost("GET /api/users/profile/", (1, 0, 1)),
    Cost("PATCH /api/users/profile/", (1, 1, 0)),
    Cost("POST /api/users/token/refresh/", (2, 1, 2), "", "session and account in one read; a conditional write"),
    Cost("POST /api/users/logout/", (1, 1, 0)),
    Cost("POST /api/users/password/", (2, 1, 1), "", "all sessions end by one number in the account"),
    Cost("POST /api/wallets/deposit/", (2, 8, 1), "2 / 8 / 0", SHOWN_BALANCE),
    Cost("POST /api/wallets/deposit/ (replay)", (3, 0, 2), "", "the marker refuses; posting and balance are read"),
    Cost("POST /api/wallets/withdraw/", (2, 8, 1), "2 / 8 / 0", SHOWN_BALANCE),
    Cost("GET /api/wallets/", (1, 0, 1)),
    Cost("GET /api/wallets/transactions/ (20 entries)", (1, 0, 1), "2 / 0 / 1", "with the wallet: 2 / 0 / 2"),
    Cost(
        "GET /api/wallets/statement/ (22 entries)", (3, 0, 3), "",
        "the balance before and after the entries: they belong together only if it is the same",
    ),
    Cost("POST /api/loans/quote/", (0, 0, 0), "", "stores and reads nothing"),
    Cost(
        "POST /api/loans/", (1, 7, 0), "1 / 5 / 0",
        "loan and marker, 4; three indexes hold a request: by status, by borrower, by next action (its expiry)",
    ),
    Cost("POST /api/loans/{id}/offer/", (2, 7, 0.5), "2 / 7 / 0.5"),
    Cost(
        "DELETE /api/loans/{id}/offer/", (2, 5, 2), "",
        "loan and offer are read consistently; marker, offer and index",
    ),
    Cost("GET /api/loans/my-offers/ (one)", (2, 0, 1.5), "", "the index, then each offer with its loan"),
    Cost("GET /api/loans/{id}/offers/ (one)", (1, 0, 1)),
    Cost(
        "GET /api/loans/available/ (20 loans)", (1, 0, 1), "1 / 0 / 0.5",
        "20 loans as the list shows them, costs and rates included, are more than 4 KB",
    ),
    Cost(
        "POST /api/loans/{id}/accept-offer/", (2, 10, 0.5), "2 / 9 / 0.5",
        "marker, loan, offer: 6; two index keys change, by status and by next action, 2 each",
    ),
    Cost(
        "POST /api/loans/{id}/fund/", (2, 24, 1), "2 / 22 / 0.5",
        f"nine items, 18; three index keys change: by status, next action, the lender's list; {ITEM_EACH}",
    ),
    Cost("POST /api/loans/{id}/fund/ (replay)", (4, 0, 6), "", "decides twice before the marker explains the refusal"),
    Cost("POST /api/loans/{id}/pay/", (2, 18, 1), "2 / 18 / 1", "eight items, 16; the next action's day, 2"),
    Cost("GET /api/loans/{id}/ (the borrower)", (1, 0, 1), "", "the loan with all its offers in one query"),
    Cost("GET /api/loans/{id}/ (a lender)", (1, 0, 2), "", "the loan and the lender's own offer, consistently"),
    Cost("GET /api/loans/{id}/schedule/", (2, 0, 3), "", PARTY),
    Cost("GET /api/loans/{id}/payments/", (2, 0, 2), "", PARTY),
    Cost("GET /api/loans/{id}/payoff/", (1, 0, 2), "", "loan and schedule, consistently"),
    Cost("GET /api/loans/my-loans/ (one funded)", (2, 0, 1), "", "the index, then the loans by key"),
    Cost("GET /api/loans/investments/ (one funded)", (5, 0, 6.5), "", "loans, offers and schedules by key"),
    Cost(
        "GET /api/loans/pending-payments/ (one funded)", (2, 0, 20.5), "",
        "all 20 loans of this borrower with their schedules, half a unit each, funded or not",
    ),
    Cost(
        "POST /api/loans/{id}/pay/ (the last)", (2, 19, 1), "2 / 18 / 1",
        "the status changes as well, 2, and the next action goes, 1",
    ),
    Cost(
        "POST /api/loans/{id}/cancel/", (2, 7, 1), "",
        "marker and loan, 4; the status changes, 2, and the next action goes, 1",
    ),
    Cost("GET /api/admin/users/ (one)", (2, 0, 1), "", "the index, then the accounts by key"),
    Cost("GET /api/admin/loans/ (20 loans)", (2, 0, 11), "", "the index, then the loans by key"),
    Cost("GET /api/admin/loans/{id}/", (3, 0, 3)),
    Cost("GET /api/admin/ledger/accounts/{id}/ (20 postings)", (3, 0, 3)),
    Cost("POST /api/admin/users/{id}/freeze/", (2, 8, 1), "", "account, wallet, audit entry and marker"),
    Cost("POST /api/admin/users/{id}/unfreeze/", (2, 8, 1), "", "account, wallet, audit entry and marker"),
    Cost("GET /api/admin/audit/ (two entries)", (2, 0, 1.5)),
)  # fmt: skip

_ABOUT: Final = """\
# What each call costs

Round trips to DynamoDB, write units and read units of each call, as the embedded engine counts them. A test sends every
call and asserts these figures exactly; `python -m tests.integration.costs.table` writes this page from the same table.

- Every call that changes something is sent with an `Idempotency-Key`; its marker is in the figures (2 write units).
- Rate limits are off. A strictly limited call (money, sign-in) takes 1 trip and 1 write unit more.
- A transaction's write is 2 units for each kilobyte and item, an index write 1, a changed index key 2.
- *Floor* is the least that the plan asks for; where a figure is higher, the note says why.
- The trial balance and the jobs are not here: what they read grows with what there is.

| call | trips / writes / reads | floor | note |
|---|---|---|---|
"""


def life_of(instalments: int) -> tuple[int, float]:
    """Round trips and write units of one loan, from the request to the last payment, by the table."""
    figures = {cost.call: cost.figures for cost in COSTS}
    before = ("/api/loans/", "/api/loans/{id}/offer/", "/api/loans/{id}/accept-offer/", "/api/loans/{id}/fund/")
    calls = [*(f"POST {path}" for path in before), *["POST /api/loans/{id}/pay/"] * (instalments - 1)]
    spent = [figures[call] for call in (*calls, "POST /api/loans/{id}/pay/ (the last)")]
    return sum(trips for trips, _, _ in spent), sum(writes for _, writes, _ in spent)


def page() -> str:
    """The page as it should be."""
    trips, writes = life_of(12)
    rows = [f"| `{cost.call}` | {shown(cost.figures)} | {cost.floor} | {cost.note} |" for cost in COSTS]
    rows.append(f"| a loan's life, 12 instalments | {trips} / {writes:g} | 70 / 300 | the calls above, added up |")
    return _ABOUT + "\n".join(rows) + "\n"


def shown(figures: tuple[int, float, float]) -> str:
    """Figures as text."""
    return " / ".join(f"{figure:g}" for figure in figures)


if __name__ == "__main__":
    PAGE.write_text(page(), encoding="utf-8")
