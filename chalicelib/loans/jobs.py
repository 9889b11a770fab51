"""What events do with loans: records of the tables' streams, and work from the queue."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.auto_invest.jobs import jobs_after_loan_changes, jobs_after_wallet_changes
from chalicelib.container import get_container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.observability.logging import logger

BatchAnswer = dict[str, list[dict[str, str]]]


def follow_stream(records: Iterable[Mapping[str, Any]]) -> int:
    """Send the work that changes in the loans table ask for; gives how many pieces were sent.

    A failure fails the batch, so that the stream gives it again: the queue may then get a piece twice.
    """
    changes = list(records)
    get_container().invalidator.streamed("loans", changes)
    return _send(jobs_after_loan_changes(record) for record in changes)


def follow_wallets(records: Iterable[Mapping[str, Any]]) -> int:
    """Send the work that money which has come in asks for; gives how many pieces were sent."""
    changes = list(records)
    get_container().invalidator.streamed("wallets", changes)
    return _send(jobs_after_wallet_changes(record) for record in changes)


def sweep_outbox() -> dict[str, int]:
    """Send again the work that waits too long: its message was lost, or has failed too often."""
    return {"sent": get_container().worker.send_again()}


def do_messages(records: Iterable[Mapping[str, Any]]) -> BatchAnswer:
    """Do the work of a batch of queue messages; the answer names those that must come again."""
    failed: list[dict[str, str]] = []
    for record in records:
        try:
            get_container().worker.do(BackgroundJob.read(record["body"]))
        except Exception:  # noqa: BLE001 - the guard of one message: the others of its batch go on
            logger().exception("work failed", extra={"message_id": record["messageId"]})
            failed.append({"itemIdentifier": record["messageId"]})
    return {"batchItemFailures": failed}


def _send(asked_for: Iterable[BackgroundJob | None]) -> int:
    work = list(dict.fromkeys(piece for piece in asked_for if piece is not None))
    if work:
        get_container().queue.send(work)
    return len(work)
