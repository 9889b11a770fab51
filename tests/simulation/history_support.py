"""Common parts of histories: the state to start from, clients that repeat requests, the check of linearizability."""

import random
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import Any, Final, TypeVar

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.dynamodb.errors import is_transient
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import AppError, Unavailable
from chalicelib.shared.money import Money, Rate
from tests.simulation.environment import Checkpoint, Environment
from tests.simulation.invariants import assert_invariants
from tests.simulation.scripts import Script
from tools.dynamodb_simulator.fault_injector import Crash
from tools.dynamodb_simulator.linearizability import Observation, is_linearizable
from tools.dynamodb_simulator.scheduler import Scheduler
from tools.dynamodb_simulator.virtual_time import seeded

T = TypeVar("T")
S = TypeVar("S", bound=Hashable)
Outcomes = Callable[[S], Iterable[S]]
"""Returns the states after an operation that agree with its result, given the state before."""
OPERATOR: Final = Actor("7" * 26, "boss", Role.ADMIN)
_ATTEMPTS: Final = 12


@dataclass(frozen=True, slots=True)
class StartingPoint:
    """State of a platform in use: an open loan with offers, one that waits for funding, and one that is being repaid.

    A payment holiday is proposed for the loan that is being repaid.
    """

    start: Checkpoint
    borrower: Actor
    lenders: tuple[Actor, ...]
    open_loan: str
    subscribed_loan: str
    running_loan: str


def build_starting_point(environment: Environment) -> StartingPoint:
    """Create the state from which histories start."""
    container, rate = environment.container, Rate.percent("12")
    borrower = environment.actor(Role.BORROWER, "bob", "300.00")
    lenders = tuple(environment.actor(Role.LENDER, f"lender{number}", "1500.00") for number in range(3))
    ids = [
        container.loan_requests.request(borrower, LoanTerms(Money.of("900.00"), rate, 6)).value.loan.id
        for _ in range(3)
    ]
    for loan_id in ids:
        for lender in lenders[:2]:
            offer = container.offers.make(lender, loan_id, rate, Money.of("450.00")).value.offer
            if loan_id != ids[0]:
                container.offers.accept(borrower, loan_id, [offer.id])
    for lender in lenders[:2]:
        container.funding.fund(lender, ids[2])
    container.operator_rescheduling.apply(
        OPERATOR, ids[2], NewTerms(holiday_months=1), Ground.CONTRACTUAL, AuditContext("a flood")
    )
    environment.settle()
    return StartingPoint(environment.checkpoint(), borrower, lenders, *ids)


def offers_on(environment: Environment, loan_id: str) -> list[dict[str, Any]]:
    """Return the offers on a loan as the table holds them now, in DynamoDB's notation."""
    partition = environment.simulator.tables[f"{environment.simulator.prefix}loans"].items.get(f"LOAN#{loan_id}", {})
    return [dict(item) for item in partition.values() if "offer_id" in item]


def repeat_until_known(request: Callable[[], T]) -> T:
    """Repeat a request until its outcome is known.

    Raises:
        AppError: the request is rejected.
        Unavailable: every attempt failed.
    """
    for _ in range(_ATTEMPTS):
        try:
            return request()
        except (Crash, Unavailable):
            continue
        except AppError:
            raise
        except Exception as failure:
            if not is_transient(failure):
                raise
    raise Unavailable


def run_and_check(
    environment: Environment,
    starting_point: StartingPoint,
    script: Script,
    *,
    max_clients: int,
    read: Callable[[], S],
    operate: Callable[[str], Outcomes[S]],
    normalise: Callable[[S], S] = lambda state: state,
    reads_lag: bool = False,
) -> int:
    """Run concurrent clients and check that some order of their operations explains all results.

    Args:
        environment, starting_point: the platform and the state to start from.
        script: decides everything.
        max_clients: three up to this number of clients run.
        read: reads the state before and after.
        operate: executes the operation with a label.
        normalise: removes what clients can't know from a state before it is compared.
        reads_lag: eventually consistent reads lag.

    Returns:
        The number of operations.

    Raises:
        AssertionError: no order explains the results, or an invariant is violated.
    """
    choice, seen = script.random_for_run(), list[Observation[S]]()
    environment.restore(starting_point.start)
    scheduler = Scheduler(environment.simulator, choice)

    def run_client(labels: tuple[str, ...]) -> None:
        for label in labels:
            began = scheduler.step
            outcomes = operate(label)
            seen.append(Observation(began, scheduler.step, outcomes))

    first = read()
    with seeded(script.seed):
        clients = [partial(run_client, labels) for labels in script.operations_of_clients(max_clients)]
        run_clients(environment, scheduler, clients, script, choice, reads_lag=reads_lag)
        if reads_lag:
            environment.settle()
    last = read()
    assert is_linearizable(seen, first=first, agrees=lambda state: normalise(state) == normalise(last)), (
        first,
        seen,
        last,
    )
    assert_invariants(environment.storage)
    return len(seen)


def run_clients(
    environment: Environment,
    scheduler: Scheduler,
    clients: Sequence[Callable[[], None]],
    script: Script,
    choice: random.Random,
    *,
    reads_lag: bool = True,
) -> None:
    """Run concurrent clients under the faults and lags that a script draws from ``choice``; then there are none."""
    if reads_lag:
        environment.simulator.max_lag, environment.simulator.choice = script.max_lag(choice), choice
    environment.injector.begin(script.plan(choice))
    scheduler.run(clients)
    environment.injector.begin()
    environment.simulator.max_lag = 0
