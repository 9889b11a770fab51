"""A queue that keeps what it is given, for tests that play the worker themselves."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.common.work import Work


class RecordingQueue:
    """Stands in for SQS."""

    def __init__(self) -> None:
        self.sent: list[Work] = []

    def send(self, work: Sequence[Work]) -> None:
        """Keep the work."""
        self.sent.extend(work)
