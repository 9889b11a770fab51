"""The pipeline of events under faults: every call fails or kills its function, and records and messages come again.

Each recipient must get each event once, each endpoint each message, and each address each email.
"""

import random
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from typing import Final

import pytest

from chalicelib.shared.actor import Role
from tests.factories import User, accept_offer, fund, funded_loan, make_offer, ok, open_loan, pay
from tests.simulation.clients import create_account
from tests.simulation.counts import Counts
from tests.simulation.environment import Checkpoint, Environment
from tests.simulation.event_pipeline import Pipeline, Record
from tests.simulation.faults import ALL_FAULTS
from tools.dynamodb_simulator.fault_injector import Fault, FaultPlan, SentRequest

FAULTS: Final = tuple(Fault) if ALL_FAULTS else (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.LOST_RESPONSE)
ORDERS: Final = 200 if ALL_FAULTS else 20
Flow = Callable[[Environment, Sequence[User]], None]


class Trial:
    """A flow whose records are about to be delivered, and the state that a run without faults leaves.

    Args:
        environment: the platform.
        flow: operations of a borrower and lenders, each of whom has an account and an endpoint for all events.
        lenders: the number of lenders.
    """

    def __init__(self, environment: Environment, flow: Flow, lenders: int = 1) -> None:
        self.pipeline = Pipeline(environment)
        self._environment = environment
        users = [environment.user(Role.BORROWER, "bob", "500.00")]
        users += [environment.user(Role.LENDER, f"lender{number}", "3000.00") for number in range(lenders)]
        for user in users:
            create_account(environment, user)
            url = {"url": f"http://127.0.0.1/{user.actor.username}", "event_types": ["*"]}
            ok(user.http.post("/api/webhook-endpoints/", url))
        self.pipeline.start_here()
        flow(environment, users)
        environment.queue.sent.clear()
        self._start: Checkpoint = environment.checkpoint()
        self.restart()
        self.pipeline.run()
        self.expected = self.pipeline.state()
        self.calls = {sent.call: sent for sent in environment.injector.sent}.values()

    def restart(self, plan: FaultPlan = lambda _: None) -> None:
        """Return to the state before the records are delivered."""
        self._environment.restore(self._start)
        self._environment.injector.begin(plan)
        self.pipeline.reset()

    def difference(self) -> Counter[str]:
        """Return what the last run added to the expected state, or what it lacks."""
        found = self.pipeline.state()
        return (found - self.expected) + (self.expected - found)


def subscribe(environment: Environment, users: Sequence[User]) -> None:
    """An offer is accepted: events of the borrower, of the lender, and of all lenders of a loan."""
    borrower, lender = users
    loan = open_loan(borrower)
    accept_offer(borrower, loan["id"], make_offer(lender, loan["id"])["id"])


def live(environment: Environment, users: Sequence[User]) -> None:
    """Loans are requested, withdrawn from, funded, paid, cancelled and completed."""
    borrower, ana, ben = users
    loan = funded_loan(borrower, {ana: "600.00", ben: "400.00"})
    environment.clock.advance(days=10)
    pay(borrower, loan["id"])
    other = open_loan(borrower)
    make_offer(ana, other["id"], amount="100.00")
    ana.http.delete(f"/api/loans/{other['id']}/offer/")
    accept_offer(borrower, other["id"], make_offer(ben, other["id"])["id"])
    fund(ben, other["id"])
    environment.clock.advance(days=1)
    third = open_loan(borrower)
    make_offer(ben, third["id"], amount="100.00")
    borrower.call("POST", f"/api/loans/{third['id']}/cancel/")
    payoff = borrower.call("GET", f"/api/loans/{loan['id']}/payoff/")["amount"]
    pay(borrower, loan["id"], payoff)


def fault_points(trial: Trial) -> Iterator[tuple[SentRequest, Fault]]:
    """Yield each call with each fault that it can have."""
    for sent in trial.calls:
        yield from ((sent, fault) for fault in FAULTS if sent.allows(fault))


def fail_call(number: int, fault: Fault) -> FaultPlan:
    """Let every attempt of a call fail."""
    return lambda sent: fault if sent.call == number else None


def test_every_fault_leaves_each_event_delivered_once(environment: Environment, counts: Counts) -> None:
    trial = Trial(environment, subscribe)
    broken = []

    for sent, fault in fault_points(trial):
        trial.restart(fail_call(sent.call, fault))
        try:
            trial.pipeline.run()
            problem = str(dict(trial.difference()) or "")
        except AssertionError as violated:
            problem = str(violated)
        counts.add("Fault points of events", not problem, 1)
        broken += [f"call {sent.call} {sent.title}: {fault}: {problem:.300}"] if problem else []

    assert not broken, "\n".join(broken)
    assert len(trial.expected) > 8


def test_repeated_and_reordered_records_change_nothing(environment: Environment, counts: Counts) -> None:
    trial = Trial(environment, live, lenders=2)

    for seed in range(ORDERS):
        chance = random.Random(seed)

        def rearrange(records: Sequence[Record], chance: random.Random = chance) -> list[list[Record]]:
            twice = [*records, *records]
            chance.shuffle(twice)
            return [[record] for record in twice]

        trial.restart()
        trial.pipeline.run(rearrange, deliveries_of_a_job=2)
        difference = trial.difference()
        counts.add("Orders of records", not difference, 1)
        assert not difference, f"seed {seed}: {difference}"


@pytest.mark.parametrize("seed", range(3))
def test_records_that_come_again_later_change_nothing(environment: Environment, counts: Counts, seed: int) -> None:
    trial = Trial(environment, live, lenders=2)

    trial.restart()
    trial.pipeline.run()
    environment.clock.advance(hours=20)
    trial.pipeline.run(deliveries_of_a_job=2)

    counts.add("Orders of records", not trial.difference(), 1)
    assert not trial.difference()


def test_late_records_do_not_concern_later_lenders(environment: Environment) -> None:
    def flow(environment: Environment, users: Sequence[User]) -> None:
        borrower, ana, ben = users
        loan = open_loan(borrower)
        accept_offer(borrower, loan["id"], make_offer(ana, loan["id"])["id"])
        environment.clock.advance(days=1)
        borrower.call("POST", f"/api/loans/{loan['id']}/release/")
        environment.clock.advance(days=1)
        accept_offer(borrower, loan["id"], make_offer(ben, loan["id"])["id"])

    trial = Trial(environment, flow, lenders=2)

    ben = environment.users[-1]
    events = [text for text in trial.expected if text.startswith(f"USER#{ben.id} EVENT#")]
    assert sum("loan.subscribed" in text for text in events) == 1
