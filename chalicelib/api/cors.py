"""Cross-origin requests (CORS): the pages of one origin, ``CORS_ORIGIN``, may call the API. By default none may.

Tokens travel in the Authorization header and there are no cookies, so credentials are never allowed.
"""

from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Final

from chalicelib.shared.settings import read_settings

ALLOWED_HEADERS: Final = (
    "Accept", "Authorization", "Content-Type", "Idempotency-Key", "If-None-Match", "X-Correlation-Id", "X-Step-Up",
)  # fmt: skip
EXPOSED_HEADERS: Final = (
    "Content-Disposition", "ETag", "Idempotent-Replayed", "RateLimit", "RateLimit-Policy", "Retry-After",
    "WWW-Authenticate", "X-Correlation-Id", "X-Request-Id",
)  # fmt: skip
MAX_AGE_SECONDS: Final = 600
"""A browser may reuse the response to a preflight request for so long."""


@lru_cache(maxsize=1)
def response_headers() -> Mapping[str, str]:
    """Return the headers by which the pages of the allowed origin can read a response; none without an origin."""
    origin = read_settings().cors_origin
    return headers_for(origin) if origin else {}


def headers_for(origin: str) -> dict[str, str]:
    """Return the headers of every response for one allowed origin."""
    return {"Access-Control-Allow-Origin": origin, "Access-Control-Expose-Headers": ", ".join(EXPOSED_HEADERS)}


def preflight_headers(origin: str, methods: Iterable[str]) -> dict[str, str]:
    """Return the headers of the response to a preflight request.

    Args:
        origin: the allowed origin.
        methods: those of the resource.
    """
    return {
        "Access-Control-Allow-Origin": origin,
        "Access-Control-Allow-Methods": ", ".join(sorted({*methods, "OPTIONS"})),
        "Access-Control-Allow-Headers": ", ".join(ALLOWED_HEADERS),
        "Access-Control-Max-Age": str(MAX_AGE_SECONDS),
    }
