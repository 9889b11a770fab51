"""Sessions kept alive by refresh tokens, of which each works once.

A sign-in founds a family of tokens, and each token is replaced by the next when it is used. Storage keeps the
digests alone. The secret of the next token follows from the secret presented, a random salt
and a key of the server: so a client whose answer was lost may present its old token again and is given *the
same* next one, although nobody stores it. A family is thus a chain without branches, and a token that comes
back later than the grace allows shows that two people hold it: the family ends.
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

from chalicelib.shared.errors import Unauthenticated
from chalicelib.shared.ids import is_id

GRACE: Final = timedelta(seconds=10)
LONGEST_TEXT: Final = 256
KEY_PURPOSE: Final = "refresh-tokens"
_SECRET_BYTES: Final = 32
_SALT_BYTES: Final = 16
_MOST_REMEMBERED: Final = 5


class InvalidRefreshToken(Unauthenticated):
    """The token was never issued, is too old, or its session has ended."""

    code = "invalid_refresh_token"
    detail = "The refresh token is not valid. Sign in again."


class RefreshTokenReused(InvalidRefreshToken):
    """A token came back after it had been replaced; its session has been ended."""


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """One link of a family, as its holder knows it."""

    user_id: str
    family: str
    secret: str = field(repr=False)

    @classmethod
    def first(cls, user_id: str, family: str) -> RefreshToken:
        """The token that a sign-in gives."""
        return cls(user_id, family, secrets.token_urlsafe(_SECRET_BYTES))

    @classmethod
    def read(cls, text: str) -> RefreshToken:
        """Read what a client presents.

        Raises:
            InvalidRefreshToken: it has not the form of a refresh token.
        """
        user_id, _, rest = text[:LONGEST_TEXT].partition(".")
        family, _, secret = rest.partition(".")
        if not (is_id(user_id) and is_id(family) and secret and secret.isascii()):
            raise InvalidRefreshToken
        return cls(user_id, family, secret)

    @property
    def text(self) -> str:
        """What the client keeps."""
        return f"{self.user_id}.{self.family}.{self.secret}"

    @property
    def digest(self) -> str:
        """What storage keeps. The secret has 256 random bits: a plain hash cannot be guessed backwards."""
        return hashlib.sha256(self.secret.encode()).hexdigest()

    def next(self, salt: str, key: bytes) -> RefreshToken:
        """The token that replaces this one."""
        mixed = hmac.digest(key, f"{salt}.{self.family}.{self.secret}".encode(), hashlib.sha256)
        return replace(self, secret=base64.urlsafe_b64encode(mixed).rstrip(b"=").decode())


@dataclass(frozen=True, slots=True)
class Replaced:
    """A token that was used: its digest, the salt of its successor, and when that was."""

    digest: str
    salt: str
    at: datetime


@dataclass(frozen=True, slots=True)
class Session:
    """A family of refresh tokens: the digest of the one that works, and those replaced a moment ago."""

    user_id: str
    family: str
    current: str
    epoch: int
    expires_at: datetime
    replaced: tuple[Replaced, ...] = ()

    @classmethod
    def begin(cls, token: RefreshToken, *, epoch: int, expires_at: datetime) -> Session:
        """The session that a sign-in opens."""
        return cls(token.user_id, token.family, token.digest, epoch, expires_at)

    def is_over(self, now: datetime, epoch: int) -> bool:
        """Whether its time has run out, or all sessions of the account were ended since it began."""
        return self.expires_at <= now or self.epoch != epoch

    def rotated(self, used: RefreshToken, key: bytes, now: datetime, *, expires_at: datetime) -> Session:
        """The session after its current token was used."""
        entry = Replaced(used.digest, secrets.token_urlsafe(_SALT_BYTES), now)
        recent = [old for old in self.replaced if now - old.at <= GRACE]
        return replace(
            self,
            current=used.next(entry.salt, key).digest,
            expires_at=expires_at,
            replaced=(*recent, entry)[-_MOST_REMEMBERED:],
        )

    def successor_of(self, token: RefreshToken, keys: Sequence[bytes], now: datetime) -> RefreshToken | None:
        """The token that works now, for the holder of one that was replaced within the grace; else None."""
        digests = [old.digest for old in self.replaced]
        if token.digest not in digests:
            return None
        place = digests.index(token.digest)
        if now - self.replaced[place].at > GRACE:
            return None
        expected = [*digests[place + 1 :], self.current]
        return _follow(token, self.replaced[place:], expected, keys)


def _follow(
    token: RefreshToken, links: Sequence[Replaced], expected: Sequence[str], keys: Sequence[bytes]
) -> RefreshToken | None:
    """Walk the chain link by link; each may have been made with any key that is still known."""
    for link, digest in zip(links, expected, strict=True):
        candidates = (token.next(link.salt, key) for key in keys)
        found = next((candidate for candidate in candidates if candidate.digest == digest), None)
        if found is None:
            return None
        token = found
    return token
