"""Passwords are kept as argon2id hashes. Source: RFC 9106; OWASP Password Storage (19 MiB, t=2, p=1)."""

from __future__ import annotations

import base64
import secrets
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Final

from chalicelib.users.domain.passwords import LONGEST_PASSWORD, normalised

if TYPE_CHECKING:
    import argon2

MEMORY_KIB: Final = 19_456
PASSES: Final = 2
LANES: Final = 1
_HASH_BYTES: Final = 32
_SALT_BYTES: Final = 16
_AT_ONCE: Final = 4


class PasswordHasher:
    """Hashes and verifies. Of a threaded process only a few at a time: each one takes 19 MiB."""

    def __init__(self) -> None:
        self._room = threading.BoundedSemaphore(_AT_ONCE)

    def hash(self, password: str) -> str:
        """The hash to keep; salted, so no two are alike."""
        with self._room:
            return self._hasher.hash(normalised(password))

    def matches(self, password: str, kept: str | None) -> bool:
        """Whether the password is the one that was hashed. None takes the same time and never matches."""
        from argon2.exceptions import VerificationError

        if len(password) > LONGEST_PASSWORD:
            password = ""
        try:
            with self._room:
                return self._hasher.verify(kept or decoy_hash(), normalised(password))
        except (VerificationError, UnicodeEncodeError):
            return False

    @cached_property
    def _hasher(self) -> argon2.PasswordHasher:
        """Made when first needed: most functions never see a password, and the import takes 30 ms."""
        from argon2 import PasswordHasher as Argon2Hasher

        return Argon2Hasher(
            time_cost=PASSES,
            memory_cost=MEMORY_KIB,
            parallelism=LANES,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )


def decoy_hash() -> str:
    """A well-formed hash that no known password has."""
    salt, digest = (_unpadded(secrets.token_bytes(size)) for size in (_SALT_BYTES, _HASH_BYTES))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={PASSES},p={LANES}${salt}${digest}"


def _unpadded(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()
