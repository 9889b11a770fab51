"""One `TransactWriteItems` put together by several repositories; the item that refuses it explains why."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import uuid4

from pynamodb.exceptions import CancellationReason, VerboseClientError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.update import Action

from chalicelib.dynamodb.database import RETRY_DEADLINE_SECONDS, Database, OptimisticLockError, backoff_delays
from chalicelib.dynamodb.model import (
    Item,
    Parameters,
    PreparedWrite,
    change_call,
    item_absent,
    put_call,
    version_unchanged,
)
from chalicelib.shared.errors import Unavailable

RawItem = Mapping[str, Mapping[str, Any]]
OnConditionFailed = Callable[[RawItem | None], Exception]

MAX_ITEMS: Final = 100
_WRITES: Final = frozenset({"Put", "Update", "Delete"})
_CONDITION_FAILED: Final = "ConditionalCheckFailed"
_COME_BACK: Final = frozenset({"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", None})
_CANCELED: Final = "TransactionCanceledException"
_BUSY: Final = frozenset(
    {
        "TransactionInProgressException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
    }
)


def optimistic_lock_failed(_: RawItem | None) -> Exception:
    """The explanation of a lost race: somebody else wrote first."""
    return OptimisticLockError()


@dataclass(frozen=True, slots=True)
class _Operation:
    call: Mapping[str, Any]
    on_condition_failed: OnConditionFailed
    rank: int


class WriteTransaction:
    """A unit of work. Repositories add operations; ``commit`` does all of them or none.

    Each operation brings ``refuse``, which turns the item's old value into the refusal to raise when the
    operation's condition fails. Of several the lowest ``rank`` speaks, then the first added.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._operations: list[_Operation] = []

    def __len__(self) -> int:
        return len(self._operations)

    def put(
        self,
        item: Item,
        condition: Condition | None = None,
        *,
        on_condition_failed: OnConditionFailed = optimistic_lock_failed,
    ) -> None:
        """Add a put of a whole item."""
        self._add("Put", put_call(item, condition), on_condition_failed, 1)

    def put_new(self, item: Item, *, on_condition_failed: OnConditionFailed = optimistic_lock_failed) -> None:
        """Add a put of an item that does not exist yet."""
        self.put_if(item, item_absent(type(item)), {}, on_condition_failed=on_condition_failed)

    def put_next(self, item: Item, *, was: int) -> None:
        """Add a put in the place of an item that is still of the version ``was``."""
        self.put_if(item, version_unchanged(type(item)), {"was": was})

    def put_if(
        self,
        item: Item,
        phrase: PreparedWrite,
        filled: Parameters,
        *,
        on_condition_failed: OnConditionFailed = optimistic_lock_failed,
        rank: int = 1,
    ) -> None:
        """Add a put of a whole item under a condition that was composed before."""
        self._add("Put", phrase.put(item, filled), on_condition_failed, rank)

    def update(
        self,
        item: Item,
        actions: Sequence[Action],
        condition: Condition | None = None,
        *,
        on_condition_failed: OnConditionFailed = optimistic_lock_failed,
    ) -> None:
        """Add an update of the item that has this item's key."""
        self._add("Update", change_call(item, actions, condition), on_condition_failed, 1)

    def change(
        self,
        item: Item,
        phrase: PreparedWrite,
        filled: Parameters,
        *,
        on_condition_failed: OnConditionFailed = optimistic_lock_failed,
    ) -> None:
        """Add an update, composed before, of the item that has this item's key."""
        self._add("Update", phrase.change(item, filled), on_condition_failed, 1)

    def delete(
        self, item: Item, condition: Condition, *, on_condition_failed: OnConditionFailed = optimistic_lock_failed
    ) -> None:
        """Add a delete of the item that has this item's key."""
        self._add("Delete", change_call(item, (), condition), on_condition_failed, 1)

    def delete_if(self, item: Item, phrase: PreparedWrite, filled: Parameters) -> None:
        """Add a delete, under a condition that was composed before, of the item that has this item's key."""
        self._add("Delete", phrase.change(item, filled), optimistic_lock_failed, 1)

    def check(
        self, item: Item, condition: Condition, *, on_condition_failed: OnConditionFailed = optimistic_lock_failed
    ) -> None:
        """Add a condition on an item that is not written."""
        self._add("ConditionCheck", change_call(item, (), condition), on_condition_failed, 1)

    def commit(self) -> None:
        """Carry out all operations, or none.

        All attempts carry one token: where the first has happened and its answer was lost, a later one learns
        so, instead of failing at the conditions that the first has made untrue.

        Raises:
            Exception: what the failed operation's ``refuse`` gives (a refusal, or ``OptimisticLockError``).
            Unavailable: contention or throttling lasted until the deadline.
        """
        give_up_at, token = time.monotonic() + RETRY_DEADLINE_SECONDS, str(uuid4())
        for pause in backoff_delays():
            try:
                reasons = self._attempt(token)
            except Exception:
                self._database.tell(self._changes(), outcome_known=False)
                raise
            if reasons is None:
                self._database.tell(self._changes())
                return
            self._explain(reasons)
            if time.monotonic() + pause > give_up_at:
                raise Unavailable
            time.sleep(pause)

    def _changes(self) -> list[tuple[str, RawItem]]:
        """The items that were written, or their keys."""
        calls = [call for operation in self._operations for kind, call in operation.call.items() if kind in _WRITES]
        return [(call["TableName"], call.get("Item") or call["Key"]) for call in calls]

    def _add(self, kind: str, call: Mapping[str, Any], on_condition_failed: OnConditionFailed, rank: int) -> None:
        self._operations.append(_Operation({kind: call}, on_condition_failed, rank))

    def _attempt(self, token: str) -> Sequence[CancellationReason | None] | None:
        """Send once. None: done. Reasons: cancelled; no reasons: busy."""
        items = [operation.call for operation in self._operations]
        try:
            self._database.transact(items, token)
        except VerboseClientError as error:
            code = error.response.get("Error", {}).get("Code")
            if code == _CANCELED:
                return list(error.cancellation_reasons)
            if code in _BUSY:
                return []
            raise
        return None

    def _explain(self, reasons: Sequence[CancellationReason | None]) -> None:
        failed = [
            (operation, reason)
            for operation, reason in zip(self._operations, reasons, strict=False)
            if reason is not None and reason.code == _CONDITION_FAILED
        ]
        if failed:
            operation, reason = min(failed, key=lambda pair: pair[0].rank)
            raise operation.on_condition_failed(reason.raw_item)
        unexpected = {reason.code for reason in reasons if reason is not None} - _COME_BACK
        if unexpected:
            raise RuntimeError(f"transaction refused by DynamoDB: {sorted(map(str, unexpected))}")
