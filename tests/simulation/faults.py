"""Fault injection: each call of an operation fails in each mode; the state must be as after a run without faults."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pytest

from chalicelib.dynamodb.errors import is_transient
from chalicelib.shared.errors import AppError
from tests.simulation.counts import Counts
from tests.simulation.environment import Environment
from tests.simulation.fingerprints import difference, fingerprint
from tests.simulation.invariants import assert_invariants
from tools.dynamodb_simulator.fault_injector import SECRETS, Crash, Fault, FaultPlan, SentRequest

Outcome = str
"""``done``, ``rejected`` with a reason, ``failed`` if a retry makes sense; a read adds a hash of the response."""
Action = Callable[[], Outcome]
DONE: Final = "done"
FAILED: Final = "failed"
ALL_FAULTS: Final = bool(os.environ.get("ALL_FAULTS"))
"""Every call of every scenario fails in all modes; otherwise reads are sampled."""
_ATTEMPTS: Final = 6
_SAMPLE_STEP: Final = 7
"""Coprime to the number of modes, so that the sample contains all of them, each at other calls."""
_PARTIAL_BATCHES: Final = "every batch is partly unprocessed from here on"
_SHORT_PAGES: Final = "every page ends after one item from here on"
_ALWAYS_TRIED: Final = frozenset({_PARTIAL_BATCHES, _SHORT_PAGES})
"""Partial results look like success, and only the project's own code can detect them."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """An operation and the state in which it runs.

    Args:
        name: identifies the test.
        covers: the route, the scheduled or stream function, or ``job`` and the kind of a background job.
        prepare: creates the state and returns the operation.
        settles_first: compare the state only after streams and queue are processed.
        is_repeatable: the same request again succeeds.
        attempts_leave_items: every attempt leaves an item of its own, such as a session or the audit entry of an
            operator's view; their number is ignored.
        counts_failures: the response contains the number of failures, so it may differ.
        calls_services: it calls another service, so that a call can fail.
        moves_no_money: no money depends on it: the short run samples its fault points.
    """

    name: str
    covers: str
    prepare: Callable[[Environment], Action]
    settles_first: bool = False
    is_repeatable: bool = True
    attempts_leave_items: bool = False
    counts_failures: bool = False
    calls_services: bool = True
    moves_no_money: bool = False


@dataclass(frozen=True, slots=True)
class FaultPoint:
    """One call of a scenario failing in one mode."""

    sent: SentRequest
    mode: str
    plan: FaultPlan

    def __str__(self) -> str:
        return f"call {self.sent.call} {self.sent.title}: {self.mode}"


@dataclass(frozen=True, slots=True)
class ExplorationResult:
    """The number of fault points of a scenario, and descriptions of those that broke it."""

    points: int
    broken: tuple[str, ...]

    def check(self, counts: Counts) -> None:
        """Add the fault points to the figures and assert that none broke the scenario."""
        counts.add("Fault points", self.points - len(self.broken), self.points)
        assert not self.broken, "\n".join(self.broken)


@dataclass(frozen=True, slots=True)
class _Run:
    """State and outcome at the first clear response, and after the same request again."""

    first_state: Counter[str]
    last_state: Counter[str]
    outcome: Outcome
    repeated: Outcome

    def difference(self, found: _Run) -> str:
        """Describe how another run differs; empty if it doesn't."""
        if not {found.outcome, found.repeated} <= {self.outcome, self.repeated}:
            return f"outcome {found.outcome}, then {found.repeated}"
        return difference(self.first_state, found.first_state) or difference(self.last_state, found.last_state)


class Exploration:
    """A scenario: one run without faults, then one run for each fault point."""

    def __init__(self, environment: Environment, scenario: Scenario) -> None:
        self._environment = environment
        self._scenario = scenario
        self._action = scenario.prepare(environment)
        self._start = environment.checkpoint()
        self._action()  # reads the secret, which is read again only after `forget_keys`
        self.points = [*self._points(cold=False), *self._points(cold=True)]

    def explore(self) -> ExplorationResult:
        """Fail at each point; the client repeats the request, and everything must be as in a run without faults."""
        self._environment.restore(self._start)
        expected = self._finish_and_repeat()
        return self._result([(point, self._difference(expected, point)) for point in self.points])

    def explore_without_retry(self) -> ExplorationResult:
        """Fail at each point; the client gives up, and there must be one effect or none."""
        environment = self._environment
        environment.restore(self._start)
        before = fingerprint(environment)
        self._action()
        after = fingerprint(environment)
        found = []
        for point in self.points:
            self.fail_at(point)
            state = fingerprint(environment)
            found.append((point, "" if state in (before, after) else difference(after, state)))
        return self._result(found)

    def fail_at(self, point: FaultPoint, *, prepare: Callable[[], None] | None = None) -> Outcome:
        """Return to the start, call ``prepare``, and run the operation once with the fault of this point."""
        self._environment.restore(self._start)
        if prepare is not None:
            prepare()
        if point.sent.service == SECRETS:
            self._environment.forget_keys()
        self._environment.injector.begin(point.plan)
        outcome = _try_once(self._action)
        made = {(sent.call, sent.title) for sent in self._environment.injector.sent}
        self._environment.injector.begin()
        assert (point.sent.call, point.sent.title) in made, "the call was not made this time"
        return outcome

    def finish(self, outcome: Outcome = FAILED) -> Outcome:
        """Repeat the operation until it doesn't fail.

        Raises:
            AssertionError: it keeps failing.
        """
        for _ in range(_ATTEMPTS):
            if outcome != FAILED:
                return outcome
            outcome = _try_once(self._action)
        raise AssertionError("it keeps failing")

    def _points(self, *, cold: bool) -> list[FaultPoint]:
        """Return the fault points of a run without faults; ``cold``: those of a new process, which reads the secret."""
        environment = self._environment
        environment.restore(self._start)
        if cold:
            environment.forget_keys()
        environment.visited.clear()
        self._action()
        assert self._scenario.covers in environment.visited, environment.visited
        calls = {sent.call: sent for sent in environment.injector.sent if (sent.service == SECRETS) == cold}
        points = [FaultPoint(sent, mode, plan) for sent in calls.values() for mode, plan in _fault_modes(sent)]
        if ALL_FAULTS or not self._scenario.moves_no_money:
            return points
        return [
            point for number, point in enumerate(points) if number % _SAMPLE_STEP == 0 or point.mode in _ALWAYS_TRIED
        ]

    def _difference(self, expected: _Run, point: FaultPoint) -> str:
        try:
            return expected.difference(self._finish_and_repeat(self.fail_at(point)))
        except AssertionError as violated:
            return f"invariant: {violated!s:.300}"

    def _finish_and_repeat(self, outcome: Outcome = FAILED) -> _Run:
        """Repeat the operation until it is done, and once more, as a client does that missed the response."""
        environment, scenario = self._environment, self._scenario
        outcome = self.finish(outcome)
        first_state = Counter[str]() if scenario.settles_first else self._state()
        repeated = _try_once(self._action)
        if scenario.settles_first:
            environment.settle()
        assert_invariants(environment.storage)
        if scenario.is_repeatable:
            assert repeated.startswith(DONE), f"the same request again: {repeated}"
        if scenario.counts_failures:
            outcome = repeated = DONE
        return _Run(first_state, self._state(), outcome, repeated)

    def _state(self) -> Counter[str]:
        found = fingerprint(self._environment)
        return Counter(found.keys()) if self._scenario.attempts_leave_items else found

    def _result(self, found: list[tuple[FaultPoint, str]]) -> ExplorationResult:
        broken = tuple(f"{self._scenario.name}, {point}: {problem}" for point, problem in found if problem)
        return ExplorationResult(len(found), broken)


def fault_test(scenarios: Sequence[Scenario]) -> Callable[[Environment, Counts, Scenario], None]:
    """Return a test of scenarios. Each group of scenarios has its own module, because xdist distributes modules."""

    @pytest.mark.parametrize("scenario", scenarios, ids=lambda scenario: scenario.name)
    def test_every_fault_leaves_one_effect(full_environment: Environment, counts: Counts, scenario: Scenario) -> None:
        result = Exploration(full_environment, scenario).explore()

        result.check(counts)
        assert bool(result.points) == scenario.calls_services

    return test_every_fault_leaves_one_effect


def _try_once(action: Action) -> Outcome:
    try:
        return action()
    except (Crash, AppError):
        return FAILED
    except Exception as failure:
        if is_transient(failure):
            return FAILED
        raise AssertionError(f"an error that is not transient: {failure!r}") from failure


def _fault_modes(sent: SentRequest) -> Iterator[tuple[str, FaultPlan]]:
    """Yield faults of one attempt of the SDK, of all attempts, of the first and other faults after it, and outages."""
    for fault in (fault for fault in Fault if sent.allows(fault)):
        yield f"{fault}, once", _fail_call(sent.call, fault, attempts=1)
        if not fault.name.startswith("CRASH") and fault is not Fault.SHORT_PAGE and sent.allows(Fault.THROTTLED):
            yield f"{fault}, at every attempt", _fail_call(sent.call, fault, attempts=99)
    if sent.allows(Fault.PARTIAL):
        yield _PARTIAL_BATCHES, _fail_all_from(Fault.PARTIAL, sent)
    if sent.allows(Fault.SHORT_PAGE):
        yield _SHORT_PAGES, _fail_all_from(Fault.SHORT_PAGE, sent)
    if not sent.allows(Fault.THROTTLED):
        yield "unreachable from here on", _fail_service_from(sent, Fault.LOST_REQUEST)
        return
    yield "timeout after effect, then throttled", _lose_response_then(sent.call, Fault.THROTTLED)
    yield "timeout after effect, then timeouts before", _lose_response_then(sent.call, Fault.LOST_REQUEST)
    yield "outage from here on", _fail_service_from(sent, Fault.THROTTLED)


def _fail_call(call: int, fault: Fault, *, attempts: int) -> FaultPlan:
    return lambda sent: fault if sent.call == call and sent.attempt <= attempts else None


def _lose_response_then(call: int, fault: Fault) -> FaultPlan:
    return lambda sent: None if sent.call != call else Fault.LOST_RESPONSE if sent.attempt == 1 else fault


def _fail_all_from(fault: Fault, first: SentRequest) -> FaultPlan:
    """Apply the fault to every request that allows it from this call on."""
    return lambda sent: fault if sent.call >= first.call and sent.allows(fault) else None


def _fail_service_from(first: SentRequest, fault: Fault) -> FaultPlan:
    """Apply the fault to every request to the same service from this call on."""
    return lambda sent: fault if sent.call >= first.call and sent.service == first.service else None
