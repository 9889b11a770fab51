"""What events do with loans: records of the table's stream, and work from the queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Final

from chalicelib.common.observability import logger
from chalicelib.common.work import Work
from chalicelib.loans.service.working import work_to_send
from chalicelib.wiring import platform

BatchAnswer = dict[str, list[dict[str, str]]]
_INSERTED: Final = "INSERT"


def follow_stream(records: Iterable[Mapping[str, Any]]) -> int:
    """Send the work that new outbox items name; gives how many pieces were sent.

    A failure fails the batch, so that the stream gives it again: the queue may then get a piece twice.
    """
    work = [
        found
        for record in records
        if record["eventName"] == _INSERTED and (found := work_to_send(record["dynamodb"]["Keys"])) is not None
    ]
    if work:
        platform().queue.send(work)
    return len(work)


def sweep_outbox() -> dict[str, int]:
    """Send again the work that waits too long: its message was lost, or has failed too often."""
    return {"sent": platform().loans.worker.send_again()}


def do_messages(records: Iterable[Mapping[str, Any]]) -> BatchAnswer:
    """Do the work of a batch of queue messages; the answer names those that must come again."""
    failed: list[dict[str, str]] = []
    for record in records:
        try:
            platform().loans.worker.do(Work.read(record["body"]))
        except Exception:  # noqa: BLE001 - the guard of one message: the others of its batch go on
            logger().exception("work failed", extra={"message_id": record["messageId"]})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}
