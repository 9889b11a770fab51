"""Signed tokens that switch off the emails of one type for one user, without signing in."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from chalicelib.notifications.domain.types import NOTIFICATION_TYPES
from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.ids import is_id

PURPOSE: Final = "unsubscribe"
_SEPARATOR: Final = "~"
_TAG_BYTES: Final = 16


class InvalidUnsubscribeToken(Unprocessable):
    code = "invalid_unsubscribe_token"
    detail = "This link is incomplete or no longer valid. Sign in to change your notification preferences."


class UnsubscribeTokens:
    """Makes and reads tokens, `<user id>~<type>~<signature>`. They do not expire, because emails are kept for years.

    Args:
        keys: returns the valid keys, the one that signs first.
    """

    def __init__(self, keys: Callable[[], tuple[bytes, ...]]) -> None:
        self._keys = keys

    def make(self, user_id: str, type_name: str) -> str:
        """Return the token that switches off the emails of a type for a user."""
        content = f"{user_id}{_SEPARATOR}{type_name}"
        return f"{content}{_SEPARATOR}{_tag(self._keys()[0], content)}"

    def read(self, token: str) -> tuple[str, str]:
        """Return the user's id and the type.

        Raises:
            InvalidUnsubscribeToken: the token has another form, a wrong signature, or a type that can't be switched
                off.
        """
        content, _, tag = token.rpartition(_SEPARATOR)
        user_id, _, type_name = content.partition(_SEPARATOR)
        kind = NOTIFICATION_TYPES.get(type_name)
        is_signed = any(hmac.compare_digest(tag.encode(), _tag(key, content).encode()) for key in self._keys())
        if not is_signed or not is_id(user_id) or kind is None or kind.is_locked:
            raise InvalidUnsubscribeToken
        return user_id, type_name


def _tag(key: bytes, content: str) -> str:
    return hmac.digest(key, content.encode(), hashlib.sha256)[:_TAG_BYTES].hex()
