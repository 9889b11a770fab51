"""Access tokens: signed JWTs that identify the actor and are valid for minutes. HS256 only.

Source: RFC 7519 (claims), RFC 9068 (the type ``at+jwt``), RFC 8725 (fix algorithm, type, issuer, audience).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any, Final

import jwt

from chalicelib.api.signing_keys import SigningKeys
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock, to_millis
from chalicelib.shared.errors import Unauthenticated
from chalicelib.shared.settings import Settings

ISSUER: Final = "p2p-lending"
_ALGORITHM: Final = "HS256"
_TYPE: Final = "at+jwt"
_LONGEST_TOKEN: Final = 2048
_CLAIMS: Final = ("iss", "aud", "sub", "iat", "exp", "username", "role", "issued_ms")


class InvalidToken(Unauthenticated):
    code = "invalid_token"
    detail = "The access token is invalid."


class ExpiredToken(Unauthenticated):
    """The token was issued here and has expired; ``user_id`` is the account that it identified."""

    code = "token_expired"
    detail = "The access token has expired. Refresh it or sign in again."

    def __init__(self, user_id: str) -> None:
        super().__init__()
        self.user_id = user_id


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A new token and its lifetime in seconds."""

    text: str
    expires_in_seconds: int


class AccessTokens:
    """Issues and verifies access tokens.

    Args:
        keys: the signing keys.
        real_time: the time of issue and of expiry, which no test clock moves.
        settings: lifetime and stage.
    """

    def __init__(self, keys: SigningKeys, real_time: Clock, settings: Settings) -> None:
        self._keys = keys
        self.real_time = real_time
        self._lifetime_seconds = int(settings.access_token_lifetime.total_seconds())
        self._audience = f"{settings.stage}.api.{ISSUER}"

    def issue(self, actor: Actor) -> AccessToken:
        """Return a token that identifies the actor, issued at ``actor.issued_ms``, or now if that is 0.

        Raises:
            Unavailable: the signing key cannot be read.
        """
        issued_at = self.real_time()
        claims: dict[str, Any] = {
            "iss": ISSUER,
            "aud": self._audience,
            "sub": actor.user_id,
            "iat": int(issued_at.timestamp()),
            "exp": int(issued_at.timestamp()) + self._lifetime_seconds,
            "username": actor.username,
            "role": actor.role.value,
            "issued_ms": actor.issued_ms or to_millis(issued_at),
        }
        ring = self._keys.ring()
        header = {"typ": _TYPE, "kid": ring.current}
        text = jwt.encode(claims, ring.keys[ring.current], algorithm=_ALGORITHM, headers=header)
        return AccessToken(text, self._lifetime_seconds)

    def identify(self, text: str) -> Actor:
        """Return the actor that a token identifies.

        Raises:
            InvalidToken: it was not issued here, or was changed.
            ExpiredToken: it has expired.
            Unavailable: the signing key cannot be read.
        """
        if len(text) > _LONGEST_TOKEN or not text.isascii():
            raise InvalidToken
        try:
            header = _header(text.partition(".")[0])
            key = self._keys.verifying(str(header.get("kid")))
            if header.get("typ") != _TYPE or key is None:
                raise InvalidToken
            claims = jwt.decode(
                text,
                key,
                algorithms=[_ALGORITHM],
                audience=self._audience,
                issuer=ISSUER,
                options={"require": list(_CLAIMS), "verify_exp": False, "verify_iat": False},  # times by our own clock
            )
        except jwt.InvalidTokenError:
            raise InvalidToken from None
        try:
            role, issued_ms = Role(claims["role"]), int(claims["issued_ms"])
            actor = Actor(str(claims["sub"]), str(claims["username"]), role, issued_ms)
            expires_at = int(claims["exp"])
        except (ValueError, TypeError, OverflowError):
            raise InvalidToken from None
        if expires_at <= self.real_time().timestamp():
            raise ExpiredToken(actor.user_id)
        return actor


@lru_cache(maxsize=16)
def _header(segment: str) -> Mapping[str, Any]:
    """Return the header of a token. All tokens of a key have the same header, so it is parsed once.

    Raises:
        jwt.InvalidTokenError: the segment is not a header.
    """
    return MappingProxyType(jwt.get_unverified_header(f"{segment}.e30."))
