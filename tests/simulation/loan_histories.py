"""One loan, its borrower and three lenders at once: every answer is explained by some order of what they did."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.loans.domain.errors import OfferNotFound
from chalicelib.shared.actor import Actor
from chalicelib.shared.errors import AppError, Unavailable
from chalicelib.shared.money import Money, Rate
from tests.simulation.environment import Environment
from tests.simulation.invariants import assert_invariants
from tests.simulation.scripts import Script
from tests.simulation.starting_point import StartingPoint, offers_on, repeat_until_answered
from tools.dynamodb_simulator.linearizability import Observation, is_linearizable
from tools.dynamodb_simulator.scheduler import Scheduler
from tools.dynamodb_simulator.virtual_time import seeded

MAX_CLIENTS: Final = 6
MAX_OPERATIONS: Final = 2
AMOUNT: Final = 90_000
_KINDS: Final = ("offer", "offer", "accept", "accept", "accept", "fund", "fund", "withdraw", "cancel")


@dataclass(frozen=True, slots=True)
class OfferState:
    """An offer as the model knows it; an empty id is one that nobody was told."""

    id: str
    cents: int
    accepted: int = 0
    is_paid: bool = False


@dataclass(frozen=True, slots=True)
class LoanState:
    """A loan as the model knows it; offers by their lenders."""

    status: str
    offers: frozenset[tuple[str, OfferState]]

    def of(self, lender: str) -> OfferState | None:
        """The lender's offer."""
        return next((offer for who, offer in self.offers if who == lender), None)

    def having(self, lender: str, offer: OfferState | None) -> LoanState:
        """The loan with the lender's offer instead of the one before."""
        others = {(who, other) for who, other in self.offers if who != lender}
        return replace(self, offers=frozenset(others | ({(lender, offer)} if offer else set())))

    def settled(self) -> LoanState:
        """The loan in the state that its offers make."""
        accepted = [offer for _, offer in self.offers if offer.accepted]
        covered = sum(offer.accepted for offer in accepted) == AMOUNT
        status = "REQUESTED" if not covered else "FUNDED" if all(o.is_paid for o in accepted) else "PENDING_FUNDING"
        return replace(self, status=status)


Step = Callable[[LoanState], LoanState | None]
"""What an operation makes of a loan; None where it is refused."""


def offering(lender: str, offer_id: str, cents: int) -> Step:
    """A lender offers."""
    return lambda loan: (
        loan.having(lender, OfferState(offer_id, cents))
        if loan.status == "REQUESTED" and loan.of(lender) is None
        else None
    )


def withdrawing(lender: str) -> Step:
    """A lender takes an offer back that nobody has accepted."""

    def step(loan: LoanState) -> LoanState | None:
        offer = loan.of(lender)
        return loan.having(lender, None) if offer and not offer.accepted else None

    return step


def accepting(lender: str, offer_id: str) -> Step:
    """The borrower takes as much of an offer as is missing."""

    def step(loan: LoanState) -> LoanState | None:
        offer = loan.of(lender)
        if loan.status != "REQUESTED" or offer is None or offer.accepted or offer.id not in ("", offer_id):
            return None
        missing = AMOUNT - sum(other.accepted for _, other in loan.offers)
        return loan.having(lender, replace(offer, accepted=min(offer.cents, missing))).settled()

    return step


def funding(lender: str) -> Step:
    """A lender pays in."""

    def step(loan: LoanState) -> LoanState | None:
        offer = loan.of(lender)
        if loan.status != "PENDING_FUNDING" or offer is None or not offer.accepted or offer.is_paid:
            return None
        return loan.having(lender, replace(offer, is_paid=True)).settled()

    return step


def cancelling(loan: LoanState) -> LoanState | None:
    """The borrower takes the request back; what was paid in is given back."""
    if loan.status not in ("REQUESTED", "PENDING_FUNDING"):
        return None
    offers = frozenset((lender, replace(offer, is_paid=False)) for lender, offer in loan.offers)
    return LoanState("CANCELLED", offers)


def done(step: Step) -> Callable[[LoanState], Iterable[LoanState]]:
    """Somebody was told that it is done."""
    return lambda loan: () if (after := step(loan)) is None else (after,)


def refused(step: Step) -> Callable[[LoanState], Iterable[LoanState]]:
    """Somebody was told that it cannot be."""
    return lambda loan: (loan,) if step(loan) is None else ()


def unclear(step: Step) -> Callable[[LoanState], Iterable[LoanState]]:
    """Nobody knows what became of it."""
    return lambda loan: (loan, step(loan) or loan)


@dataclass(frozen=True, slots=True)
class _Players:
    environment: Environment
    stage: StartingPoint
    script: Script

    def do(self, label: str) -> Callable[[LoanState], Iterable[LoanState]]:
        """Do one deed until it is clear what became of it."""
        drawn = self.script.chance_of(label)
        kind, lender = drawn.choice(_KINDS), drawn.choice(self.stage.lenders)
        amount, idempotency_key = (
            Money(drawn.choice((1, 30_000, 45_000, AMOUNT))),
            IdempotencyKey.of("any", label, "POST", kind, ""),
        )
        step, ask = self._operation(kind, lender, amount, idempotency_key)
        try:
            told = repeat_until_answered(ask)
        except OfferNotFound:
            # A lender's offer may have been made and taken back by the time the lender asks again.
            return unclear(step) if kind == "offer" else refused(step)
        except Unavailable:
            return unclear(step)
        except AppError:
            return refused(step)
        return done(offering(lender.user_id, told.value.id, amount.cents) if kind == "offer" else step)

    def _operation(
        self, kind: str, lender: Actor, amount: Money, idempotency_key: IdempotencyKey
    ) -> tuple[Step, Callable[[], Any]]:
        container, bob, loan_id, who = (
            self.environment.container,
            self.stage.borrower,
            self.stage.open_loan,
            lender.user_id,
        )
        if kind == "offer":
            rate = Rate.percent("11")
            return offering(who, "", amount.cents), lambda: container.offers.make(
                lender, loan_id, rate, amount, idempotency_key
            )
        if kind == "withdraw":
            return withdrawing(who), lambda: container.offers.withdraw(lender, loan_id, idempotency_key)
        if kind == "fund":
            return funding(who), lambda: container.funding.fund(lender, loan_id, idempotency_key)
        if kind == "cancel":
            return cancelling, lambda: container.loan_requests.cancel(bob, loan_id, idempotency_key)
        here = [each for each in offers_on(self.environment, loan_id) if each["lender_id"]["S"] == who]
        offer_id = str(here[0]["offer_id"]["S"]) if here else "none"
        return accepting(who, offer_id), lambda: container.offers.accept(bob, loan_id, offer_id, idempotency_key)


def _state(environment: Environment, loan_id: str) -> LoanState:
    loan = environment.simulator.tables[f"{environment.simulator.prefix}loans"].get((f"LOAN#{loan_id}", "LOAN"))
    assert loan is not None
    offers = {
        item["lender_id"]["S"]: OfferState(
            item["offer_id"]["S"], int(item["amount"]["N"]), int(item["accepted"]["N"]), "funded_at" in item
        )
        for item in offers_on(environment, loan_id)
    }
    return LoanState(loan["status"]["S"], frozenset(offers.items()))


def play_loan(environment: Environment, stage: StartingPoint, script: Script) -> int:
    """Play a history of one loan; gives how many operations it had."""
    choice, seen, players = script.chance(), list[Observation[LoanState]](), _Players(environment, stage, script)
    environment.restore(stage.start)
    scheduler = Scheduler(environment.simulator, choice)
    first = _state(environment, stage.open_loan)

    def play(labels: tuple[str, ...]) -> None:
        for label in labels:
            began = scheduler.step
            outcomes = players.do(label)
            seen.append(Observation(began, scheduler.step, outcomes))

    with seeded(script.seed):
        environment.simulator.max_lag, environment.simulator.choice = script.max_lag(choice), choice
        environment.injector.begin(script.plan(choice))
        scheduler.run(
            [partial(play, each) for each in script.deeds(most_callers=MAX_CLIENTS, most_deeds=MAX_OPERATIONS)]
        )
        environment.injector.begin()
        environment.simulator.max_lag = 0
        environment.settle()
    last = _state(environment, stage.open_loan)
    assert is_linearizable(seen, first=first, agrees=partial(is_same, last)), (first, seen, last)
    assert_invariants(environment.storage)
    return len(seen)


def is_same(one: LoanState, other: LoanState) -> bool:
    """Whether two loans are the same, where ids that nobody was told may be any."""
    return _without_ids(one) == _without_ids(other)


def _without_ids(loan: LoanState) -> LoanState:
    return replace(loan, offers=frozenset((lender, replace(offer, id="")) for lender, offer in loan.offers))
