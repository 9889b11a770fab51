"""Invariants of stored data: ledger, reservations, commitments and states of loans."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import Any, Final

from tests.engines import Storage
from tests.simulation.transfer_invariants import assert_transfers, reserved_for_withdrawals
from tests.stored_state import assert_ledger_balances, assert_rule_limits, rule_items

_RUNNING: Final = frozenset({"FUNDED", "COMPLETED", "DEFAULTED"})
_OPEN: Final = frozenset({"REQUESTED", "PENDING_FUNDING"})
_UNFUNDED: Final = frozenset({*_OPEN, "CANCELLED"})
_PRINCIPAL, _PAID_PRINCIPAL, _COMPONENTS = 1, 4, 3
_RECEIVED_PRINCIPAL: Final = 2
Item = Mapping[str, Any]


def assert_invariants(storage: Storage) -> None:
    """Assert the invariants that hold after every step."""
    balances = assert_ledger_balances(storage)
    assert_transfers(storage)
    by_loan: defaultdict[str, list[Item]] = defaultdict(list)
    for item in storage.items("loans"):
        by_loan[item["pk"]["S"].partition("#")[2]].append(item)  # a loan and its stored jobs have different partitions
    loans = [items for items in by_loan.values() if any(item["sk"]["S"] == "LOAN" for item in items)]
    for items in loans:
        _assert_loan(items, balances)
    _assert_reservations([item for items in by_loan.values() for item in items], storage)
    _assert_fees(loans, storage, balances)
    _assert_borrowing([item for items in loans for item in items if item["sk"]["S"] == "LOAN"], storage)


def assert_frozen_accounts_left_the_market(storage: Storage) -> None:
    """Assert what the jobs of frozen accounts lead to: no open offers, no active rules, no requests in the market."""
    items = storage.items("loans")
    wallets = storage.items("wallets")
    frozen = {item["account"]["S"].partition(":")[2] for item in wallets if item.get("frozen", {}).get("BOOL", False)}
    loans = [item for item in items if item["sk"]["S"] == "LOAN" and item["status"]["S"] in _OPEN]
    for loan in loans:
        assert ("hidden" in loan) == (loan["borrower_id"]["S"] in frozen), loan
    open_loans = {loan["pk"]["S"] for loan in loans}
    offers = [item for item in items if item["sk"]["S"].startswith("OFFER#") and item["pk"]["S"] in open_loans]
    assert not [each for each in offers if each["lender_id"]["S"] in frozen and not _number(each, "accepted")]
    active = [item for item in rule_items(items) if "status_shard" in item]
    assert not [rule for rule in active if rule["pk"]["S"].partition("#")[2] in frozen]


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
        funded = sum(_number(offer, "accepted") + _number(offer, "fee_share") for offer in offers if _is_funded(offer))
        assert escrow == funded
        assert "refunding" in loan or accepted == _number(loan, "accepted")
        assert status == "CANCELLED" or "refunding" in loan or (accepted == amount) == (status == "PENDING_FUNDING")
        assert not [item for item in items if item["sk"]["S"] == "SCHEDULE"]
        return
    assert accepted == _number(loan, "funded") == amount
    assert all(_is_funded(offer) for offer in offers if _number(offer, "accepted"))
    _assert_funded_loan(loan, items, offers, escrow)


def _assert_funded_loan(loan: Item, items: list[Item], offers: list[Item], escrow: int) -> None:
    """Assert that principal adds up, and that escrow holds exactly what remains to be distributed."""
    [schedule] = [item for item in items if item["sk"]["S"] == "SCHEDULE"]
    rows = [[int(part.get("N", 0)) for part in instalment["L"]] for instalment in schedule["instalments"]["L"]]
    repaid, amount = sum(row[_PAID_PRINCIPAL] for row in rows), _number(loan, "amount")
    assert sum(row[_PRINCIPAL] for row in rows) == amount
    assert all(row[1 + part] >= row[_PAID_PRINCIPAL + part] >= 0 for row in rows for part in range(_COMPONENTS))
    assert repaid + _number(loan, "outstanding") + _number(loan, "written_off") == amount
    assert (loan["status"]["S"] == "COMPLETED") == (repaid == amount and _number(loan, "remaining") == 0)
    payments = [item for item in items if item["sk"]["S"].startswith("PAYMENT#")]
    assert sum(_number(payment, "principal") for payment in payments) == repaid
    chunks = [item for item in items if item["sk"]["S"].startswith("POSITIONS#")]
    positions = [
        [part.get("S") or int(part["N"]) for part in position["L"]]
        for item in (*chunks, schedule)
        for position in item["investors"]["L"]
    ]
    shares = {offer["lender_id"]["S"]: _number(offer, "accepted") for offer in offers if _number(offer, "accepted")}
    assert {position[0]: position[1] for position in positions} == shares
    assert sum(position[_RECEIVED_PRINCIPAL] for position in positions) == repaid
    distributions = [item for item in items if item["sk"]["S"].startswith("DIST#")]
    waiting = [each["L"] for item in distributions for each in item["credits"]["L"][_number(item, "done") :]]
    left = [int(amount["N"]) + int(refund["N"]) for _, amount, _, refund in waiting]
    assert escrow == sum(left)
    pending = [item for item in items if item["sk"]["S"].startswith("OUTBOX#DISTRIBUTION")]
    assert bool(pending) or not left


def _assert_reservations(items: list[Item], storage: Storage) -> None:
    """Assert that wallets reserve what offers and withdrawals need, and that no rule exceeds its limit."""
    reserved = reserved_for_withdrawals(storage)
    for offer in (item for item in items if "reserved" in item and item["sk"]["S"].startswith("OFFER#")):
        reserved[f"wallet:{offer['lender_id']['S']}"] += _number(offer, "reserved")
    for wallet in storage.items("wallets"):
        assert _number(wallet, "reserved_cents") == reserved[wallet["account"]["S"]]
    assert_rule_limits(items)


def _assert_borrowing(loans: list[Item], storage: Storage) -> None:
    """Assert that each borrower's wallet counts the loans that are not funded, and all principal not repaid."""
    requests: defaultdict[str, int] = defaultdict(int)
    exposure: defaultdict[str, int] = defaultdict(int)
    for loan in loans:
        borrower, is_open = f"wallet:{loan['borrower_id']['S']}", loan["status"]["S"] in _OPEN
        requests[borrower] += is_open
        exposure[borrower] += (
            _number(loan, "amount") if is_open else _number(loan, "outstanding") + _number(loan, "written_off")
        )
    for wallet in storage.items("wallets"):
        account = wallet["account"]["S"]
        assert _number(wallet, "open_requests") == requests[account]
        assert _number(wallet, "exposure_cents") == exposure[account]


def _assert_fees(loans: list[list[Item]], storage: Storage, balances: Mapping[str, int]) -> None:
    """Assert that the platform has the fees of all funded loans and the paid late fees, less its refunds."""
    earned = 0
    for items in loans:
        [loan] = [item for item in items if item["sk"]["S"] == "LOAN"]
        earned += _number(loan, "fee") if loan["status"]["S"] in _RUNNING else 0
        earned -= sum(_refunds(items)) if loan["status"]["S"] == "COMPLETED" else 0
        earned += sum(_number(item, "late_fee") for item in items if item["sk"]["S"].startswith("PAYMENT#"))
    assert balances.get("platform:fees", 0) == earned


def _refunds(items: list[Item]) -> Iterator[int]:
    """Yield what the interest of each lender of a closed loan lacks of its guaranteed interest."""
    for item in (item for item in items if "investors" in item):
        for position in item["investors"]["L"]:
            _, _, _, received, guaranteed = position["L"]
            yield max(int(guaranteed["N"]) - int(received["N"]), 0)


def _number(item: Item, name: str) -> int:
    return int(item.get(name, {"N": "0"})["N"])


def _is_funded(offer: Item) -> bool:
    return "funded_at" in offer
