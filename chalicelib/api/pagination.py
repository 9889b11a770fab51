"""Opaque positions in lists: signed, and bound to the caller and to the list with its filters."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Callable, Mapping
from typing import Any, Final

from chalicelib.shared.errors import Unprocessable

PURPOSE: Final = "cursors"
_TAG_BYTES: Final = 16


class Cursors:
    """Seals and opens cursors. ``keys`` gives the keys that are good now, the one that seals first."""

    def __init__(self, keys: Callable[[], tuple[bytes, ...]]) -> None:
        self._keys = keys

    def seal(self, scope: str, key: Mapping[str, Any]) -> str:
        """A cursor for a position, such as DynamoDB's ``LastEvaluatedKey``.

        ``scope`` names the caller and the list with its filters; only the same scope opens the cursor.
        """
        position = json.dumps(key, separators=(",", ":"), ensure_ascii=False).encode()
        sealed = _tag(self._keys()[0], scope, position) + position
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, scope: str, text: str) -> dict[str, Any]:
        """The position in a cursor.

        Raises:
            Unprocessable: the cursor was not made here, was changed, or belongs to another caller or list.
        """
        sealed = _decoded(text)
        tag, position = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
        if not any(hmac.compare_digest(tag, _tag(key, scope, position)) for key in self._keys()):
            raise _refused()
        opened: dict[str, Any] = json.loads(position)
        return opened


def _tag(key: bytes, scope: str, position: bytes) -> bytes:
    """Half an HMAC. The scope's digest has a fixed length: nothing slides from one part into the other."""
    bound = hashlib.sha256(scope.encode()).digest() + position
    return hmac.digest(key, bound, hashlib.sha256)[:_TAG_BYTES]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _refused() from None


def _refused() -> Unprocessable:
    return Unprocessable(errors=(("cursor", "this cursor does not belong here: start from the first page"),))
