"""The clock of a laptop, which operators advance: its state, and the port that the local server provides."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final, Protocol

from chalicelib.shared.errors import Conflict

MOST_DAYS: Final = 3660
"""One advance covers up to ten years."""


class ClockAdvancing(Conflict):
    code = "clock_advancing"
    detail = "The clock is advancing. Try again when it is ready."


@dataclass(frozen=True, slots=True)
class CompletedJob:
    """A scheduled job that ran because the clock advanced: the business day, and counts of what it did."""

    name: str
    day: date
    counts: Mapping[str, int]


@dataclass(frozen=True, slots=True)
class ClockState:
    """The business time, whether it is advancing, and the jobs of the last advance in their order."""

    now: datetime
    is_advancing: bool
    jobs: tuple[CompletedJob, ...] = ()


class SandboxClock(Protocol):
    """A business clock that can be set forward."""

    @property
    def latest(self) -> datetime:
        """The latest time to which it can be set."""

    def state(self) -> ClockState:
        """Return the current state."""

    def start(self, target: datetime, record: Callable[[], None]) -> None:
        """Begin to advance. Nothing starts if ``record`` fails.

        Args:
            target: the business time to reach.
            record: stores that the clock was advanced; it is called once.

        Raises:
            ClockAdvancing: it is advancing already.
        """
