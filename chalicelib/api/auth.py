"""Access levels of endpoints, and the caller behind an access token."""

from enum import Enum
from typing import Final

from chalicelib.api.tokens import AccessTokens
from chalicelib.shared.actor import Actor
from chalicelib.shared.errors import Unauthenticated

_SCHEMES: Final = ("bearer", "token")


class AccessLevel(Enum):
    """Callers that an endpoint accepts."""

    ANYONE = "anyone"
    SIGNED_IN = "signed in"
    OPERATOR = "operator"


def authenticate(tokens: AccessTokens, authorization: str | None, access: AccessLevel) -> Actor | None:
    """Return the caller; None for an anonymous one where anyone has access.

    A public endpoint ignores an invalid token. A valid one counts against the user's rate limit instead of the
    address's.

    Raises:
        Unauthenticated: the endpoint needs a caller, and the token is missing, invalid or expired.
    """
    scheme, _, text = (authorization or "").partition(" ")
    token = text.strip() if scheme.lower() in _SCHEMES else ""
    if access is not AccessLevel.ANYONE:
        if not token:
            raise Unauthenticated
        return tokens.identify(token)
    try:
        return tokens.identify(token) if token else None
    except Unauthenticated:
        return None
