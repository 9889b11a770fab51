"""Rate limits in fixed windows: approximate counts, in the process or on the cache server.

Source: draft-ietf-httpapi-ratelimit-headers-10 (the fields `RateLimit-Policy` and `RateLimit`).
"""

import hashlib
import hmac
import ipaddress
import math
import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Protocol

from chalicelib.shared.errors import TooManyRequests, Unavailable
from chalicelib.shared.settings import Limit

PURPOSE: Final = "rate-limits"
_IPV4_BITS: Final = 32
_IPV6_NETWORK_BITS: Final = 64
_DIGEST_CHARACTERS: Final = 32
_MOST_COUNTERS: Final = 50_000


@dataclass(frozen=True, slots=True)
class RateLimitState:
    """The rest of a limit: ``remaining`` requests now, and seconds until there are more."""

    policy: str
    limit: Limit
    remaining: int
    reset_seconds: int

    def headers(self) -> Mapping[str, str]:
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.limit.requests};w={self.limit.seconds}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.reset_seconds}',
        }


class LimitExceeded(TooManyRequests):
    """A limit is used up; ``state`` describes it."""

    def __init__(self, state: RateLimitState, detail: str | None = None) -> None:
        super().__init__(detail, retry_after_seconds=state.reset_seconds)
        self.state = state


@dataclass(frozen=True, slots=True)
class WindowCount:
    """The number of requests in a window, this one included, and the time until its end."""

    requests: int
    seconds_left: float


class Counter(Protocol):
    """Counts requests by key in windows that begin with their first request. It may lose counts, and must be fast."""

    def count(self, key: str, window_seconds: int) -> WindowCount:
        """Count one request. Raises Unavailable if that is impossible."""


class InProcessCounter:
    """Counts the requests of this process. ``now`` is a monotonic clock in seconds."""

    def __init__(self, now: Callable[[], float] = time.monotonic, *, most: int = _MOST_COUNTERS) -> None:
        self._now = now
        self._most = most
        self._lock = threading.Lock()
        self._windows: dict[str, tuple[int, float]] = {}

    def count(self, key: str, window_seconds: int) -> WindowCount:
        now = self._now()
        with self._lock:
            seen, ends_at = self._windows.pop(key, (0, 0.0))
            if ends_at <= now:
                seen, ends_at = 0, now + window_seconds
                self._drop_old_windows(now)
            self._windows[key] = (seen + 1, ends_at)
        return WindowCount(seen + 1, ends_at - now)

    def _drop_old_windows(self, now: float) -> None:
        """Limit the memory: drop windows that are over, and the half of the others that was used least recently."""
        if len(self._windows) < self._most:
            return
        going_on = [(key, window) for key, window in self._windows.items() if window[1] > now]
        self._windows = dict(going_on[-self._most // 2 :])


class FixedWindowLimiter:
    """Limits requests in fixed windows. If the counter fails, requests are admitted: no money is at risk."""

    def __init__(self, counter: Counter) -> None:
        self._counter = counter

    def admit(self, policy: str, limit: Limit, subject: str) -> RateLimitState | None:
        """Count one request of a subject; None if there is no limit, or the counter fails.

        Raises:
            LimitExceeded: the window is full.
        """
        if not limit.requests:
            return None
        try:
            counted = self._counter.count(f"{policy}#{subject}", limit.seconds)
        except Unavailable:
            return None
        left = limit.requests - counted.requests
        state = RateLimitState(policy, limit, max(0, left), max(1, math.ceil(counted.seconds_left)))
        if left < 0:
            raise LimitExceeded(state)
        return state


class IdentifierHasher:
    """Replaces the identifiers of callers in counters by keyed digests, so that counters hold no personal data."""

    def __init__(self, keys: Callable[[], tuple[bytes, ...]]) -> None:
        self._keys = keys

    def of(self, subject: str) -> str:
        """Return the digest of a subject. Raises Unavailable if the key cannot be read."""
        return hmac.new(self._keys()[0], subject.encode(), hashlib.sha256).hexdigest()[:_DIGEST_CHARACTERS]

    def of_address(self, address: str) -> str:
        """Return the digest of a network address. All addresses of an IPv6 /64 network have the same one."""
        return self.of(network_of(address))


def network_of(address: str, *, ipv4_bits: int = _IPV4_BITS, ipv6_bits: int = _IPV6_NETWORK_BITS) -> str:
    """Return the network of an address, by default an IPv4 address itself and an IPv6 /64; other text unchanged."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv6Address) and parsed.ipv4_mapped is not None:
        parsed = parsed.ipv4_mapped
    if isinstance(parsed, ipaddress.IPv4Address) and ipv4_bits == _IPV4_BITS:
        return str(parsed)
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(ipaddress.IPv4Network((int(parsed), ipv4_bits), strict=False))
    return str(ipaddress.IPv6Network((int(parsed), ipv6_bits), strict=False))
