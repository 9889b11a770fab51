"""Callers at the same time: greenlets that change places at every step of every request, as a seed decides."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from typing import Final

from greenlet import getcurrent, greenlet

from tools.dynamodb_simulator.simulator import Simulator

_MOST_STEPS: Final = 20_000


class Scheduler:
    """Runs callers until all have ended; ``step`` counts the changes of places."""

    def __init__(self, simulator: Simulator, choice: random.Random) -> None:
        self._simulator = simulator
        self._choice = choice
        self._callers: list[greenlet] = []
        self.step = 0

    def run(self, callers: Sequence[Callable[[], None]]) -> None:
        """Let callers run side by side.

        Raises:
            Exception: what a caller raised, which ends the run.
        """
        hub = getcurrent()
        self._callers = [greenlet(caller, parent=hub) for caller in callers]
        self._simulator.pause = self._give_way
        try:
            while ready := [each for each in self._callers if not each.dead]:
                self.step += 1
                assert self.step < _MOST_STEPS, "the callers never end"
                self._choice.choice(ready).switch()
        finally:
            self._simulator.pause = lambda step: None

    def _give_way(self, _: str) -> None:
        """Let another caller go on; only callers do."""
        current = getcurrent()
        if current in self._callers and current.parent is not None:
            current.parent.switch()
