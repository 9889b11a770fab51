"""One wallet, many hands: everything that they are shown is explained by some order."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.wallet import InsufficientFunds
from tests.simulation.invariants import assert_invariants
from tests.simulation.linearizability import Seen, is_linearizable
from tests.simulation.scheduler import Scheduler
from tests.simulation.scripts import Script
from tests.simulation.stages import Stage, until_clear
from tests.simulation.virtual_time import seeded
from tests.simulation.world import World

MOST_CALLERS: Final = 5
MOST_DEEDS: Final = 2


def shown(balance: int) -> Callable[[int], Iterable[int]]:
    """Somebody was shown this balance."""
    return lambda cents: (cents,) if cents == balance else ()


def moved(change: int) -> Callable[[int], Iterable[int]]:
    """Somebody was told that so much came, or went."""
    return lambda cents: (cents + change,) if cents + change >= 0 else ()


def refused(change: int) -> Callable[[int], Iterable[int]]:
    """Somebody was told that less was there."""
    return lambda cents: (cents,) if cents + change < 0 else ()


def play_wallet(world: World, stage: Stage, script: Script) -> int:
    """Play a history of one wallet; gives how many operations it had."""
    choice, seen = script.chance(), list[Seen[int]]()
    owner, wallets = stage.lenders[0], world.container.wallets
    world.back_to(stage.start)
    scheduler = Scheduler(world.double, choice)

    def do(label: str) -> Callable[[int], Iterable[int]]:
        drawn = script.chance_of(label)
        amount, idempotency_key = (
            Money(drawn.choice((1_000, 40_000, 90_000))),
            IdempotencyKey.of(owner.user_id, label, "POST", "", ""),
        )
        kind = drawn.choice(("deposit", "withdraw", "withdraw", "look"))
        if kind == "look":
            return shown(until_clear(lambda: wallets.find(owner)).available.cents)
        move, change = (wallets.deposit, amount.cents) if kind == "deposit" else (wallets.withdraw, -amount.cents)
        try:
            until_clear(partial(move, owner, amount, "", idempotency_key))
        except InsufficientFunds:
            return refused(change)
        return moved(change)

    def hand(labels: tuple[str, ...]) -> None:
        for label in labels:
            began = scheduler.step
            outcomes = do(label)
            seen.append(Seen(began, scheduler.step, outcomes))

    first = wallets.find(owner).available.cents
    with seeded(script.seed):
        world.wire.begin(script.plan(choice))
        scheduler.run([partial(hand, each) for each in script.deeds(most_callers=MOST_CALLERS, most_deeds=MOST_DEEDS)])
        world.wire.begin()
    last = wallets.find(owner).available.cents
    assert is_linearizable(seen, first=first, agrees=lambda cents: cents == last), (first, seen, last)
    assert_invariants(world.storage)
    return len(seen)
