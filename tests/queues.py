"""A queue that keeps what it is given, for tests that play the worker themselves."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.jobs.queue import BackgroundJob


class RecordingQueue:
    """Stands in for SQS."""

    def __init__(self) -> None:
        self.sent: list[BackgroundJob] = []

    def send(self, work: Sequence[BackgroundJob]) -> None:
        """Keep the work."""
        self.sent.extend(work)
