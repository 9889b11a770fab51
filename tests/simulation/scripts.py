"""What a history is played from: a seed, and what of it is left out to see whether it fails without, too."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Final

from tools.dynamodb_simulator.fault_injector import Fault, FaultPlan, SentRequest, no_faults

FAULTS: Final = "faults"
LAGS: Final = "lags"
_FAULTY: Final = 0.04
_FAILURES: Final = tuple(fault for fault in Fault if fault is not Fault.SHORT_PAGE)
_CUT_SHORT: Final = 0.25
"""So many pages end early: whoever reads on has lost nothing by that."""
_MAX_LAG: Final = 3
_ORDERS: Final = 10
"""In so many orders of its clients a shorter history is tried."""


@dataclass(frozen=True, slots=True)
class Script:
    """A seed decides who does what, and with ``order`` who goes first at every step; ``without`` names what is
    left out: a caller's deed as ``2-0``, all faults, all lags.
    """

    seed: int
    without: frozenset[str] = frozenset()
    order: int = 0

    @classmethod
    def read(cls, text: str) -> Script:
        """From the text that a failure shows, or from a seed alone."""
        seed, _, rest = text.partition("/")
        order, _, without = rest.partition("/")
        return cls(int(seed), frozenset(filter(None, without.split(","))), int(order or 0))

    def __str__(self) -> str:
        return f"{self.seed}/{self.order}/{','.join(sorted(self.without))}"

    def deeds(self, *, most_callers: int, most_deeds: int) -> tuple[tuple[str, ...], ...]:
        """The labels of each caller's deeds; three clients or more, none without a deed."""
        drawn = random.Random(f"clients {self.seed}")
        clients = range(drawn.randint(3, most_callers))
        labels = [[f"{caller}-{number}" for number in range(drawn.randint(1, most_deeds))] for caller in clients]
        left = [tuple(label for label in each if label not in self.without) for each in labels]
        return tuple(each for each in left if each)

    def chance_of(self, label: str) -> random.Random:
        """What decides about one deed, whatever is left out beside it."""
        return random.Random(f"deed {label} {self.seed}")

    def chance(self) -> random.Random:
        """What decides about everything that happens on the way."""
        return random.Random(f"way {self.order} {self.seed}")

    def max_lag(self, choice: random.Random) -> int:
        """How many changes reads may lag behind."""
        return 0 if LAGS in self.without else choice.randint(0, _MAX_LAG)

    def plan(self, choice: random.Random) -> FaultPlan:
        """What goes wrong."""
        pages = random.Random(f"pages {self.order} {self.seed}")
        return no_faults if FAULTS in self.without else lambda sent: _drawn(choice, sent) or _cut(pages, sent)


def shrink(script: Script, parts: frozenset[str], fails: Callable[[Script], bool]) -> Script:
    """Leave out one part after the other while the history still fails; ``parts`` are those it may do without."""
    while (smaller := next((each for each in _shorter(script, parts) if fails(each)), None)) is not None:
        script = smaller
    return script


def _shorter(script: Script, parts: frozenset[str]) -> Iterator[Script]:
    for part in sorted(parts - script.without):
        for order in range(_ORDERS):
            yield replace(script, without=script.without | {part}, order=order)


def _drawn(choice: random.Random, sent: SentRequest) -> Fault | None:
    """Something that goes wrong, now and then."""
    fault = choice.choice(_FAILURES) if choice.random() < _FAULTY else None
    return fault if fault is not None and sent.allows(fault) else None


def _cut(pages: random.Random, sent: SentRequest) -> Fault | None:
    """A page that ends early."""
    return Fault.SHORT_PAGE if sent.allows(Fault.SHORT_PAGE) and pages.random() < _CUT_SHORT else None
