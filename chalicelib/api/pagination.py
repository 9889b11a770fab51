"""Pages of lists, and the opaque cursors that continue them.

A cursor is signed, and bound to the caller and to the list with its filters.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import BaseModel, ValidationError

from chalicelib.shared.errors import Unprocessable

if TYPE_CHECKING:
    from pydantic import TypeAdapter

PURPOSE: Final = "cursors"
_TAG_BYTES: Final = 16


@dataclass(frozen=True, slots=True)
class CursorPage:
    """Items of a list.

    Args:
        items: response models.
        position: the place after the last item, of the type that the endpoint declares; None at the end of the list.
        fields: further fields of the response.
    """

    items: Sequence[BaseModel]
    position: object
    fields: Mapping[str, Any] = field(default_factory=dict)


class Cursors:
    """Signs and verifies cursors.

    Args:
        keys: returns the valid keys, the one that signs first.
    """

    def __init__(self, keys: Callable[[], tuple[bytes, ...]]) -> None:
        self._keys = keys

    def seal(self, scope: str, position: object, kind: Any = dict[str, Any]) -> str:
        """Return the cursor of a position.

        Args:
            scope: names the caller and the list with its filters; only the same scope opens the cursor.
            position: a value of the type ``kind``.
            kind: a type that pydantic can serialise, such as the type of DynamoDB's ``LastEvaluatedKey``.
        """
        content = _adapter(kind).dump_json(position)
        sealed = _tag(self._keys()[0], scope, content) + content
        return base64.urlsafe_b64encode(sealed).rstrip(b"=").decode()

    def open(self, scope: str, text: str, kind: Any = dict[str, Any]) -> Any:
        """Return the position in a cursor.

        Raises:
            Unprocessable: the cursor was changed, or belongs to another caller or list.
        """
        sealed = _decoded(text)
        tag, content = sealed[:_TAG_BYTES], sealed[_TAG_BYTES:]
        if not any(hmac.compare_digest(tag, _tag(key, scope, content)) for key in self._keys()):
            raise _invalid_cursor()
        try:
            return _adapter(kind).validate_json(content)
        except ValidationError:
            raise _invalid_cursor() from None


@cache
def _adapter(kind: Any) -> TypeAdapter[Any]:
    from pydantic import TypeAdapter

    return TypeAdapter(kind)


def _tag(key: bytes, scope: str, content: bytes) -> bytes:
    """Return half an HMAC. The scope's digest has a fixed length, so scope and content cannot be confused."""
    bound = hashlib.sha256(scope.encode()).digest() + content
    return hmac.digest(key, bound, hashlib.sha256)[:_TAG_BYTES]


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        raise _invalid_cursor() from None


def _invalid_cursor() -> Unprocessable:
    return Unprocessable(errors=(("cursor", "this cursor does not belong to this list: start from the first page"),))
