"""The expected content of the tables after a load, derived from the acknowledged operations only."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any

from chalicelib.shared.money import Money
from tests.engines import Storage
from tests.integration.load.market import FEE, OPENING, PRINCIPAL, Market, Operation
from tests.stored_state import assert_ledger_balances

Effects = Mapping[Operation, str]
"""The operations that succeeded, each with the id of its effect."""


def assert_exactly_these_effects(storage: Storage, market: Market, effects: Effects) -> None:
    """Assert that balances match the effects to the cent, and that each effect is in the ledger once."""
    balances = assert_ledger_balances(storage)
    assert {account: balances.get(account, 0) for account in _expected(market, effects)} == _expected(market, effects)
    assert _journals(storage) == len(effects) + len(market.people) + _demo_deposits(storage, market)
    assert _fundings(storage) == sorted(loan for effect, loan in effects.items() if effect.kind == "fund")
    assert {id_ for effect, id_ in effects.items() if effect.kind != "fund"} <= _transactions(storage)


def _expected(market: Market, effects: Effects) -> dict[str, int]:
    balances: defaultdict[str, int] = defaultdict(int)
    for person in market.people:
        balances[f"wallet:{person.id}"] = OPENING.cents
    for operation in effects:
        for account, amount in _movements(operation):
            balances[account] += amount.cents
    return dict(balances)


def _movements(operation: Operation) -> list[tuple[str, Money]]:
    own, amount, loan = f"wallet:{operation.party.id}", operation.amount, operation.loan
    if loan is None:
        return [(own, amount if operation.kind == "deposit" else -amount)]
    if operation.kind == "pay":
        return [(own, -amount), (f"wallet:{loan.lender.id}", amount)]
    return [(own, -PRINCIPAL - FEE), (f"wallet:{loan.borrower.id}", PRINCIPAL), ("platform:fees", FEE)]


def _journals(storage: Storage) -> int:
    return len(_transactions(storage))


def _transactions(storage: Storage) -> set[str]:
    return {item["transaction"]["S"] for item in storage.items("ledger")}


def _demo_deposits(storage: Storage, market: Market) -> int:
    """Return the number of deposits of the demo accounts, one each."""
    ours = {f"wallet:{person.id}" for person in market.people}
    return sum(1 for wallet in storage.items("wallets") if wallet["account"]["S"] not in ours)


def _fundings(storage: Storage) -> list[str]:
    """Return the loan of each funding, found by its fee, which is one posting."""

    def is_fee(item: Mapping[str, Any]) -> bool:
        return bool(item["account"]["S"].startswith("platform:fees"))

    return sorted(item["reference"]["S"] for item in storage.items("ledger") if is_fee(item))
