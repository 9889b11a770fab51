"""What events do with reports: records of the streams are counted, tasks run by the clock."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from chalicelib.container import get_container
from chalicelib.jobs.schedule import JobName
from chalicelib.loans.repository.reconciliation import loan_of_image
from chalicelib.observability.logging import logger
from chalicelib.reporting.domain.counters import LEDGER, LOANS, Counts, loan_counts, posting_counts
from chalicelib.reporting.domain.stream_changes import Change, Image, change_of
from chalicelib.wallets.repository import posting_of_image

BatchAnswer = dict[str, list[dict[str, str]]]


def project_loans(records: Iterable[Mapping[str, Any]]) -> BatchAnswer:
    """Count changes of loans; the answer names the first record that must come again."""
    return _project(LOANS, records, lambda image: loan_counts(loan_of_image(image)))


def project_ledger(records: Iterable[Mapping[str, Any]]) -> BatchAnswer:
    """Count new postings; the answer names the first record that must come again."""
    return _project(LEDGER, records, lambda image: posting_counts(posting_of_image(image)))


def run_task(name: JobName) -> dict[str, int]:
    """Run a task for the clock; gives its counts."""
    return get_container().job_runner.run_scheduled(name)


def _project(
    projection: str, records: Iterable[Mapping[str, Any]], counts_of: Callable[[Image], Counts]
) -> BatchAnswer:
    changes: list[Change] = []
    unreadable: str | None = None
    for record in records:
        try:
            changes.append(change_of(record, counts_of))
        except Exception:  # noqa: BLE001 - the guard of one record: those before it are counted
            logger().exception("unreadable record", extra={"projection": projection})
            unreadable = str(record["dynamodb"]["SequenceNumber"])
            break
    failed = get_container().projections.apply(projection, changes) or unreadable
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}
