"""What must hold at every moment, read from the tables: the books, holds, commitments and loans' states."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final

from tests.engines import Storage
from tests.stored_state import assert_ledger_balances

_RUNNING: Final = frozenset({"FUNDED", "COMPLETED", "DEFAULTED"})
_UNFUNDED: Final = frozenset({"REQUESTED", "PENDING_FUNDING", "CANCELLED"})
_PRINCIPAL, _PAID_PRINCIPAL, _COMPONENTS = 1, 4, 3
_RECEIVED_PRINCIPAL: Final = 2
Item = Mapping[str, Any]


def assert_invariants(storage: Storage) -> None:
    """Everything that the design promises to hold after every step."""
    balances = assert_ledger_balances(storage)
    by_loan: defaultdict[str, list[Item]] = defaultdict(list)
    for item in storage.items("loans"):
        by_loan[item["pk"]["S"]].append(item)
    loans = [items for items in by_loan.values() if any(item["sk"]["S"] == "LOAN" for item in items)]
    for items in loans:
        _assert_loan(items, balances)
    _assert_holds([item for items in by_loan.values() for item in items], storage)
    _assert_fees(loans, storage, balances)


def _assert_loan(items: list[Item], balances: Mapping[str, int]) -> None:
    [loan] = [item for item in items if item["sk"]["S"] == "LOAN"]
    offers = [item for item in items if item["sk"]["S"].startswith("OFFER#")]
    amount, accepted = _number(loan, "amount"), sum(_number(offer, "accepted") for offer in offers)
    status, escrow = loan["status"]["S"], balances.get(f"loan:{loan['loan_id']['S']}", 0)
    assert status in _RUNNING | _UNFUNDED
    assert accepted <= amount
    assert escrow >= 0
    assert _number(loan, "reservations") == sum("reserved" in offer for offer in offers)
    if status in _UNFUNDED:
        paid_in = sum(_number(offer, "accepted") + _number(offer, "fee_share") for offer in offers if _paid(offer))
        assert escrow == paid_in
        assert "refunding" in loan or accepted == _number(loan, "accepted")
        assert status == "CANCELLED" or "refunding" in loan or (accepted == amount) == (status == "PENDING_FUNDING")
        assert not [item for item in items if item["sk"]["S"] == "SCHEDULE"]
        return
    assert accepted == _number(loan, "funded") == amount
    assert all(_paid(offer) for offer in offers if _number(offer, "accepted"))
    _assert_running(loan, items, offers, escrow)


def _assert_running(loan: Item, items: list[Item], offers: list[Item], escrow: int) -> None:
    """Principal adds up; what waits in escrow is what a distribution has still to give."""
    [schedule] = [item for item in items if item["sk"]["S"] == "SCHEDULE"]
    rows = [[int(part.get("N", 0)) for part in row["L"]] for row in schedule["instalments"]["L"]]
    repaid, amount = sum(row[_PAID_PRINCIPAL] for row in rows), _number(loan, "amount")
    assert sum(row[_PRINCIPAL] for row in rows) == amount
    assert all(row[1 + part] >= row[_PAID_PRINCIPAL + part] >= 0 for row in rows for part in range(_COMPONENTS))
    assert repaid + _number(loan, "outstanding") + _number(loan, "written_off") == amount
    assert (loan["status"]["S"] == "COMPLETED") == (repaid == amount and _number(loan, "remaining") == 0)
    payments = [item for item in items if item["sk"]["S"].startswith("PAYMENT#")]
    assert sum(_number(payment, "principal") for payment in payments) == repaid
    chunks = [item for item in items if item["sk"]["S"].startswith("POSITIONS#")]
    positions = [
        [part.get("S") or int(part["N"]) for part in held["L"]]
        for item in (*chunks, schedule)
        for held in item["investors"]["L"]
    ]
    shares = {offer["lender_id"]["S"]: _number(offer, "accepted") for offer in offers if _number(offer, "accepted")}
    assert {held[0]: held[1] for held in positions} == shares
    assert sum(held[_RECEIVED_PRINCIPAL] for held in positions) == repaid
    waiting = [item for item in items if item["sk"]["S"].startswith("DIST#")]
    left = [int(each["L"][1]["N"]) for item in waiting for each in item["credits"]["L"][_number(item, "done") :]]
    assert escrow == sum(left)
    pending = [item for item in items if item["sk"]["S"].startswith("OUTBOX#DISTRIBUTION")]
    assert bool(pending) or not left


def _assert_holds(items: list[Item], storage: Storage) -> None:
    """Wallets hold what offers hold; no rule is past its bound."""
    by_lender: defaultdict[str, int] = defaultdict(int)
    by_rule: defaultdict[str, int] = defaultdict(int)
    for offer in (item for item in items if "reserved" in item and item["sk"]["S"].startswith("OFFER#")):
        by_lender[f"wallet:{offer['lender_id']['S']}"] += _number(offer, "reserved")
        by_rule[offer["rule_id"]["S"]] += _number(offer, "reserved")
    for wallet in storage.items("wallets"):
        assert _number(wallet, "reserved_cents") == by_lender[wallet["account"]["S"]]
    for rule in (item for item in items if item["sk"]["S"].startswith("RULE#")):
        assert (
            by_rule[rule["sk"]["S"].removeprefix("RULE#")]
            <= _number(rule, "committed")
            <= _number(rule, "max_exposure")
        )


def _assert_fees(loans: list[list[Item]], storage: Storage, balances: Mapping[str, int]) -> None:
    """The platform has earned the fees of all funded loans and the late fees that were paid, and nothing else."""
    earned = 0
    for items in loans:
        [loan] = [item for item in items if item["sk"]["S"] == "LOAN"]
        earned += _number(loan, "fee") if loan["status"]["S"] in _RUNNING else 0
        earned += sum(_number(item, "late_fee") for item in items if item["sk"]["S"].startswith("PAYMENT#"))
    assert balances.get("platform:fees", 0) == earned


def _number(item: Item, name: str) -> int:
    return int(item.get(name, {"N": "0"})["N"])


def _paid(offer: Item) -> bool:
    return "funded_at" in offer
