"""Every call of an operation fails in every way; afterwards the world must look as if nothing had happened."""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.dynamodb.errors import is_transient
from chalicelib.shared.errors import AppError
from tests.simulation.environment import Environment
from tests.simulation.fingerprints import difference, fingerprint
from tests.simulation.invariants import assert_invariants
from tools.dynamodb_simulator.fault_injector import SECRETS, Crash, Fault, FaultPlan, SentRequest

Answer = str
"""What an operation came to: ``done``, ``refused`` and why, or ``failed``, where trying again makes sense."""
Action = Callable[[], Answer]
DONE: Final = "done"
FAILED: Final = "failed"
ALL_WAYS: Final = bool(os.environ.get("ALL_WAYS"))
"""Whether every call of every scenario fails in all ways."""
_ATTEMPTS: Final = 6
_SOME_WAYS: Final = 7
"""Prime to the number of ways, so that all of them come up, each at other calls."""
_BATCHES_IN_PART: Final = "some of every batch is left over from here on"
_PAGES_IN_PART: Final = "every page ends after one item from here on"
_IN_PART: Final = frozenset({_BATCHES_IN_PART, _PAGES_IN_PART})
"""Successes that look whole: nobody but our own code notices, so they are tried at every call."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """An operation in its world: ``prepare`` leads up to it and gives it."""

    name: str
    covers: str
    """The route or function that it is about."""
    prepare: Callable[[Environment], Action]
    settles: bool = False
    """Whether what follows it in streams and queue is compared, and not the state before that."""
    repeats: bool = True
    """Whether the same request again is answered as the first."""
    tries_show: bool = False
    """Whether every try leaves a trace of its own, such as a session: then how many there are does not matter."""
    counts: bool = False
    """Whether the answer tells how often something failed, so that it need not be the same."""
    asks_somebody: bool = True
    """Whether it calls another service at all."""
    moves_nothing: bool = False
    """Whether no money or promise depends on it: then the short run fails each call in some ways, and not in all."""


@dataclass(frozen=True, slots=True)
class FaultPoint:
    """A place and a way to fail."""

    sent: SentRequest
    way: str
    plan: FaultPlan

    def __str__(self) -> str:
        return f"call {self.sent.call} {self.sent.title}: {self.way}"


@dataclass(frozen=True, slots=True)
class ExplorationResult:
    """What came of a scenario."""

    points: int
    broken: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Outcome:
    """The state at the first clear answer and after the same request again, and what both were answered."""

    told: Counter[str]
    state: Counter[str]
    answer: Answer
    again: Answer

    def difference(self, found: _Outcome) -> str:
        """How another outcome differs; empty where it does not."""
        if not {found.answer, found.again} <= {self.answer, self.again}:
            return f"answered {found.answer}, then {found.again}"
        return difference(self.told, found.told) or difference(self.state, found.state)


class Exploration:
    """A scenario, run once well, and then once for each point of failure."""

    def __init__(self, environment: Environment, scenario: Scenario) -> None:
        self._world = environment
        self._scenario = scenario
        self._action = scenario.prepare(environment)
        self._start = environment.checkpoint()
        self._action()  # so that this process knows the secret, and asks for it only where it is made to forget
        self.points = [*self._points(cold=False), *self._points(cold=True)]

    def explore(self) -> ExplorationResult:
        """Fail at each point; whoever asked asks again, and all must be as after a good run."""
        self._world.restore(self._start)
        expected = self._outcome()
        found = [(point, self._difference(expected, point)) for point in self.points]
        return self._explored(found)

    def explore_without_retry(self) -> ExplorationResult:
        """As `explore`, for a caller who never asks again: whatever fails, there is one effect or none."""
        environment = self._world
        environment.restore(self._start)
        before = fingerprint(environment)
        self._action()
        after = fingerprint(environment)
        found = []
        for point in self.points:
            self.fail_at(point)
            state = fingerprint(environment)
            found.append((point, "" if state in (before, after) else difference(after, state)))
        return self._explored(found)

    def fail_at(self, point: FaultPoint, *, warm: Callable[[], None] | None = None) -> Answer:
        """Go back to the start and run the operation once, with what goes wrong there."""
        self._world.restore(self._start)
        if warm is not None:
            warm()
        if point.sent.service == SECRETS:
            self._world.restart()
        self._world.injector.begin(point.plan)
        answer = _try_once(self._action)
        made = {(sent.call, sent.title) for sent in self._world.injector.sent}
        self._world.injector.begin()
        assert (point.sent.call, point.sent.title) in made, "the call was not made this time"
        return answer

    def finish(self, answer: Answer = FAILED) -> Answer:
        """Ask until it is done.

        Raises:
            AssertionError: it never is.
        """
        for _ in range(_ATTEMPTS):
            if answer != FAILED:
                return answer
            answer = _try_once(self._action)
        raise AssertionError("it is never done")

    def _points(self, *, cold: bool) -> list[FaultPoint]:
        """Where a good run can fail; ``cold``: where a process that has just begun asks for the secret."""
        environment = self._world
        environment.restore(self._start)
        if cold:
            environment.restart()
        environment.visited.clear()
        self._action()
        assert self._scenario.covers in environment.visited, environment.visited
        calls = {sent.call: sent for sent in environment.injector.sent if (sent.service == SECRETS) == cold}
        points = [FaultPoint(sent, way, plan) for sent in calls.values() for way, plan in _ways(sent)]
        if ALL_WAYS or not self._scenario.moves_nothing:
            return points
        return [each for number, each in enumerate(points) if number % _SOME_WAYS == 0 or each.way in _IN_PART]

    def _difference(self, expected: _Outcome, point: FaultPoint) -> str:
        try:
            return expected.difference(self._outcome(self.fail_at(point)))
        except AssertionError as violated:
            return f"invariant: {violated!s:.300}"

    def _outcome(self, answer: Answer = FAILED) -> _Outcome:
        """Ask until it is done, and once more, as a caller does who has missed the answer."""
        environment, scenario = self._world, self._scenario
        answer = self.finish(answer)
        told = Counter[str]() if scenario.settles else self._state()
        again = _try_once(self._action)
        if scenario.settles:
            environment.settle()
        assert_invariants(environment.storage)
        if scenario.repeats:
            assert again.startswith(DONE), f"the same request again: {again}"
        if scenario.counts:
            answer = again = DONE
        return _Outcome(told, self._state(), answer, again)

    def _state(self) -> Counter[str]:
        found = fingerprint(self._world)
        return Counter(found.keys()) if self._scenario.tries_show else found

    def _explored(self, found: list[tuple[FaultPoint, str]]) -> ExplorationResult:
        broken = tuple(f"{self._scenario.name}, {point}: {what}" for point, what in found if what)
        return ExplorationResult(len(found), broken)


def _try_once(action: Action) -> Answer:
    try:
        return action()
    except (Crash, AppError):
        return FAILED
    except Exception as failure:
        if is_transient(failure):
            return FAILED
        raise AssertionError(f"no outage, but a defect: {failure!r}") from failure


def _ways(sent: SentRequest) -> Iterator[tuple[str, FaultPlan]]:
    """One attempt of the SDK fails, all its attempts do, or the first is lost after its effect and others refused."""
    for fault in (fault for fault in Fault if sent.allows(fault)):
        yield f"{fault}, once", _failing(sent.call, fault, attempts=1)
        if not fault.name.startswith("CRASH") and fault is not Fault.SHORT_PAGE and sent.allows(Fault.THROTTLED):
            yield f"{fault}, whatever the SDK does", _failing(sent.call, fault, attempts=99)
    if sent.allows(Fault.PARTIAL):
        yield _BATCHES_IN_PART, _wherever(Fault.PARTIAL, sent)
    if sent.allows(Fault.SHORT_PAGE):
        yield _PAGES_IN_PART, _wherever(Fault.SHORT_PAGE, sent)
    if not sent.allows(Fault.THROTTLED):
        yield "unreachable from here on", _from(sent, Fault.LOST_REQUEST)
        return
    yield "timeout after effect, then throttled", _lost_then(sent.call, Fault.THROTTLED)
    yield "timeout after effect, then timeouts before", _lost_then(sent.call, Fault.LOST_REQUEST)
    yield "an outage from here on", _from(sent, Fault.THROTTLED)


def _failing(call: int, fault: Fault, *, attempts: int) -> FaultPlan:
    return lambda sent: fault if sent.call == call and sent.attempt <= attempts else None


def _lost_then(call: int, fault: Fault) -> FaultPlan:
    return lambda sent: None if sent.call != call else Fault.LOST_RESPONSE if sent.attempt == 1 else fault


def _wherever(fault: Fault, first: SentRequest) -> FaultPlan:
    """Whatever this can happen to has it from this call on."""
    return lambda sent: fault if sent.call >= first.call and sent.allows(fault) else None


def _from(first: SentRequest, fault: Fault) -> FaultPlan:
    """The service of this call fails from this call on."""
    return lambda sent: fault if sent.call >= first.call and sent.service == first.service else None
