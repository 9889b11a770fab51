"""Hash passwords with argon2id. Source: RFC 9106; OWASP Password Storage (19 MiB, t=2, p=1)."""

from __future__ import annotations

import base64
import secrets
import threading
from functools import cached_property
from typing import TYPE_CHECKING, Final

from chalicelib.users.domain.passwords import MAX_PASSWORD_LENGTH, normalise

if TYPE_CHECKING:
    import argon2

MEMORY_KIB: Final = 19_456
TIME_COST: Final = 2
PARALLELISM: Final = 1
_HASH_BYTES: Final = 32
_SALT_BYTES: Final = 16
_MAX_CONCURRENT: Final = 4


class PasswordHasher:
    """Hashes and verifies passwords, a few at a time: each hash takes 19 MiB."""

    def __init__(self) -> None:
        self._slots = threading.BoundedSemaphore(_MAX_CONCURRENT)

    def hash(self, password: str) -> str:
        with self._slots:
            return self._hasher.hash(normalise(password))

    def verify(self, password: str, stored_hash: str | None) -> bool:
        """Return whether the password matches the hash. Without a hash it takes the same time and returns False."""
        from argon2.exceptions import VerificationError

        if len(password) > MAX_PASSWORD_LENGTH:
            password = ""
        try:
            with self._slots:
                return self._hasher.verify(stored_hash or decoy_hash(), normalise(password))
        except (VerificationError, UnicodeEncodeError):
            return False

    @cached_property
    def _hasher(self) -> argon2.PasswordHasher:
        """Created on first use: most functions never hash a password, and the import takes 30 ms."""
        from argon2 import PasswordHasher as Argon2Hasher

        return Argon2Hasher(
            time_cost=TIME_COST,
            memory_cost=MEMORY_KIB,
            parallelism=PARALLELISM,
            hash_len=_HASH_BYTES,
            salt_len=_SALT_BYTES,
        )


def decoy_hash() -> str:
    """Return a well-formed hash that matches no known password."""
    salt, digest = (_unpadded(secrets.token_bytes(size)) for size in (_SALT_BYTES, _HASH_BYTES))
    return f"$argon2id$v=19$m={MEMORY_KIB},t={TIME_COST},p={PARALLELISM}${salt}${digest}"


def _unpadded(raw: bytes) -> str:
    return base64.b64encode(raw).rstrip(b"=").decode()
