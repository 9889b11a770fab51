"""Linearizability: some order of the operations explains the results that all clients observed.

Source: J. M. Wing and C. Gong, "Testing and Verifying Concurrent Objects" (1993).
"""

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

State = TypeVar("State", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Observation(Generic[State]):
    """One operation: when it began and ended, and its possible effects.

    ``outcomes`` returns the states after the operation that agree with its observed result, given the state before;
    none if the result is impossible in that state.
    """

    began: int
    ended: int
    outcomes: Callable[[State], Iterable[State]]


def is_linearizable(history: Sequence[Observation[State]], *, first: State, agrees: Callable[[State], bool]) -> bool:
    """Return whether some order of the operations explains their results.

    The order must keep operations that ended before others began in front of them.

    Args:
        history: the operations.
        first: the state before them.
        agrees: decides whether a state can be the one after them.
    """
    dead_ends: set[tuple[frozenset[int], State]] = set()

    def explain(left: frozenset[int], state: State) -> bool:
        if not left:
            return agrees(state)
        if (left, state) in dead_ends:
            return False
        soonest = min(history[number].ended for number in left)
        for number in sorted(left):
            if history[number].began > soonest:
                continue
            if any(explain(left - {number}, after) for after in history[number].outcomes(state)):
                return True
        dead_ends.add((left, state))
        return False

    return explain(frozenset(range(len(history))), first)
