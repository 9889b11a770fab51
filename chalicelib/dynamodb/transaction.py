"""Transactions: one `TransactWriteItems` that several repositories contribute to."""

import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, NamedTuple
from uuid import uuid4

from botocore.exceptions import ClientError

from chalicelib.dynamodb.database import Database, OnConditionFailed, optimistic_lock_failed, write_request
from chalicelib.dynamodb.expressions import Expression
from chalicelib.dynamodb.model import Item
from chalicelib.dynamodb.retry import RETRY_DEADLINE_SECONDS, backoff_delays
from chalicelib.shared.errors import Unavailable

MAX_ITEMS: Final = 100
IDEMPOTENCY_PRECEDENCE: Final = 0
_DEFAULT_PRECEDENCE: Final = 1
_WRITES: Final = frozenset({"Put", "Update", "Delete"})
_CONDITION_FAILED: Final = "ConditionalCheckFailed"
_RETRIED_REASONS: Final = frozenset(
    {"TransactionConflict", "ThrottlingError", "ProvisionedThroughputExceeded", "None", _CONDITION_FAILED}
)
_CANCELLED: Final = "TransactionCanceledException"
_RETRIED_ERRORS: Final = frozenset(
    {
        "TransactionInProgressException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ThrottlingException",
    }
)
CancellationReason = Mapping[str, Any]


class _Operation(NamedTuple):
    kind: str
    request: dict[str, Any]
    on_condition_failed: OnConditionFailed
    precedence: int


class TransactionTooLarge(Unavailable):
    """An amendment needs more operations than a transaction may have. Batches are tried again with fewer items."""


class Amendment(Exception):
    """The reason to commit again with other operations in place of one whose condition failed.

    Args:
        add: adds the operations that replace it, which may be amended again.
    """

    def __init__(self, add: Callable[["WriteTransaction"], None]) -> None:
        self.add = add
        super().__init__("the transaction is committed again with other operations")


class WriteTransaction:
    """A unit of work. Repositories add operations; ``commit`` carries out all of them or none.

    ``when`` is the condition under which an operation may happen. If it doesn't hold, the transaction is cancelled
    and ``on_condition_failed`` turns the stored item (None if there is none) into the exception to raise. If
    several conditions fail, the lowest ``precedence`` decides, then the order of the operations. If all of them
    have an `Amendment`, the transaction is committed again with these.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._groups: list[list[_Operation]] = []
        """Each operation that was added, or the operations that replaced it."""

    def __len__(self) -> int:
        return sum([len(group) for group in self._groups])

    def put(
        self,
        item: Item,
        *,
        when: Expression | None = None,
        on_condition_failed: OnConditionFailed = optimistic_lock_failed,
        precedence: int = _DEFAULT_PRECEDENCE,
    ) -> None:
        self._add("Put", item, None, when, on_condition_failed, precedence)

    def update(
        self,
        item: Item,
        change: Expression,
        *,
        when: Expression | None = None,
        on_condition_failed: OnConditionFailed = optimistic_lock_failed,
    ) -> None:
        self._add("Update", item, change, when, on_condition_failed)

    def delete(
        self,
        item: Item,
        *,
        when: Expression | None = None,
        on_condition_failed: OnConditionFailed = optimistic_lock_failed,
    ) -> None:
        self._add("Delete", item, None, when, on_condition_failed)

    def check(
        self,
        item: Item,
        *,
        when: Expression,
        on_condition_failed: OnConditionFailed = optimistic_lock_failed,
    ) -> None:
        """Add a condition on an item that this transaction doesn't write."""
        self._add("ConditionCheck", item, None, when, on_condition_failed)

    def commit(self) -> None:
        """Carry out all operations, or none.

        All attempts share one client request token. If the first attempt happened and its response was lost, a later
        one succeeds, instead of failing at conditions that the first attempt made untrue. An amendment changes the
        token, because DynamoDB has cancelled all earlier attempts.

        Raises:
            Exception: the result of the failed operation's ``on_condition_failed``.
            Unavailable: contention or throttling lasted until the deadline.
            TransactionTooLarge: amendments need too many operations.
        """
        give_up_at, token = time.monotonic() + RETRY_DEADLINE_SECONDS, str(uuid4())
        requests = [{operation.kind: operation.request} for group in self._groups for operation in group]
        for delay in backoff_delays():
            try:
                self._database.call("TransactWriteItems", {"TransactItems": requests, "ClientRequestToken": token})
            except Exception as error:
                response: Mapping[str, Any] = error.response if isinstance(error, ClientError) else {}
                code = response.get("Error", {}).get("Code")
                if code != _CANCELLED and code not in _RETRIED_ERRORS:
                    self._publish(outcome_known=False)
                    raise
                reasons = response.get("CancellationReasons", ())
            else:
                self._publish(outcome_known=True)
                return
            if self._amend(reasons):
                requests = [{operation.kind: operation.request} for group in self._groups for operation in group]
                token, delay = str(uuid4()), 0.0
            if time.monotonic() + delay > give_up_at:
                raise Unavailable
            time.sleep(delay)

    def _add(
        self,
        kind: str,
        item: Item,
        change: Expression | None,
        when: Expression | None,
        on_condition_failed: OnConditionFailed,
        precedence: int = _DEFAULT_PRECEDENCE,
    ) -> None:
        table = self._database.table_of(type(item))
        request = write_request(table, item, change, when, is_put=kind == "Put")
        self._groups.append([_Operation(kind, request, on_condition_failed, precedence)])

    def _publish(self, *, outcome_known: bool) -> None:
        """Pass the changes of items to the subscribers."""
        operations = [operation for group in self._groups for operation in group]
        requests = [operation.request for operation in operations if operation.kind in _WRITES]
        changes = [(request["TableName"], request.get("Item") or request["Key"]) for request in requests]
        for subscriber in self._database.subscribers:
            subscriber(changes, outcome_known=outcome_known)

    def _amend(self, reasons: Sequence[CancellationReason]) -> bool:
        """Raise the error of a failed condition, or replace the operations that have an amendment.

        Returns:
            Whether the transaction has other operations now.
        """
        operations = [(number, operation) for number, group in enumerate(self._groups) for operation in group]
        failed = [
            (number, operation, reason)
            for (number, operation), reason in zip(operations, reasons, strict=False)
            if reason["Code"] == _CONDITION_FAILED
        ]
        amendments: dict[int, Amendment] = {}
        for number, operation, reason in sorted(failed, key=lambda each: each[1].precedence):
            error = operation.on_condition_failed(reason.get("Item"))
            if not isinstance(error, Amendment):
                raise error
            amendments[number] = error
        unexpected = {reason["Code"] for reason in reasons} - _RETRIED_REASONS
        if unexpected:
            raise RuntimeError(f"DynamoDB cancelled the transaction: {sorted(unexpected)}")
        for number, amendment in amendments.items():
            amended = WriteTransaction(self._database)
            amendment.add(amended)
            self._groups[number] = [operation for group in amended._groups for operation in group]
        if len(self) > MAX_ITEMS:
            raise TransactionTooLarge
        return bool(amendments)
