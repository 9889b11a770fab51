"""Jobs that wake workers up. The table `events` holds the work, so a lost message only delays it until the sweep."""

from collections.abc import Iterable
from typing import Final

from chalicelib.dynamodb.errors import is_transient
from chalicelib.jobs.queue import BackgroundJob, JobQueue
from chalicelib.observability.logging import logger
from chalicelib.shared.errors import Unavailable

DELIVER: Final = "DELIVER"
"""Drain an endpoint; the subject is ``<user id>#<endpoint id>``, the key an event id or empty."""
SEND_EMAIL: Final = "SEND_EMAIL"
"""Send an email; the subject is its key."""
FAN_OUT: Final = "FAN_OUT"
"""Publish an event to all lenders of a loan; the subject is the event's id."""
PUT_ON_BUS: Final = "PUT_ON_BUS"
"""Put an event on the event bus; the subject is the event's id."""


class Wakeups:
    """Sends jobs to the queue of their kind.

    Args:
        queues: queues by kind of job.
    """

    def __init__(self, *, work: JobQueue, deliveries: JobQueue, emails: JobQueue) -> None:
        self._queues = {FAN_OUT: work, DELIVER: deliveries, SEND_EMAIL: emails, PUT_ON_BUS: deliveries}

    def send(self, jobs: Iterable[BackgroundJob], *, delay_seconds: int = 0) -> None:
        """Send jobs, each once, which are delivered after a delay of 0 to 900 seconds.

        Raises:
            Unavailable: a queue did not accept a message.
        """
        by_kind: dict[str, list[BackgroundJob]] = {}
        for job in dict.fromkeys(jobs):
            by_kind.setdefault(job.kind, []).append(job)
        for kind, of_kind in by_kind.items():
            self._queues[kind].send(of_kind, delay_seconds)

    def try_send(self, jobs: Iterable[BackgroundJob]) -> None:
        """Send jobs after a committed request. If a queue is down, log it: the sweep finds the work."""
        try:
            self.send(jobs)
        except Exception as error:
            if not isinstance(error, Unavailable) and not is_transient(error):
                raise
            logger().warning("a job was not sent", exc_info=True)


def delivery_job(user_id: str, endpoint_id: str, event_id: str = "") -> BackgroundJob:
    """Return the job that drains an endpoint."""
    return BackgroundJob(DELIVER, f"{user_id}#{endpoint_id}", event_id)
