"""Scripts of histories: a seed that decides everything, and the parts left out to find the smallest failing history."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tools.dynamodb_simulator.fault_injector import Fault, FaultPlan, SentRequest, no_faults

FAULTS: Final = "faults"
LAGS: Final = "lags"
MAX_OPERATIONS: Final = 2
"""Operations of one client."""
_FAULT_PROBABILITY: Final = 0.04
_FAULTS: Final = tuple(fault for fault in Fault if fault is not Fault.SHORT_PAGE)
_SHORT_PAGE_PROBABILITY: Final = 0.25
_MAX_LAG: Final = 3
_ORDERS: Final = 10
"""Interleavings in which a smaller history is tried."""


@dataclass(frozen=True, slots=True)
class Script:
    """A seed decides the operations; seed and ``order`` decide how clients take turns.

    ``without`` names the parts left out: an operation as ``2-0`` (client and number), all faults, all lags.
    """

    seed: int
    without: frozenset[str] = frozenset()
    order: int = 0

    @classmethod
    def read(cls, text: str) -> Script:
        """Parse the text that a failure prints, or a seed."""
        seed, _, rest = text.partition("/")
        order, _, without = rest.partition("/")
        return cls(int(seed), frozenset(filter(None, without.split(","))), int(order or 0))

    def __str__(self) -> str:
        return f"{self.seed}/{self.order}/{','.join(sorted(self.without))}"

    def operations_of_clients(self, max_clients: int) -> tuple[tuple[str, ...], ...]:
        """Return the labels of each client's operations: three clients or more, each with an operation."""
        drawn = random.Random(f"callers {self.seed}")
        clients = range(drawn.randint(3, max_clients))
        labels = [[f"{client}-{number}" for number in range(drawn.randint(1, MAX_OPERATIONS))] for client in clients]
        left = [tuple(label for label in each if label not in self.without) for each in labels]
        return tuple(each for each in left if each)

    def random_for(self, label: str) -> random.Random:
        """Return the generator that decides one operation, whatever else is left out."""
        return random.Random(f"deed {label} {self.seed}")

    def random_for_run(self) -> random.Random:
        """Return the generator that decides everything else."""
        return random.Random(f"way {self.order} {self.seed}")

    def max_lag(self, choice: random.Random) -> int:
        """Return the number of changes by which reads may lag."""
        return 0 if LAGS in self.without else choice.randint(0, _MAX_LAG)

    def plan(self, choice: random.Random) -> FaultPlan:
        """Return a plan with random faults and short pages."""
        pages = random.Random(f"pages {self.order} {self.seed}")
        if FAULTS in self.without:
            return no_faults
        return lambda sent: _random_fault(choice, sent) or _short_page(pages, sent)


def shrink(script: Script, parts: frozenset[str], fails: Callable[[Script], bool]) -> Script:
    """Leave out one of the parts after the other while the history still fails."""
    while (smaller := next((each for each in _smaller_scripts(script, parts) if fails(each)), None)) is not None:
        script = smaller
    return script


def _smaller_scripts(script: Script, parts: frozenset[str]) -> Iterator[Script]:
    for part in sorted(parts - script.without):
        for order in range(_ORDERS):
            yield replace(script, without=script.without | {part}, order=order)


def _random_fault(choice: random.Random, sent: SentRequest) -> Fault | None:
    fault = choice.choice(_FAULTS) if choice.random() < _FAULT_PROBABILITY else None
    return fault if fault is not None and sent.allows(fault) else None


def _short_page(pages: random.Random, sent: SentRequest) -> Fault | None:
    return Fault.SHORT_PAGE if sent.allows(Fault.SHORT_PAGE) and pages.random() < _SHORT_PAGE_PROBABILITY else None
