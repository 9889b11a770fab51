"""Sessions extended by single-use refresh tokens.

A sign-in starts a family of tokens; using a token replaces it by its successor. Only digests are stored. The secret
of the successor is derived from the presented secret, a random salt and a server key. A client whose response was lost
may therefore present its old token again and receives *the same* successor, although that is not stored. A family is a
chain without branches: a token that returns after the grace period shows that two parties hold it, and ends the family.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final

from chalicelib.shared.clock import to_millis
from chalicelib.shared.errors import Unauthenticated
from chalicelib.shared.ids import is_id, moment_of

REUSE_GRACE: Final = timedelta(seconds=10)
MAX_TOKEN_LENGTH: Final = 256
KEY_PURPOSE: Final = "refresh-tokens"
REVOCATION_MARGIN: Final = timedelta(seconds=10)
"""Longer than a transaction takes, and than the clocks of two servers differ.

A revocation reaches this far into the future, so that it covers the token of a sign-in that read the account just
before. Tokens issued after the revocation name its moment as their time of issue.
"""
MAX_SESSION_AGE: Final = timedelta(days=90)
"""A session ends then, however often it was refreshed."""
_SECRET_BYTES: Final = 32
_SALT_BYTES: Final = 16
_MAX_ROTATED_TOKENS: Final = 5


class InvalidRefreshToken(Unauthenticated):
    code = "invalid_refresh_token"
    detail = "The refresh token is invalid. Sign in again."


class RefreshTokenReused(InvalidRefreshToken):
    """A token was used again after the grace period; its session has ended."""


def revocation_ms(now: datetime, previous_ms: int) -> int:
    """Calculate the moment from which an account's access tokens are valid after a revocation.

    Args:
        now: the real time.
        previous_ms: the moment of the last revocation; 0 if there was none.
    """
    return max(to_millis(now + REVOCATION_MARGIN), previous_ms + 1)


@dataclass(frozen=True, slots=True)
class RefreshToken:
    user_id: str
    family: str
    secret: str = field(repr=False)

    @classmethod
    def generate(cls, user_id: str, family: str) -> RefreshToken:
        """Return the first token of a new family."""
        return cls(user_id, family, secrets.token_urlsafe(_SECRET_BYTES))

    @classmethod
    def parse(cls, text: str) -> RefreshToken:
        """Parse the text that a client presents.

        Raises:
            InvalidRefreshToken: the text does not have the form of a refresh token.
        """
        user_id, _, rest = text[:MAX_TOKEN_LENGTH].partition(".")
        family, _, secret = rest.partition(".")
        if not (is_id(user_id) and is_id(family) and secret and secret.isascii()):
            raise InvalidRefreshToken
        return cls(user_id, family, secret)

    @property
    def text(self) -> str:
        return f"{self.user_id}.{self.family}.{self.secret}"

    @property
    def digest(self) -> str:
        """The stored digest. The secret has 256 random bits, so a plain hash cannot be reversed by guessing."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def successor(self, salt: str, key: bytes) -> RefreshToken:
        mixed = hmac.digest(key, f"{salt}.{self.family}.{self.secret}".encode(), hashlib.sha256)
        return replace(self, secret=base64.urlsafe_b64encode(mixed).rstrip(b"=").decode())


@dataclass(frozen=True, slots=True)
class RotatedToken:
    """A used token: its digest, the salt of its successor, and the time of use."""

    digest: str
    salt: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A family of refresh tokens: the digest of the current one, and those replaced within the grace period.

    The family's id contains the time of the sign-in, from which the session's absolute lifetime counts.
    """

    user_id: str
    family: str
    current: str
    epoch: int
    expires_at: datetime
    rotated_tokens: tuple[RotatedToken, ...] = ()

    @classmethod
    def start(cls, token: RefreshToken, *, epoch: int, expires_at: datetime) -> Session:
        return cls(token.user_id, token.family, token.digest, epoch, min(expires_at, _end_of(token.family)))

    def is_expired(self, now: datetime, epoch: int) -> bool:
        """Return whether the session has expired, or all sessions of the account ended after it started."""
        return self.expires_at <= now or self.epoch != epoch

    def rotated(self, used: RefreshToken, key: bytes, now: datetime, *, expires_at: datetime) -> Session:
        """Return the session after its current token was used."""
        entry = RotatedToken(used.digest, secrets.token_urlsafe(_SALT_BYTES), now)
        recent = [old for old in self.rotated_tokens if now - old.at <= REUSE_GRACE]
        return replace(
            self,
            current=used.successor(entry.salt, key).digest,
            expires_at=min(expires_at, _end_of(self.family)),
            rotated_tokens=(*recent, entry)[-_MAX_ROTATED_TOKENS:],
        )

    def successor_of(self, token: RefreshToken, keys: Sequence[bytes], now: datetime) -> RefreshToken | None:
        """Return the current token for the holder of one that was replaced within the grace period, else None."""
        digests = [old.digest for old in self.rotated_tokens]
        if token.digest not in digests:
            return None
        index = digests.index(token.digest)
        if now - self.rotated_tokens[index].at > REUSE_GRACE:
            return None
        expected = [*digests[index + 1 :], self.current]
        return _follow(token, self.rotated_tokens[index:], expected, keys)


def _end_of(family: str) -> datetime:
    return moment_of(family) + MAX_SESSION_AGE


def _follow(
    token: RefreshToken, links: Sequence[RotatedToken], expected: Sequence[str], keys: Sequence[bytes]
) -> RefreshToken | None:
    """Follow the chain to its end; each token may have been derived with any of the known keys."""
    for link, digest in zip(links, expected, strict=True):
        candidates = (token.successor(link.salt, key) for key in keys)
        found = next((candidate for candidate in candidates if candidate.digest == digest), None)
        if found is None:
            return None
        token = found
    return token
