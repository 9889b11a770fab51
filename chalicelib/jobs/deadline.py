"""A moment after which work stops and goes on later."""

from __future__ import annotations

import time


class Deadline:
    """So many seconds from now, by a clock that never jumps."""

    def __init__(self, seconds: int) -> None:
        self._end = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        """Whether the seconds have passed."""
        return time.monotonic() >= self._end
