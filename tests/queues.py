"""A queue for tests that run background jobs themselves."""

from collections.abc import Sequence

from chalicelib.jobs.queue import BackgroundJob


class RecordingQueue:
    """Keeps the jobs instead of sending them to SQS."""

    def __init__(self) -> None:
        self.sent: list[BackgroundJob] = []

    def send(self, jobs: Sequence[BackgroundJob]) -> None:
        self.sent.extend(jobs)
