"""Workers: run the background jobs of a queue, and send lost ones again."""

from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any, Final

from chalicelib.jobs.outbox import OutboxRepository
from chalicelib.jobs.queue import BackgroundJob, JobQueue
from chalicelib.observability.logging import logger
from chalicelib.shared.clock import Clock

RESENT_AFTER: Final = timedelta(minutes=5)
_MAX_RESENT: Final = 500

JobHandler = Callable[[BackgroundJob], int]
"""Does a job and returns the number of changes."""


class JobDispatcher:
    """Passes each job of a queue to the handler of its kind.

    Args:
        handlers: handlers by kind.
    """

    def __init__(self, handlers: Mapping[str, JobHandler]) -> None:
        self._handlers = handlers

    def do(self, job: BackgroundJob) -> int:
        """Do a job and return the number of changes.

        Raises:
            KeyError: the kind is unknown.
        """
        return self._handlers[job.kind](job)

    def process(self, records: list[dict[str, Any]]) -> Mapping[str, Any]:
        """Do the jobs of a batch of queue messages, and return the messages that must be delivered again."""
        return process_messages(records, lambda text: self.do(BackgroundJob.read(text)))


class OutboxWorker(JobDispatcher):
    """The dispatcher of the queue whose jobs the outbox keeps until they are done."""

    def __init__(
        self, handlers: Mapping[str, JobHandler], outbox: OutboxRepository, queue: JobQueue, clock: Clock
    ) -> None:
        super().__init__(handlers)
        self._outbox = outbox
        self._queue = queue
        self._clock = clock

    def send_again(self) -> dict[str, int]:
        """Send jobs again that have waited for more than five minutes, and count them."""
        late = self._outbox.pending_since(self._clock() - RESENT_AFTER, limit=_MAX_RESENT)
        if late:
            self._queue.send(late)
        return {"sent": len(late)}


def process_messages(records: list[dict[str, Any]], process: Callable[[str], object]) -> Mapping[str, Any]:
    """Process the texts of a batch of queue messages, and return the messages that must be delivered again."""
    from aws_lambda_powertools.utilities.batch import BatchProcessor, EventType

    def handle(record: Any) -> None:
        try:
            process(record.body)
        except Exception:
            logger().exception("work failed", extra={"message_id": record.message_id})
            raise

    processor = BatchProcessor(EventType.SQS, raise_on_entire_batch_failure=False)
    with processor(records=records, handler=handle):
        processor.process()
    return processor.response()
