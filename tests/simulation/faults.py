"""Every call of an operation fails in every way; afterwards the world must look as if nothing had happened."""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.common.errors import Refusal
from chalicelib.common.outages import is_outage
from tests.simulation.invariants import assert_invariants
from tests.simulation.values import Item
from tests.simulation.wire import Crash, Fault, Plan, Sent
from tests.simulation.world import World

Answer = str
"""What an operation came to: ``done``, ``refused`` and why, or ``failed``, where trying again makes sense."""
Action = Callable[[], Answer]
DONE: Final = "done"
FAILED: Final = "failed"
_ATTEMPTS: Final = 6
_ULID: Final = re.compile(r"\b[0-7][0-9A-HJKMNP-TV-Z]{25}\b")
_HOT: Final = re.compile(r"((?:platform:fees|external:cash)#[0-9-]+)#\d+")
_NO_SHARD: Final = r"\1"
_TEXTS: Final[dict[int, tuple[Item, str]]] = {}
_INCIDENTAL: Final = frozenset({"request_id", "duration_ms"})
"""What differs from one run of the same operation to the next, and means nothing."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """An operation in its world: ``prepare`` leads up to it and gives it."""

    name: str
    prepare: Callable[[World], Action]
    settles: bool = False
    """Whether what follows it in streams and queue is compared, and not the state before that."""
    repeats: bool = True
    """Whether the same request again is answered as the first, having a key."""


@dataclass(frozen=True, slots=True)
class Point:
    """A place and a way to fail."""

    call: int
    title: str
    way: str
    plan: Plan

    def __str__(self) -> str:
        return f"call {self.call} {self.title}: {self.way}"


@dataclass(frozen=True, slots=True)
class Explored:
    """What came of a scenario."""

    scenario: str
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
        return _difference(self.told, found.told) or _difference(self.state, found.state)


def explore(world: World, scenario: Scenario) -> Explored:
    """Run a scenario once well, then once for each point of failure, and compare."""
    action = scenario.prepare(world)
    start = world.moment()
    calls = _calls(world, action)
    world.back_to(start)
    expected = _outcome(world, scenario, action)
    broken: list[str] = []
    points = list(_points(calls))
    for point in points:
        world.back_to(start)
        world.wire.begin(point.plan)
        try:
            first = _try_once(action)
            world.wire.begin()
            difference = expected.difference(_outcome(world, scenario, action, first))
        except AssertionError as violated:
            difference = f"invariant: {violated!s:.300}"
        if difference:
            broken.append(f"{scenario.name}, {point}: {difference}")
    return Explored(scenario.name, len(points), tuple(broken))


def once_without_retry(world: World, scenario: Scenario) -> Explored:
    """As `explore`, for a caller who never asks again: whatever fails, there is one effect or none."""
    action = scenario.prepare(world)
    start = world.moment()
    before = fingerprint(world)
    calls = _calls(world, action)
    after = fingerprint(world)
    broken: list[str] = []
    points = list(_points(calls))
    for point in points:
        world.back_to(start)
        world.wire.begin(point.plan)
        _try_once(action)
        world.wire.begin()
        found = fingerprint(world)
        if found not in (before, after):
            broken.append(f"{scenario.name}, {point}: {_difference(after, found)}")
    return Explored(scenario.name, len(points), tuple(broken))


def _calls(world: World, action: Action) -> list[Sent]:
    """The calls of a good run, recorded."""
    world.wire.begin()
    action()
    return list({sent.call: sent for sent in world.wire.sent}.values())


def _outcome(world: World, scenario: Scenario, action: Action, answer: Answer = FAILED) -> _Outcome:
    """Ask until it is done, and once more, as a caller does who has missed the answer."""
    for _ in range(_ATTEMPTS):
        if answer != FAILED:
            break
        answer = _try_once(action)
    assert answer != FAILED, "it is never done"
    told = Counter() if scenario.settles else fingerprint(world)
    again = _try_once(action)
    if scenario.settles:
        world.settle()
    assert_invariants(world.storage)
    if scenario.repeats:
        assert again == DONE, f"the same request again: {again}"
    return _Outcome(told, fingerprint(world), answer, again)


def _try_once(action: Action) -> Answer:
    try:
        return action()
    except (Crash, Refusal):
        return FAILED
    except Exception as failure:
        if is_outage(failure):
            return FAILED
        raise AssertionError(f"no outage, but a defect: {failure!r}") from failure


def _points(calls: list[Sent]) -> Iterator[Point]:
    for sent in calls:
        for way, plan in _ways(sent):
            yield Point(sent.call, sent.title, way, plan)


def _ways(sent: Sent) -> Iterator[tuple[str, Plan]]:
    """One attempt of the SDK fails, all its attempts do, or the first is lost after its effect and others refused."""
    for fault in Fault:
        if not sent.may(fault):
            continue
        yield f"{fault}, once", _failing(sent.call, fault, attempts=1)
        if not fault.name.startswith("CRASH"):
            yield f"{fault}, whatever the SDK does", _failing(sent.call, fault, attempts=99)
    yield "timeout after effect, then throttled", _lost_then(sent.call, Fault.THROTTLED)
    yield "timeout after effect, then timeouts before", _lost_then(sent.call, Fault.LOST_REQUEST)
    yield "an outage from here on", lambda other: Fault.THROTTLED if other.call >= sent.call else None


def _failing(call: int, fault: Fault, *, attempts: int) -> Plan:
    return lambda sent: fault if sent.call == call and sent.attempt <= attempts else None


def _lost_then(call: int, fault: Fault) -> Plan:
    return lambda sent: None if sent.call != call else Fault.LOST_ANSWER if sent.attempt == 1 else fault


def fingerprint(world: World) -> Counter[str]:
    """All items, with what is drawn by chance made equal."""
    return Counter(_shown(table.name, item) for table in world.double.tables.values() for item in table.everything())


def _shown(table: str, item: Item) -> str:
    """An item as text; most items stay the same object from point to point, so the text is kept with it."""
    known = _TEXTS.get(id(item))
    if known is not None and known[0] is item:
        return known[1]
    text = json.dumps({name: item[name] for name in item if name not in _INCIDENTAL}, sort_keys=True)
    text = f"{table} {_HOT.sub(_NO_SHARD, _ULID.sub('ULID', text))}"
    _TEXTS[id(item)] = (item, text)
    return text


def _difference(expected: Counter[str], found: Counter[str]) -> str:
    missing, extra = expected - found, found - expected
    if not missing and not extra:
        return ""
    lines = [f"- {text:.400}" for text in list(missing)[:4]] + [f"+ {text:.400}" for text in list(extra)[:4]]
    return "state differs\n    " + "\n    ".join(lines)
