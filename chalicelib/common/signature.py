"""AWS Signature Version 4 of requests to one service at one endpoint: POST to the root path, no query.

Source: https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html
"""

from __future__ import annotations

import hashlib
import hmac
import time
from typing import Final, NamedTuple

_ALGORITHM: Final = "AWS4-HMAC-SHA256"
_END: Final = "aws4_request"


class Credentials(NamedTuple):
    """What a role signs with; ``token`` is empty for keys that do not expire."""

    access_key: str
    secret_key: str
    token: str | None = None


class _DayKey(NamedTuple):
    secret_key: str
    day: str
    key: bytes


class Signature:
    """Signs requests; what depends on the day alone is worked out once a day."""

    def __init__(self, *, host: str, region: str, service: str) -> None:
        self._host = host
        self._region = region
        self._service = service
        self._day_key = _DayKey("", "", b"")

    def sign(self, headers: dict[str, str], body: bytes, credentials: Credentials, at: float) -> None:
        """Add the headers that sign a request and all headers it has. ``at`` is in seconds since 1970."""
        moment = time.strftime("%Y%m%dT%H%M%SZ", time.gmtime(at))
        headers["X-Amz-Date"] = moment
        if credentials.token:
            headers["X-Amz-Security-Token"] = credentials.token
        signed = sorted([("host", self._host), *((name.lower(), value) for name, value in headers.items())])
        names = ";".join([name for name, _ in signed])
        lines = "".join([f"{name}:{value}\n" for name, value in signed])
        request = f"POST\n/\n\n{lines}\n{names}\n{hashlib.sha256(body).hexdigest()}"
        scope = f"{moment[:8]}/{self._region}/{self._service}/{_END}"
        text = f"{_ALGORITHM}\n{moment}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
        signature = _hmac(self._key(credentials.secret_key, moment[:8]), text).hex()
        headers["Authorization"] = (
            f"{_ALGORITHM} Credential={credentials.access_key}/{scope}, SignedHeaders={names}, Signature={signature}"
        )

    def _key(self, secret_key: str, day: str) -> bytes:
        known = self._day_key  # read once: another thread may replace it
        if known.secret_key == secret_key and known.day == day:
            return known.key
        key = f"AWS4{secret_key}".encode()
        for part in (day, self._region, self._service, _END):
            key = _hmac(key, part)
        self._day_key = _DayKey(secret_key, day, key)
        return key


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.digest(key, text.encode(), "sha256")
