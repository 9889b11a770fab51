"""Request counters that all processes share if there is a cache server."""

from chalicelib.api.rate_limiting.fixed_window import Counter, InProcessCounter, WindowCount
from chalicelib.cache.backends import CacheUnreachable
from chalicelib.cache.redis_backend import RedisBackend
from chalicelib.cache.service import Cache


class SharedCounter:
    """Counts on the server, or in this process while the server does not respond."""

    def __init__(self, backend: RedisBackend, here: Counter) -> None:
        self._backend = backend
        self._here = here

    def count(self, key: str, window_seconds: int) -> WindowCount:
        try:
            return WindowCount(*self._backend.count(f"limit:{key}", window_seconds))
        except CacheUnreachable:
            return self._here.count(key, window_seconds)


def counter_of(cache: Cache) -> Counter:
    """Return a counter of all processes if they share a server, else of this one."""
    here, backend = InProcessCounter(), cache.backend
    return SharedCounter(backend, here) if isinstance(backend, RedisBackend) else here
