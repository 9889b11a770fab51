"""Exactly one effect per Idempotency-Key: the marker is written in the same transaction as the effect."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Generic, TypeVar

from chalicelib.common.attributes import IntegerAttribute, TextAttribute, TextMapAttribute
from chalicelib.common.clock import Clock
from chalicelib.common.dynamo import Database
from chalicelib.common.errors import Malformed, Refusal, Unprocessable
from chalicelib.common.items import Item, Phrase, Slot
from chalicelib.common.transactions import RawItem, Writes

T = TypeVar("T")

KEPT: Final = timedelta(days=30)
_KEY_FORM: Final = re.compile(r"[\x20-\x7e]{1,255}", re.ASCII)
_FIRST_RANK: Final = 0


class BadIdempotencyKey(Malformed):
    """The header is longer than 255 characters or holds others than printable ASCII."""

    code = "bad_idempotency_key"
    sentence = "Idempotency-Key takes 1 to 255 printable ASCII characters."


class IdempotencyKeyReused(Unprocessable):
    """The key was used before, with another request."""

    code = "idempotency_key_reused"
    sentence = "This Idempotency-Key was used before with another request. Use a fresh key."


@dataclass(frozen=True, slots=True)
class Once:
    """The caller's wish that this very request has one effect, however often it arrives."""

    user_id: str
    key: str
    fingerprint: str

    @classmethod
    def of(cls, user_id: str, key: str, method: str, path: str, body: str) -> Once:
        """Bind a key to one user and one request.

        Raises:
            BadIdempotencyKey: the key has not the form that the API takes.
        """
        if _KEY_FORM.fullmatch(key) is None:
            raise BadIdempotencyKey
        seen = "\x1f".join((method, path, body)).encode()
        return cls(user_id, key, hashlib.sha256(seen).hexdigest()[:32])


@dataclass(frozen=True, slots=True)
class Done(Generic[T]):
    """What an operation gave, and whether it had been carried out before."""

    value: T
    replayed: bool = False


class AlreadyDone(Exception):
    """The effect exists. ``result`` holds the ids that the first request made."""

    def __init__(self, result: Mapping[str, str]) -> None:
        self.result = result
        super().__init__("already done")


class _Marker(Item):
    class Meta:
        table_name = "operations"

    pk = TextAttribute(hash_key=True)
    fingerprint = TextAttribute()
    result = TextMapAttribute()
    expires_at = IntegerAttribute()


_UNUSED: Final = Phrase((), _Marker.pk.does_not_exist() | (_Marker.expires_at < Slot("now")))


class Markers:
    """Puts and finds idempotency markers."""

    def __init__(self, database: Database, clock: Clock) -> None:
        database.bind(_Marker)
        self._database = database
        self._clock = clock

    def stage(self, writes: Writes, once: Once | None, result: Mapping[str, str]) -> None:
        """Add the marker to a transaction; nothing without a key. Its failure outranks every other reason."""
        if once is None:
            return
        now = int(self._clock().timestamp())
        marker = _Marker(
            _marker_key(once),
            fingerprint=once.fingerprint,
            result=dict(result),
            expires_at=now + int(KEPT.total_seconds()),
        )
        writes.put_if(marker, _UNUSED, {"now": now}, refuse=lambda old: _seen_before(once, old), rank=_FIRST_RANK)

    def carry_out(
        self, once: Once | None, operation: Callable[[], T], replay: Callable[[Mapping[str, str]], T]
    ) -> Done[T]:
        """Run an operation that stages its marker; where it had been done before, read its outcome anew.

        A refusal is looked at twice: the state may forbid the request just because it was carried out.

        Raises:
            IdempotencyKeyReused: the key belongs to another request.
            Refusal: what the operation itself raises.
        """
        try:
            return Done(operation())
        except AlreadyDone as done:
            return Done(replay(done.result), replayed=True)
        except Refusal:
            result = self._find(once)
            if result is None:
                raise
            return Done(replay(result), replayed=True)

    def _find(self, once: Once | None) -> Mapping[str, str] | None:
        if once is None:
            return None
        marker = self._database.get(_Marker, _marker_key(once), consistent=True)
        if marker is None or marker.expires_at < self._clock().timestamp():
            return None
        if marker.fingerprint != once.fingerprint:
            raise IdempotencyKeyReused
        return marker.result


def _marker_key(once: Once) -> str:
    return f"ONCE#{once.user_id}#{hashlib.sha256(once.key.encode()).hexdigest()[:32]}"


def _seen_before(once: Once, old: RawItem | None) -> Exception:
    if old is None:
        raise RuntimeError("a marker failed without its old value")
    marker = _Marker.from_raw_data(dict(old))
    if marker.fingerprint != once.fingerprint:
        return IdempotencyKeyReused()
    return AlreadyDone(marker.result)
