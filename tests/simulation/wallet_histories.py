"""One wallet, many hands: everything that they are shown is explained by some order."""

from collections.abc import Callable, Iterable
from functools import partial
from typing import Final

from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.wallet import InsufficientFunds
from tests.simulation.environment import Environment
from tests.simulation.invariants import assert_invariants
from tests.simulation.scripts import Script
from tests.simulation.starting_point import StartingPoint, repeat_until_answered
from tools.dynamodb_simulator.linearizability import Observation, is_linearizable
from tools.dynamodb_simulator.scheduler import Scheduler
from tools.dynamodb_simulator.virtual_time import seeded

MAX_CLIENTS: Final = 5
MAX_OPERATIONS: Final = 2


def shown(balance: int) -> Callable[[int], Iterable[int]]:
    """Somebody was shown this balance."""
    return lambda cents: (cents,) if cents == balance else ()


def moved(change: int) -> Callable[[int], Iterable[int]]:
    """Somebody was told that so much came, or went."""
    return lambda cents: (cents + change,) if cents + change >= 0 else ()


def refused(change: int) -> Callable[[int], Iterable[int]]:
    """Somebody was told that less was there."""
    return lambda cents: (cents,) if cents + change < 0 else ()


def play_wallet(environment: Environment, stage: StartingPoint, script: Script) -> int:
    """Play a history of one wallet; gives how many operations it had."""
    choice, seen = script.chance(), list[Observation[int]]()
    owner, wallets = stage.lenders[0], environment.container.wallets
    environment.restore(stage.start)
    scheduler = Scheduler(environment.simulator, choice)

    def do(label: str) -> Callable[[int], Iterable[int]]:
        drawn = script.chance_of(label)
        amount, idempotency_key = (
            Money(drawn.choice((1_000, 40_000, 90_000))),
            IdempotencyKey.of(owner.user_id, label, "POST", "", ""),
        )
        kind = drawn.choice(("deposit", "withdraw", "withdraw", "look"))
        if kind == "look":
            return shown(repeat_until_answered(lambda: wallets.find(owner)).available.cents)
        move, change = (wallets.deposit, amount.cents) if kind == "deposit" else (wallets.withdraw, -amount.cents)
        try:
            repeat_until_answered(partial(move, owner, amount, "", idempotency_key))
        except InsufficientFunds:
            return refused(change)
        return moved(change)

    def hand(labels: tuple[str, ...]) -> None:
        for label in labels:
            began = scheduler.step
            outcomes = do(label)
            seen.append(Observation(began, scheduler.step, outcomes))

    first = wallets.find(owner).available.cents
    with seeded(script.seed):
        environment.injector.begin(script.plan(choice))
        scheduler.run(
            [partial(hand, each) for each in script.deeds(most_callers=MAX_CLIENTS, most_deeds=MAX_OPERATIONS)]
        )
        environment.injector.begin()
    last = wallets.find(owner).available.cents
    assert is_linearizable(seen, first=first, agrees=lambda cents: cents == last), (first, seen, last)
    assert_invariants(environment.storage)
    return len(seen)
