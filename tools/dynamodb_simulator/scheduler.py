"""Concurrency: clients are greenlets that take turns at every step of every request, in an order chosen by a seed."""

import random
from collections.abc import Callable, Sequence
from typing import Final

from greenlet import getcurrent, greenlet

from tools.dynamodb_simulator.simulator import Simulator

_MAX_STEPS: Final = 20_000


class Scheduler:
    """Runs clients until all have ended; ``step`` counts the turns."""

    def __init__(self, simulator: Simulator, choice: random.Random) -> None:
        self._simulator = simulator
        self._choice = choice
        self._clients: list[greenlet] = []
        self.step = 0

    def run(self, clients: Sequence[Callable[[], None]]) -> None:
        """Run clients concurrently.

        Raises:
            Exception: raised by a client; it ends the run.
        """
        hub = getcurrent()
        self._clients = [greenlet(client, parent=hub) for client in clients]
        self._simulator.pause = self._yield_to_others
        try:
            while ready := [each for each in self._clients if not each.dead]:
                self.step += 1
                assert self.step < _MAX_STEPS, "the clients do not end"
                self._choice.choice(ready).switch()
        finally:
            self._simulator.pause = lambda step: None

    def _yield_to_others(self, _: str) -> None:
        """Let another client continue. Does nothing outside a client."""
        current = getcurrent()
        if current in self._clients and current.parent is not None:
            current.parent.switch()
