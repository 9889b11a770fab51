"""Request counts that all processes share, where there is a cache server."""

from __future__ import annotations

from chalicelib.common.cache import Cache
from chalicelib.common.cache_backends import CacheUnreachable
from chalicelib.common.errors import Unavailable
from chalicelib.common.ratelimit import Counted


class SharedCounter:
    """Counts in the cache's backend."""

    def __init__(self, cache: Cache) -> None:
        self._cache = cache

    def count(self, key: str, window_seconds: int) -> Counted:
        """Count one request. Raises Unavailable where the backend does not answer."""
        try:
            return Counted(*self._cache.count(f"limit:{key}", window_seconds))
        except CacheUnreachable as error:
            raise Unavailable from error
