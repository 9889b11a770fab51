"""A time limit after which work stops and continues later."""

import time


class Deadline:
    """A number of seconds from now, on the monotonic clock."""

    def __init__(self, seconds: int) -> None:
        self._end = time.monotonic() + seconds

    @property
    def is_over(self) -> bool:
        return time.monotonic() >= self._end
