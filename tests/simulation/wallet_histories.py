"""Histories of one wallet: some order of the operations explains every observed balance and result."""

from functools import partial
from typing import Final

from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.wallet import InsufficientFunds
from tests.simulation.environment import Environment
from tests.simulation.history_support import Outcomes, StartingPoint, repeat_until_known, run_and_check
from tests.simulation.scripts import Script

_MAX_CLIENTS: Final = 5


def balance_read(balance: int) -> Outcomes[int]:
    """A read that returned this balance."""
    return lambda cents: (cents,) if cents == balance else ()


def balance_changed(change: int) -> Outcomes[int]:
    """An acknowledged deposit or withdrawal."""
    return lambda cents: (cents + change,) if cents + change >= 0 else ()


def change_rejected(change: int) -> Outcomes[int]:
    """A withdrawal rejected for insufficient funds."""
    return lambda cents: (cents,) if cents + change < 0 else ()


def play_wallet(environment: Environment, starting_point: StartingPoint, script: Script) -> int:
    """Play a history of one wallet; return the number of operations."""
    owner, wallets = starting_point.lenders[0], environment.container.wallets

    def operate(label: str) -> Outcomes[int]:
        drawn = script.random_for(label)
        amount = Money(drawn.choice((1_000, 40_000, 90_000)))
        idempotency_key = IdempotencyKey.of(owner.user_id, label, "POST", "", "")
        kind = drawn.choice(("deposit", "withdraw", "withdraw", "read"))
        if kind == "read":
            return balance_read(repeat_until_known(lambda: wallets.find(owner)).available.cents)
        move, change = (wallets.deposit, amount.cents) if kind == "deposit" else (wallets.withdraw, -amount.cents)
        try:
            repeat_until_known(partial(move, owner, amount, "", idempotency_key))
        except InsufficientFunds:
            return change_rejected(change)
        return balance_changed(change)

    return run_and_check(
        environment,
        starting_point,
        script,
        max_clients=_MAX_CLIENTS,
        read=lambda: wallets.find(owner).available.cents,
        operate=operate,
    )
