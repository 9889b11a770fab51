"""Whether what callers saw of one wallet can be explained by some order of their operations.

Source: J. M. Wing and C. Gong, "Testing and Verifying Concurrent Objects" (1993).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Seen:
    """One operation: when it began and ended, by how much it would move the balance, and what came of it.

    ``is_done`` False: it was refused because less was there. ``read`` is a balance that was shown at the end.
    """

    began: int
    ended: int
    change: int = 0
    is_done: bool = True
    read: int | None = None

    def after(self, balance: int) -> int | None:
        """The balance after it, if it may happen at this balance as it was seen; else None."""
        if not self.is_done:
            return balance if balance + self.change < 0 else None
        new = balance + self.change
        if new < 0 or (self.read is not None and self.read != new):
            return None
        return new


def is_linearizable(history: Sequence[Seen], *, first: int, last: int) -> bool:
    """Whether some order that keeps what ended before what began later leads from one balance to the other."""
    dead_ends: set[tuple[frozenset[int], int]] = set()

    def explain(left: frozenset[int], balance: int) -> bool:
        if not left:
            return balance == last
        if (left, balance) in dead_ends:
            return False
        soonest = min(history[number].ended for number in left)
        for number in sorted(left):
            if history[number].began > soonest:
                continue
            after = history[number].after(balance)
            if after is not None and explain(left - {number}, after):
                return True
        dead_ends.add((left, balance))
        return False

    return explain(frozenset(range(len(history))), first)
