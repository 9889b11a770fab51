"""Seeded histories of callers at the same time: what they do, what goes wrong meanwhile, and what must be true then."""

from __future__ import annotations

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final, TypeVar

from chalicelib.common.actor import Actor, Role
from chalicelib.common.errors import Refusal, Unavailable
from chalicelib.common.idempotency import Once
from chalicelib.common.money import Money, Rate
from chalicelib.common.outages import is_outage
from chalicelib.common.transactions import Writes
from chalicelib.loans.service.requesting import LoanTerms
from chalicelib.wallets.service import InsufficientFunds
from tests.simulation.invariants import assert_invariants
from tests.simulation.linearizability import Seen, is_linearizable
from tests.simulation.scheduler import Scheduler
from tests.simulation.virtual_time import seeded
from tests.simulation.wire import Crash, Fault, Sent
from tests.simulation.world import Moment, World

_ATTEMPTS: Final = 12
_FAULTY: Final = 0.04
_PROJECTED: Final = 0.25
_FAULTS: Final = tuple(Fault)
Deed = Callable[[Once], Any]
T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Stage:
    """A world in the midst of business: an open loan with offers, one that waits for funding, one that runs."""

    start: Moment
    borrower: Actor
    lenders: tuple[Actor, ...]
    open_loan: str
    covered_loan: str
    running_loan: str


@dataclass
class Told:
    """What the callers of one history saw."""

    came_to: Counter[tuple[str, str]] = field(default_factory=Counter)
    operations: int = 0


def set_up(world: World) -> Stage:
    """Lead up to the business that histories go on with."""
    loans, rate = world.platform.loans, Rate.percent("12")
    borrower = world.actor(Role.BORROWER, "bob", "300.00")
    lenders = tuple(world.actor(Role.LENDER, f"lender{number}", "1500.00") for number in range(3))
    ids = [loans.requests.request(borrower, LoanTerms(Money.of("900.00"), rate, 6)).value.loan.id for _ in range(3)]
    for loan_id in ids:
        for lender in lenders[:2]:
            made = loans.offers.make(lender, loan_id, rate, Money.of("450.00")).value
            if loan_id != ids[0]:
                loans.offers.accept(borrower, loan_id, made.id)
    for lender in lenders[:2]:
        loans.funding.fund(lender, ids[2])
    world.settle()
    return Stage(world.moment(), borrower, lenders, *ids)


class History:
    """One history; the seed decides everything in it."""

    def __init__(self, world: World, stage: Stage, seed: int) -> None:
        self._world = world
        self._stage = stage
        self._choice = random.Random(seed)
        self._scheduler = Scheduler(world.double, self._choice)
        self._seed = seed
        self.told = Told()

    def play(self) -> Told:
        """Let everybody act, then let the dust settle, and look whether all is as it must be.

        Raises:
            AssertionError: an invariant is broken, or an answer cannot be explained.
        """
        world = self._world
        world.back_to(self._stage.start)
        world.projects = self._choice.random() < _PROJECTED
        before = _effects(world)
        with seeded(self._seed):
            world.double.stalest = self._choice.randint(0, 3)
            world.double.choice = self._choice
            world.wire.begin(self._goes_wrong)
            callers = [self._caller(number) for number in range(self._choice.randint(3, 6))]
            self._scheduler.run(callers)
            world.wire.begin()
            world.double.stalest = 0
            world.settle()
        assert_invariants(world.storage)
        self._require_effects(before)
        return self.told

    def _goes_wrong(self, sent: Sent) -> Fault | None:
        return _drawn(self._choice, sent)

    def _caller(self, number: int) -> Callable[[], None]:
        deeds = [self._deed() for _ in range(self._choice.randint(1, 2))]

        def call() -> None:
            for order, (name, actor, deed) in enumerate(deeds):
                once = Once.of(actor.user_id, f"{number}-{order}", "POST", name, "")
                self.told.operations += 1
                came_to = self._until_clear(deed, once)
                self.told.came_to[came_to, name] += 1

        return call

    def _until_clear(self, deed: Deed, once: Once) -> str:
        """Ask again with the same key while it is unclear what has become of it, as a good client does."""
        try:
            until_clear(lambda: deed(once))
        except Unavailable:
            return "unclear"
        except Refusal:
            return "refused"
        return "done"

    def _deed(self) -> tuple[str, Actor, Deed]:
        """Something that somebody may do."""
        stage, loans, choice = self._stage, self._world.platform.loans, self._choice
        lender, amount = choice.choice(stage.lenders), Money(choice.choice((1, 5_000, 45_000, 90_000)))
        loan_id = choice.choice((stage.open_loan, stage.covered_loan, stage.running_loan))
        bob, rate = stage.borrower, Rate.percent("11")
        deeds: list[tuple[str, Actor, Deed]] = [
            ("deposit", lender, lambda once: self._world.platform.wallets.deposit(lender, amount, "", once)),
            ("withdraw", lender, lambda once: self._world.platform.wallets.withdraw(lender, amount, "", once)),
            ("withdraw", bob, lambda once: self._world.platform.wallets.withdraw(bob, amount, "", once)),
            ("pay", bob, lambda once: loans.repayment.pay(bob, stage.running_loan, once=once)),
            ("pay", bob, lambda once: loans.repayment.pay(bob, stage.running_loan, amount, once=once)),
            ("request", bob, lambda once: loans.requests.request(bob, LoanTerms(amount + amount, rate, 3), once)),
            ("offer", lender, lambda once: loans.offers.make(lender, stage.open_loan, rate, amount, once)),
            ("withdraw offer", lender, lambda _: loans.offers.withdraw(lender, stage.open_loan)),
            ("accept", bob, lambda once: loans.offers.accept(bob, loan_id, self._an_offer(loan_id), once)),
            ("fund", lender, lambda once: loans.funding.fund(lender, stage.covered_loan, once)),
            ("fund", lender, lambda once: loans.funding.fund(lender, loan_id, once)),
            ("cancel", bob, lambda once: loans.requests.cancel(bob, loan_id, once)),
            ("freeze", lender, lambda _: self._freeze(lender, frozen=choice.random() < 0.5)),
            ("work", bob, lambda _: self._work()),
        ]
        return choice.choice(deeds)

    def _an_offer(self, loan_id: str) -> str:
        items = self._world.double.tables[f"{self._world.double.prefix}loans"].items.get(f"LOAN#{loan_id}", {})
        offers = [item["offer_id"]["S"] for item in items.values() if "offer_id" in item]
        return self._choice.choice(offers) if offers else "none"

    def _freeze(self, lender: Actor, *, frozen: bool) -> None:
        writes = Writes(self._world.platform.database)
        self._world.platform.wallets.stage_freeze(writes, lender.user_id, frozen=frozen)
        writes.commit()

    def _work(self) -> None:
        """What runs beside the requests; the stream gives some records twice."""
        self._world.follow()
        if self._choice.random() < 0.5:
            self._world.read_from({})
        while self._world.queue.sent:
            self._world.platform.loans.worker.do(self._world.queue.sent.pop())

    def _require_effects(self, before: Counter[str]) -> None:
        """Whoever was told that it is done finds it in the books, once; and nothing else is there."""
        found = _effects(self._world) - before
        for name in ("deposit", "withdraw", "pay", "request"):
            least = self.told.came_to["done", name]
            most = least + self.told.came_to["unclear", name]
            assert least <= found[name] <= most, (name, found, self.told)


def until_clear(ask: Callable[[], T]) -> T:
    """Ask until there is an answer, and not only the news that none can be given now.

    Raises:
        Refusal: the answer.
        Unavailable: there was none.
    """
    for _ in range(_ATTEMPTS):
        try:
            return ask()
        except (Crash, Unavailable):
            continue
        except Refusal:
            raise
        except Exception as failure:
            if not is_outage(failure):
                raise
    raise Unavailable


def _effects(world: World) -> Counter[str]:
    """How often each thing that leaves its own item has happened."""
    found: Counter[str] = Counter()
    for item in world.storage.items("ledger"):
        if item["account"]["S"].startswith("external:cash"):
            found["deposit" if item["lines"]["L"][0]["L"][0]["S"] == "DEPOSIT" else "withdraw"] += 1
    for item in world.storage.items("loans"):
        found["pay"] += item["sk"]["S"].startswith("PAYMENT#")
        found["request"] += item["sk"]["S"] == "LOAN"
    return found


def play_wallet(world: World, stage: Stage, seed: int) -> int:
    """One wallet, many hands: everything that they are shown is explained by an order; gives how many operations."""
    choice, seen = random.Random(seed), list[Seen]()
    owner, wallets = stage.lenders[0], world.platform.wallets
    world.back_to(stage.start)
    scheduler = Scheduler(world.double, choice)

    def hand(number: int) -> Callable[[], None]:
        def act() -> None:
            for order in range(2):
                began, amount = scheduler.step, Money(choice.choice((1_000, 40_000, 90_000)))
                once = Once.of(owner.user_id, f"{number}-{order}", "POST", "", "")
                kind = choice.choice(("deposit", "withdraw", "withdraw", "look"))
                if kind == "look":
                    shown = until_clear(lambda: wallets.find(owner)).available.cents
                    seen.append(Seen(began, scheduler.step, read=shown))
                    continue
                move = wallets.deposit if kind == "deposit" else wallets.withdraw
                is_done = True
                try:
                    until_clear(partial(move, owner, amount, "", once))
                except InsufficientFunds:
                    is_done = False
                change = amount.cents if kind == "deposit" else -amount.cents
                seen.append(Seen(began, scheduler.step, change, is_done))

        return act

    first = wallets.find(owner).available.cents
    with seeded(seed):
        world.wire.begin(lambda sent: _drawn(choice, sent))
        scheduler.run([hand(number) for number in range(choice.randint(3, 5))])
        world.wire.begin()
    last = wallets.find(owner).available.cents
    assert is_linearizable(seen, first=first, last=last), (first, seen, last)
    assert_invariants(world.storage)
    return len(seen)


def _drawn(choice: random.Random, sent: Sent) -> Fault | None:
    """Something that goes wrong, now and then."""
    fault = choice.choice(_FAULTS) if choice.random() < _FAULTY else None
    return None if fault is Fault.CONFLICT and not sent.can_conflict else fault
