"""Exactly one effect per Idempotency-Key: the marker is written in the same transaction as the effect."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar

from chalicelib.dynamodb.attributes import IntegerAttribute, TextAttribute, TextMapAttribute
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.model import Item, Placeholder, PreparedWrite
from chalicelib.dynamodb.transaction import RawItem, WriteTransaction
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import AppError, Malformed, Unprocessable

T = TypeVar("T")
U = TypeVar("U")

KEPT: Final = timedelta(days=30)
_KEY_FORM: Final = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)
_FIRST_RANK: Final = 0


class BadIdempotencyKey(Malformed):
    """The header is longer than 255 characters or holds others than printable ASCII."""

    code = "bad_idempotency_key"
    detail = "Idempotency-Key takes 1 to 255 printable ASCII characters."


class IdempotencyKeyReused(Unprocessable):
    """The key was used before, with another request."""

    code = "idempotency_key_reused"
    detail = "This Idempotency-Key was used before with another request. Use a fresh key."


@dataclass(frozen=True, slots=True)
class IdempotencyKey:
    """The caller's wish that this very request has one effect, however often it arrives."""

    user_id: str
    key: str
    fingerprint: str

    @classmethod
    def of(cls, user_id: str, key: str, method: str, path: str, body: str) -> IdempotencyKey:
        """Bind a key to one user and one request.

        Raises:
            BadIdempotencyKey: the key has not the form that the API takes.
        """
        if _KEY_FORM.fullmatch(key) is None:
            raise BadIdempotencyKey
        seen = "\x1f".join((method, path, body)).encode()
        return cls(user_id, key, hashlib.sha256(seen).hexdigest()[:32])


@dataclass(frozen=True, slots=True)
class IdempotentResult(Generic[T]):
    """What an operation gave, and whether it had been carried out before."""

    value: T
    replayed: bool = False

    def map(self, convert: Callable[[T], U]) -> IdempotentResult[U]:
        """Return the result with a converted value."""
        return IdempotentResult(convert(self.value), self.replayed)


class AlreadyExecutedError(Exception):
    """The effect exists. ``result`` holds the ids that the first request made."""

    def __init__(self, result: Mapping[str, str]) -> None:
        self.result = result
        super().__init__("already done")


class _IdempotencyRecord(Item):
    class Meta:
        table_name = "operations"

    pk = TextAttribute(hash_key=True)
    fingerprint = TextAttribute()
    result = TextMapAttribute()
    expires_at = IntegerAttribute()


_UNUSED: Final = PreparedWrite(
    (), _IdempotencyRecord.pk.does_not_exist() | (_IdempotencyRecord.expires_at < Placeholder("now"))
)


class IdempotencyStore:
    """Puts and finds idempotency markers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        database.bind(_IdempotencyRecord)
        self._database = database
        self._clock = clock

    def add(self, writes: WriteTransaction, idempotency_key: IdempotencyKey | None, result: Mapping[str, str]) -> None:
        """Add the marker to a transaction; nothing without a key. Its failure outranks every other reason."""
        if idempotency_key is None:
            return
        now = int(self._clock().timestamp())
        marker = _IdempotencyRecord(
            _record_key(idempotency_key),
            fingerprint=idempotency_key.fingerprint,
            result=dict(result),
            expires_at=now + int(KEPT.total_seconds()),
        )
        writes.put_if(
            marker,
            _UNUSED,
            {"now": now},
            on_condition_failed=lambda old: _seen_before(idempotency_key, old),
            rank=_FIRST_RANK,
        )

    def execute(
        self,
        idempotency_key: IdempotencyKey | None,
        operation: Callable[[], T],
        replay: Callable[[Mapping[str, str]], T],
    ) -> IdempotentResult[T]:
        """Run an operation that stages its marker; where it had been done before, read its outcome anew.

        A refusal is looked at twice: the state may forbid the request just because it was carried out.

        Raises:
            IdempotencyKeyReused: the key belongs to another request.
            Refusal: what the operation itself raises.
        """
        try:
            return IdempotentResult(operation())
        except AlreadyExecutedError as done:
            return IdempotentResult(replay(done.result), replayed=True)
        except AppError:
            result = self._find(idempotency_key)
            if result is None:
                raise
            return IdempotentResult(replay(result), replayed=True)

    def _find(self, idempotency_key: IdempotencyKey | None) -> Mapping[str, str] | None:
        if idempotency_key is None:
            return None
        marker = self._database.get(_IdempotencyRecord, _record_key(idempotency_key), consistent=True)
        if marker is None or marker.expires_at < self._clock().timestamp():
            return None
        if marker.fingerprint != idempotency_key.fingerprint:
            raise IdempotencyKeyReused
        return marker.result


def _record_key(idempotency_key: IdempotencyKey) -> str:
    return f"ONCE#{idempotency_key.user_id}#{hashlib.sha256(idempotency_key.key.encode()).hexdigest()[:32]}"


def _seen_before(idempotency_key: IdempotencyKey, old: RawItem | None) -> Exception:
    if old is None:
        raise RuntimeError("a marker failed without its old value")
    marker = _IdempotencyRecord.from_raw_data(dict(old))
    if marker.fingerprint != idempotency_key.fingerprint:
        return IdempotencyKeyReused()
    return AlreadyExecutedError(marker.result)
