"""Where cached answers are kept: in this process, or in Valkey or Redis."""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol, TypeVar

from chalicelib.common.observability import logger

if TYPE_CHECKING:
    from redis import Redis

T = TypeVar("T")

_MOST_ENTRIES: Final = 10_000
_TIMEOUT_SECONDS: Final = 0.25
_CIRCUIT_OPEN_SECONDS: Final = 5.0
_SCAN_COUNT: Final = 500


class CacheUnreachable(Exception):
    """The backend did not answer; the request goes on without it."""


class Backend(Protocol):
    """A place for short-lived texts. Every method may raise CacheUnreachable."""

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """The texts of keys, in one round trip."""

    def put(self, entries: Mapping[str, str], seconds: int) -> None:
        """Keep texts for so many seconds, in one round trip."""

    def put_new(self, key: str, text: str, seconds: int) -> bool:
        """Keep a text where there is none; whether it was kept."""

    def add(self, key: str, amounts: Mapping[str, int]) -> None:
        """Add to named numbers."""

    def count(self, key: str, seconds: int) -> tuple[int, float]:
        """Count one in a window that begins with its first; the count, and the seconds that are left."""

    def numbers(self, key: str) -> dict[str, int]:
        """Named numbers."""

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin so."""

    def drop(self, keys: Sequence[str]) -> int:
        """Forget keys; gives how many there were."""


class InProcessBackend:
    """For a single process: a laptop, tests. Forgets the oldest where it grows too large."""

    def __init__(self, now: Callable[[], float] = time.monotonic) -> None:
        self._now = now
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, tuple[str, float]] = OrderedDict()
        self._numbers: dict[str, dict[str, int]] = {}

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """The texts that have not expired."""
        now = self._now()
        with self._lock:
            found = (self._kept.get(key) for key in keys)
            return [entry[0] if entry and entry[1] > now else None for entry in found]

    def put(self, entries: Mapping[str, str], seconds: int) -> None:
        """Keep texts."""
        until = self._now() + seconds
        with self._lock:
            for key, text in entries.items():
                self._kept[key] = (text, until)
                self._kept.move_to_end(key)
            while len(self._kept) > _MOST_ENTRIES:
                self._kept.popitem(last=False)

    def put_new(self, key: str, text: str, seconds: int) -> bool:
        """Keep a text where there is none that lives."""
        now = self._now()
        with self._lock:
            known = self._kept.get(key)
            if known and known[1] > now:
                return False
            self._kept[key] = (text, now + seconds)
            return True

    def add(self, key: str, amounts: Mapping[str, int]) -> None:
        """Add to named numbers."""
        with self._lock:
            known = self._numbers.setdefault(key, {})
            for name, amount in amounts.items():
                known[name] = known.get(name, 0) + amount

    def count(self, key: str, seconds: int) -> tuple[int, float]:
        """Count one in a window."""
        now = self._now()
        with self._lock:
            text, until = self._kept.get(key, ("0", 0.0))
            seen, until = (int(text), until) if until > now else (0, now + seconds)
            self._kept[key] = (str(seen + 1), until)
        return seen + 1, until - now

    def numbers(self, key: str) -> dict[str, int]:
        """Named numbers."""
        with self._lock:
            return dict(self._numbers.get(key, {}))

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin so, expired ones too."""
        with self._lock:
            found = [key for key in self._kept if key.startswith(prefix)]
        yield from found

    def drop(self, keys: Sequence[str]) -> int:
        """Forget keys."""
        with self._lock:
            return sum(self._kept.pop(key, None) is not None for key in keys)


class RedisBackend:
    """Valkey or Redis. Short timeouts; after a failure nothing is asked for some seconds (an open circuit)."""

    def __init__(self, url: str, now: Callable[[], float] = time.monotonic) -> None:
        self._url = url
        self._now = now
        self._closed_at = 0.0

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """The texts of keys. A pipeline and not MGET: keys of a cluster lie in different slots."""

        def ask(redis: Redis) -> list[str | None]:
            pipeline = redis.pipeline(transaction=False)
            for key in keys:
                pipeline.get(key)
            return list(pipeline.execute())

        return self._ask(ask)

    def put(self, entries: Mapping[str, str], seconds: int) -> None:
        """Keep texts."""

        def ask(redis: Redis) -> None:
            pipeline = redis.pipeline(transaction=False)
            for key, text in entries.items():
                pipeline.set(key, text, ex=seconds)
            pipeline.execute()

        self._ask(ask)

    def put_new(self, key: str, text: str, seconds: int) -> bool:
        """Keep a text where there is none."""
        return self._ask(lambda redis: bool(redis.set(key, text, ex=seconds, nx=True)))

    def add(self, key: str, amounts: Mapping[str, int]) -> None:
        """Add to named numbers."""

        def ask(redis: Redis) -> None:
            pipeline = redis.pipeline(transaction=False)
            for name, amount in amounts.items():
                pipeline.hincrby(key, name, amount)
            pipeline.execute()

        self._ask(ask)

    def count(self, key: str, seconds: int) -> tuple[int, float]:
        """Count one in a window: `SET NX` begins it, so that a lost answer can't leave a count without an end."""

        def ask(redis: Redis) -> tuple[int, float]:
            pipeline = redis.pipeline(transaction=False)
            pipeline.set(key, 0, ex=seconds, nx=True)
            pipeline.incr(key)
            pipeline.pttl(key)
            _, seen, left_millis = pipeline.execute()
            return int(seen), max(0, int(left_millis)) / 1000

        return self._ask(ask)

    def numbers(self, key: str) -> dict[str, int]:
        """Named numbers."""
        found: Mapping[str, Any] = self._ask(lambda redis: dict(redis.hgetall(key)))  # type: ignore[arg-type]  # the stub allows for an asynchronous client
        return {name: int(value) for name, value in found.items()}

    def keys(self, prefix: str) -> Iterator[str]:
        """Keys that begin so."""
        yield from self._ask(lambda redis: list(redis.scan_iter(match=f"{prefix}*", count=_SCAN_COUNT)))

    def drop(self, keys: Sequence[str]) -> int:
        """Forget keys, one command each: a cluster takes no command over several slots."""

        def ask(redis: Redis) -> int:
            pipeline = redis.pipeline(transaction=False)
            for key in keys:
                pipeline.delete(key)
            return sum(pipeline.execute())

        return self._ask(ask) if keys else 0

    def _ask(self, question: Callable[[Redis], T]) -> T:
        """Ask the server, unless it failed a moment ago."""
        from redis.exceptions import RedisError

        if self._now() < self._closed_at:
            raise CacheUnreachable
        try:
            return question(self._redis)
        except (RedisError, OSError) as error:
            self._closed_at = self._now() + _CIRCUIT_OPEN_SECONDS
            logger().warning("cache unreachable", extra={"reason": type(error).__name__})
            raise CacheUnreachable from error

    @cached_property
    def _redis(self) -> Redis:
        """The client. redis-py loads asyncio: only whoever has a server pays for that."""
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.retry import Retry

        return Redis.from_url(
            self._url,
            decode_responses=True,
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 0),
            max_connections=64,
        )
