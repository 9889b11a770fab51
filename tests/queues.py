"""A queue for tests that run background jobs themselves."""

from collections.abc import Sequence

from chalicelib.jobs.queue import BackgroundJob


class RecordingQueue:
    """Keeps the jobs instead of sending them to SQS.

    Args:
        name: the queue's name, without the deployment's prefix.
    """

    def __init__(self, name: str = "work") -> None:
        self.name = name
        self.sent: list[BackgroundJob] = []
        self.delayed: list[tuple[BackgroundJob, int]] = []
        """Jobs that were sent with a delay, and the delay in seconds."""

    def send(self, jobs: Sequence[BackgroundJob], delay_seconds: int = 0) -> None:
        if delay_seconds:
            self.delayed.extend((job, delay_seconds) for job in jobs)
        else:
            self.sent.extend(jobs)
