"""What events do with loans: records of the tables' streams, and work from the queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.common.observability import logger
from chalicelib.common.work import Work
from chalicelib.loans.service.triggers import work_after_loans, work_after_wallets
from chalicelib.wiring import platform

BatchAnswer = dict[str, list[dict[str, str]]]


def follow_stream(records: Iterable[Mapping[str, Any]]) -> int:
    """Send the work that changes in the loans table ask for; gives how many pieces were sent.

    A failure fails the batch, so that the stream gives it again: the queue may then get a piece twice.
    """
    changes = list(records)
    platform().invalidator.streamed("loans", changes)
    return _send(work_after_loans(record) for record in changes)


def follow_wallets(records: Iterable[Mapping[str, Any]]) -> int:
    """Send the work that money which has come in asks for; gives how many pieces were sent."""
    changes = list(records)
    platform().invalidator.streamed("wallets", changes)
    return _send(work_after_wallets(record) for record in changes)


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


def _send(asked_for: Iterable[Work | None]) -> int:
    work = list(dict.fromkeys(piece for piece in asked_for if piece is not None))
    if work:
        platform().queue.send(work)
    return len(work)
