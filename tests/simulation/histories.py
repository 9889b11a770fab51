"""Seeded histories of clients at the same time: what they do, what goes wrong meanwhile, and what must be true then."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from chalicelib.auto_invest.domain import RuleTerms
from chalicelib.auto_invest.service.rules import RuleChange
from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor
from chalicelib.shared.errors import AppError, Unavailable
from chalicelib.shared.money import Money, Rate
from tests.simulation.environment import Environment
from tests.simulation.invariants import assert_invariants
from tests.simulation.loan_histories import play_loan
from tests.simulation.scripts import FAULTS, LAGS, Script, shrink
from tests.simulation.starting_point import StartingPoint, offers_on, repeat_until_answered
from tests.simulation.wallet_histories import play_wallet
from tools.dynamodb_simulator.scheduler import Scheduler
from tools.dynamodb_simulator.virtual_time import seeded

MAX_CLIENTS: Final = 6
MAX_OPERATIONS: Final = 2
_PROJECTED: Final = 0.25
_OF_WALLETS, _OF_LOANS, _KINDS = 0, 3, 6
"""Of six seeds one is a history of a wallet, and one of a loan."""
_RULE: Final = RuleTerms(Money.of("300.00"), Rate.percent("5"), 12, Rate.percent("100"), Money.of("500.00"))
Operation = Callable[[IdempotencyKey], Any]


@dataclass
class Acknowledged:
    """What the clients of one history saw."""

    came_to: Counter[tuple[str, str]] = field(default_factory=Counter)
    operations: int = 0


def play(environment: Environment, stage: StartingPoint, script: Script) -> int:
    """Play a history; gives how many operations it had.

    Raises:
        AssertionError: an invariant is broken, or an answer cannot be explained.
    """
    if script.seed % _KINDS == _OF_WALLETS:
        return play_wallet(environment, stage, script)
    if script.seed % _KINDS == _OF_LOANS:
        return play_loan(environment, stage, script)
    return History(environment, stage, script).play().operations


def minimise(environment: Environment, stage: StartingPoint, script: Script) -> Script:
    """A history that fails, without whatever it fails without."""
    labels = script.deeds(most_callers=MAX_CLIENTS, most_deeds=MAX_OPERATIONS)

    def fails(shorter: Script) -> bool:
        try:
            play(environment, stage, shorter)
        except Exception:  # noqa: BLE001 - whatever it fails with
            return True
        return False

    return shrink(script, frozenset({FAULTS, LAGS, *(label for each in labels for label in each)}), fails)


class History:
    """One history of the whole platform; its script decides everything in it."""

    def __init__(self, environment: Environment, stage: StartingPoint, script: Script) -> None:
        self._world = environment
        self._stage = stage
        self._script = script
        self._choice = script.chance()
        self._scheduler = Scheduler(environment.simulator, self._choice)
        self.told = Acknowledged()

    def play(self) -> Acknowledged:
        """Let everybody act, then let the dust settle, and look whether all is as it must be.

        Raises:
            AssertionError: an invariant is broken, or an answer cannot be explained.
        """
        environment, script = self._world, self._script
        environment.restore(self._stage.start)
        environment.projects = self._choice.random() < _PROJECTED
        before = _effects(environment)
        with seeded(script.seed):
            environment.simulator.max_lag, environment.simulator.choice = script.max_lag(self._choice), self._choice
            environment.injector.begin(script.plan(self._choice))
            clients = script.deeds(most_callers=MAX_CLIENTS, most_deeds=MAX_OPERATIONS)
            self._scheduler.run([partial(self._call, labels) for labels in clients])
            environment.injector.begin()
            environment.simulator.max_lag = 0
            environment.settle()
        assert_invariants(environment.storage)
        self._require_effects(before)
        return self.told

    def _call(self, labels: tuple[str, ...]) -> None:
        """One caller, who does one thing after the other."""
        for label in labels:
            name, actor, deed = self._operation(self._script.chance_of(label))
            idempotency_key = IdempotencyKey.of(actor.user_id, label, "POST", name, "")
            self.told.operations += 1
            self.told.came_to[self._until_clear(deed, idempotency_key), name] += 1

    def _until_clear(self, deed: Operation, idempotency_key: IdempotencyKey) -> str:
        """Ask again with the same key while it is unclear what has become of it, as a good client does."""
        try:
            repeat_until_answered(lambda: deed(idempotency_key))
        except Unavailable:
            return "unclear"
        except AppError:
            return "refused"
        return "done"

    def _operation(self, drawn: random.Random) -> tuple[str, Actor, Operation]:
        """Something that somebody may do."""
        stage, container = self._stage, self._world.container
        lender, amount = drawn.choice(stage.lenders), Money(drawn.choice((1, 5_000, 45_000, 90_000)))
        loan_id = drawn.choice((stage.open_loan, stage.covered_loan, stage.running_loan))
        bob, rate, frozen = stage.borrower, Rate.percent("11"), drawn.random() < 0.5
        deeds: list[tuple[str, Actor, Operation]] = [
            ("deposit", lender, lambda key: self._world.container.wallets.deposit(lender, amount, "", key)),
            ("withdraw", lender, lambda key: self._world.container.wallets.withdraw(lender, amount, "", key)),
            ("withdraw", bob, lambda key: self._world.container.wallets.withdraw(bob, amount, "", key)),
            ("pay", bob, lambda key: container.payments.pay(bob, stage.running_loan, idempotency_key=key)),
            ("pay", bob, lambda key: container.payments.pay(bob, stage.running_loan, amount, idempotency_key=key)),
            (
                "request",
                bob,
                lambda key: container.loan_requests.request(bob, LoanTerms(amount + amount, rate, 3), key),
            ),
            ("offer", lender, lambda key: container.offers.make(lender, stage.open_loan, rate, amount, key)),
            ("withdraw offer", lender, lambda key: container.offers.withdraw(lender, stage.open_loan, key)),
            ("accept", bob, lambda key: container.offers.accept(bob, loan_id, self._an_offer(loan_id), key)),
            ("fund", lender, lambda key: container.funding.fund(lender, stage.covered_loan, key)),
            ("fund", lender, lambda key: container.funding.fund(lender, loan_id, key)),
            ("cancel", bob, lambda key: container.loan_requests.cancel(bob, loan_id, key)),
            ("freeze", lender, lambda _: self._freeze(lender, frozen=frozen)),
            ("rule", lender, lambda key: container.auto_invest.create(lender, _RULE, idempotency_key=key)),
            ("stop rule", lender, lambda key: self._stop_a_rule(lender, key)),
            ("work", bob, lambda _: self._work()),
        ]
        return drawn.choice(deeds)

    def _an_offer(self, loan_id: str) -> str:
        offers = [offer["offer_id"]["S"] for offer in offers_on(self._world, loan_id)]
        return self._choice.choice(offers) if offers else "none"

    def _stop_a_rule(self, lender: Actor, idempotency_key: IdempotencyKey) -> None:
        inside = self._world.simulator.tables[f"{self._world.simulator.prefix}loans"].items.get(
            f"USER#{lender.user_id}", {}
        )
        rules = [sort.removeprefix("RULE#") for sort in inside if sort.startswith("RULE#")]
        if rules:
            self._world.container.auto_invest.change(lender, min(rules), RuleChange(active=False), idempotency_key)

    def _freeze(self, lender: Actor, *, frozen: bool) -> None:
        writes = WriteTransaction(self._world.container.database)
        self._world.container.wallets.add_freeze(writes, lender.user_id, frozen=frozen)
        writes.commit()

    def _work(self) -> None:
        """What runs beside the requests; the stream gives some records twice."""
        self._world.follow()
        if self._choice.random() < 0.5:
            self._world.read_from({})
        while self._world.queue.sent:
            self._world.container.worker.do(self._world.queue.sent.pop())

    def _require_effects(self, before: Counter[str]) -> None:
        """Whoever was told that it is done finds it in the books, once; and nothing else is there."""
        found = _effects(self._world) - before
        for name in ("deposit", "withdraw", "pay", "request", "rule"):
            least = self.told.came_to["done", name]
            most = least + self.told.came_to["unclear", name]
            assert least <= found[name] <= most, (name, found, self.told)


def _effects(environment: Environment) -> Counter[str]:
    """How often each thing that leaves its own item has happened."""
    found: Counter[str] = Counter()
    for item in environment.storage.items("ledger"):
        if item["account"]["S"].startswith("external:cash"):
            found["deposit" if item["lines"]["L"][0]["L"][0]["S"] == "DEPOSIT" else "withdraw"] += 1
    for item in environment.storage.items("loans"):
        found["pay"] += item["sk"]["S"].startswith("PAYMENT#")
        found["rule"] += item["sk"]["S"].startswith("RULE#")
        found["request"] += item["sk"]["S"] == "LOAN"
    return found
