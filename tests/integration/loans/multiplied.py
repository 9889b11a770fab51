"""Many loans at once: one that was lived through, copied with other ids."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from itertools import count
from typing import Any, Final

from chalicelib.shared.ids import derived_id, moment_of
from tests.engines import Storage

_NUMBERS = count(1)
_BATCH: Final = 25
_PARTS: Final = ("LOAN", "SCHEDULE")


def copied_loans(storage: Storage, loan_id: str, *, count: int, due: date) -> list[str]:
    """Copies of a running loan and its schedule on which the clock must act on a day; gives their ids."""
    table = f"{storage.prefix}loans"
    patterns = [
        storage.client.get_item(TableName=table, Key={"pk": {"S": f"LOAN#{loan_id}"}, "sk": {"S": part}})["Item"]
        for part in _PARTS
    ]
    copies = [derived_id(moment_of(loan_id), loan_id, str(next(_NUMBERS))) for _ in range(count)]
    _put(storage, [item for copy in copies for item in _copied(patterns, copy, due)])
    return copies


def entries_of_the_agenda(storage: Storage, *, count: int, due: date) -> None:
    """As much of loans as the index by next action holds."""
    names = [f"{number:026d}" for number in range(count)]
    _put(storage, [{**_on_the_agenda(name, due), "sk": {"S": "LOAN"}} for name in names])


def _put(storage: Storage, items: list[dict[str, Any]]) -> None:
    for start in range(0, len(items), _BATCH):
        requests: Any = [{"PutRequest": {"Item": item}} for item in items[start : start + _BATCH]]
        storage.client.batch_write_item(RequestItems={f"{storage.prefix}loans": requests})


def _copied(patterns: list[Any], loan_id: str, due: date) -> Iterator[dict[str, Any]]:
    loan, schedule = patterns
    yield {**loan, **_on_the_agenda(loan_id, due), "loan_id": {"S": loan_id}}
    yield {**schedule, "pk": {"S": f"LOAN#{loan_id}"}}


def _on_the_agenda(loan_id: str, due: date) -> dict[str, Any]:
    return {
        "pk": {"S": f"LOAN#{loan_id}"},
        "action_shard": {"S": "ACTION#0"},
        "next_action": {"S": f"{due}#{loan_id}"},
    }
