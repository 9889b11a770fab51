"""Idempotency keys: one effect per key, because the record is written in the same transaction as the effect."""

from __future__ import annotations

import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar

from chalicelib.dynamodb.attributes import IntegerAttribute, RawItem, TextAttribute, TextMapAttribute
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.expressions import PreparedCondition, placeholder
from chalicelib.dynamodb.model import Item
from chalicelib.dynamodb.transaction import IDEMPOTENCY_PRECEDENCE, WriteTransaction
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import AppError, Malformed, Unprocessable

T = TypeVar("T")
U = TypeVar("U")

RETENTION: Final = timedelta(days=30)
_KEY_PATTERN: Final = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)


class BadIdempotencyKey(Malformed):
    """The header is longer than 255 characters or has other than printable ASCII characters."""

    code = "bad_idempotency_key"
    detail = "Idempotency-Key must have 1 to 255 printable ASCII characters."


class IdempotencyKeyReused(Unprocessable):
    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was already used with a different request. Use a new key."


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """A client's key for a request that must have one effect, however often it arrives."""

    record_id: str
    fingerprint: str

    @classmethod
    def of(cls, user_id: str, key: str, method: str, path: str, body: str) -> IdempotencyKey:
        """Bind a key to one user and one request.

        Raises:
            BadIdempotencyKey: the key isn't 1 to 255 printable ASCII characters.
        """
        if _KEY_PATTERN.fullmatch(key) is None:
            raise BadIdempotencyKey
        record_id = f"ONCE#{user_id}#{hashlib.sha256(key.encode()).hexdigest()[:32]}"
        request = "\x1f".join((method, path, body)).encode()
        # Keyed, because a body may have an account number, which could be guessed from a plain digest.
        return cls(record_id, hmac.digest(key.encode(), request, "sha256").hex()[:32])


@dataclass(frozen=True, slots=True)
class IdempotentResult(Generic[T]):
    """The result of an operation; ``replayed`` if an earlier request with the same key produced it."""

    value: T
    replayed: bool = False

    def map(self, convert: Callable[[T], U]) -> IdempotentResult[U]:
        return IdempotentResult(convert(self.value), self.replayed)


class AlreadyExecutedError(Exception):
    """An earlier request with the same key had its effect. ``result`` names the ids that it created."""

    def __init__(self, result: Mapping[str, str]) -> None:
        self.result = result
        super().__init__("already executed")


class _IdempotencyRecord(Item):
    class Meta:
        table_name = "operations"

    pk = TextAttribute(hash_key=True)
    fingerprint = TextAttribute()
    result = TextMapAttribute()
    expires_at = IntegerAttribute()


_UNUSED: Final = PreparedCondition(
    _IdempotencyRecord.pk.does_not_exist() | (_IdempotencyRecord.expires_at < placeholder("now"))
)


class IdempotencyStore:
    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def add(self, writes: WriteTransaction, idempotency_key: IdempotencyKey | None, result: Mapping[str, str]) -> None:
        """Add the record to a transaction; nothing without a key.

        If its condition fails, that takes precedence over every other failed condition.
        """
        if idempotency_key is None:
            return
        now = int(self._clock().timestamp())
        record = _IdempotencyRecord(
            idempotency_key.record_id,
            fingerprint=idempotency_key.fingerprint,
            result=dict(result),
            expires_at=now + int(RETENTION.total_seconds()),
        )
        writes.put(
            record,
            when=_UNUSED(now=now),
            on_condition_failed=lambda old: _used_before(idempotency_key, old),
            precedence=IDEMPOTENCY_PRECEDENCE,
        )

    def execute(
        self,
        idempotency_key: IdempotencyKey | None,
        operation: Callable[[], T],
        replay: Callable[[Mapping[str, str]], T],
    ) -> IdempotentResult[T]:
        """Run an operation that adds its record; if it was executed before, replay its result instead.

        After an error the record is looked up too: the state may forbid the request because it was executed.

        Args:
            idempotency_key: the client's key, if it sent one.
            operation: decides and commits.
            replay: reads the result again by the ids in the record.

        Raises:
            IdempotencyKeyReused: the key belongs to another request.
            AppError: raised by the operation itself.
        """
        try:
            return IdempotentResult(operation())
        except AlreadyExecutedError as executed:
            return IdempotentResult(replay(executed.result), replayed=True)
        except AppError:
            result = self.find(idempotency_key)
            if result is None:
                raise
            return IdempotentResult(replay(result), replayed=True)

    def find(self, idempotency_key: IdempotencyKey | None) -> Mapping[str, str] | None:
        """Read the result of an earlier request with this key; None if there was none.

        Raises:
            IdempotencyKeyReused: the key belongs to another request.
        """
        if idempotency_key is None:
            return None
        record = self._database.get(_IdempotencyRecord, idempotency_key.record_id, consistent=True)
        if record is None or record.expires_at < self._clock().timestamp():
            return None
        if record.fingerprint != idempotency_key.fingerprint:
            raise IdempotencyKeyReused
        return record.result


def _used_before(idempotency_key: IdempotencyKey, old: RawItem | None) -> Exception:
    if old is None:
        raise RuntimeError("the condition on an idempotency record failed without its item")
    record = _IdempotencyRecord.from_raw_data(old)
    if record.fingerprint != idempotency_key.fingerprint:
        return IdempotencyKeyReused()
    return AlreadyExecutedError(record.result)
