"""Stream handlers: count the changes of loans and of the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from chalicelib.container import get_container
from chalicelib.reporting.domain.counters import LEDGER, LOANS

BatchResponse = dict[str, list[dict[str, str]]]


def project_loans(records: Iterable[Mapping[str, Any]]) -> BatchResponse:
    """Count changes of loans."""
    return _project(LOANS, records)


def project_ledger(records: Iterable[Mapping[str, Any]]) -> BatchResponse:
    """Count new postings."""
    return _project(LEDGER, records)


def _project(projection: str, records: Iterable[Mapping[str, Any]]) -> BatchResponse:
    """Return the first record that Lambda must deliver again, if any."""
    failed = get_container().projections.apply(projection, records)
    return {"batchItemFailures": [] if failed is None else [{"itemIdentifier": failed}]}
