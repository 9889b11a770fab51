"""Cached responses in Valkey or Redis, which all processes share."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, TypeVar

from chalicelib.cache.backends import CacheUnreachable
from chalicelib.observability.logging import logger

if TYPE_CHECKING:
    from redis import Redis
    from redis.client import Pipeline

T = TypeVar("T")

OPEN_SECONDS: Final = 5.0
"""Seconds without requests to the server after a failure."""
_TIMEOUT_SECONDS: Final = 0.25
_SCAN_COUNT: Final = 1000
_NO_EXPIRY: Final = 0
_CLOSED: Final = 0.0


class CircuitBreaker:
    """Open after a failure: for some seconds no caller asks the server, then one caller tries.

    ``now`` is a monotonic clock in seconds.
    """

    def __init__(self, open_seconds: float = OPEN_SECONDS, now: Callable[[], float] = time.monotonic) -> None:
        self._open_seconds = open_seconds
        self._now = now
        self._lock = threading.Lock()
        self._open_until = _CLOSED

    def enter(self) -> None:
        """Admit a request. Raises CacheUnreachable while the circuit is open."""
        if self._open_until == _CLOSED:
            return
        with self._lock:
            if self._now() < self._open_until:
                raise CacheUnreachable
            self._open_until = self._now() + self._open_seconds

    def succeeded(self) -> None:
        if self._open_until != _CLOSED:
            self._open_until = _CLOSED
            logger().info("cache reachable again")

    def failed(self, error: Exception) -> None:
        with self._lock:
            is_news = self._open_until == _CLOSED
            self._open_until = self._now() + self._open_seconds
        if is_news:
            logger().warning("cache unreachable", extra={"reason": type(error).__name__})


class RedisBackend:
    """Valkey or Redis by URL. Every key begins with ``prefix``, so that deployments can share a server.

    Commands have one key each and are sent in pipelines, because keys of a cluster are in different slots.
    """

    name = "redis"

    def __init__(self, url: str, *, prefix: str = "", circuit: CircuitBreaker | None = None) -> None:
        self._url = url
        self._prefix = prefix
        self._circuit = circuit or CircuitBreaker()
        self._refusal = ""

    def get(self, keys: Sequence[str]) -> list[str | None]:
        return self._pipelined(lambda pipeline: [pipeline.get(self._prefix + key) for key in keys])

    def put(self, entries: Mapping[str, str], seconds: int) -> None:
        self._pipelined(
            lambda pipeline: [pipeline.set(self._prefix + key, text, ex=seconds) for key, text in entries.items()]
        )

    def put_new(self, key: str, text: str, seconds: int) -> bool:
        return self._ask(lambda redis: bool(redis.set(self._prefix + key, text, ex=seconds, nx=True)))

    def push(self, lists: Iterable[tuple[str, str]], *, most: int, seconds: int) -> None:
        def stage(pipeline: Pipeline) -> None:
            for key, text in lists:
                pipeline.lpush(self._prefix + key, text)
                pipeline.ltrim(self._prefix + key, 0, most - 1)
                pipeline.expire(self._prefix + key, seconds)

        self._pipelined(stage)

    def pushed(self, key: str) -> list[str]:
        found: Any = self._ask(lambda redis: redis.lrange(self._prefix + key, 0, -1))
        return list(found)

    def add(self, key: str, amounts: Mapping[str, int]) -> None:
        self._pipelined(
            lambda pipeline: [pipeline.hincrby(self._prefix + key, name, by) for name, by in amounts.items()]
        )

    def numbers(self, key: str) -> dict[str, int]:
        found: Any = self._ask(lambda redis: redis.hgetall(self._prefix + key))
        return {str(name): int(value) for name, value in found.items()}

    def keys(self, prefix: str) -> list[str]:
        found = self._ask(lambda redis: list(redis.scan_iter(match=f"{self._prefix}{prefix}*", count=_SCAN_COUNT)))
        return [key.removeprefix(self._prefix) for key in found]

    def drop(self, keys: Sequence[str]) -> int:
        return sum(self._pipelined(lambda pipeline: [pipeline.unlink(self._prefix + key) for key in keys]))

    def count(self, key: str, seconds: int) -> tuple[int, float]:
        """Count one in a window that begins with its first; return the count and the seconds left.

        `SET NX` creates the counter with its expiry. If it expires before `INCR`, that command creates a counter
        without one, so the expiry is set again.
        """
        name = self._prefix + key

        def stage(pipeline: Pipeline) -> None:
            pipeline.set(name, 0, ex=seconds, nx=True)
            pipeline.incr(name)
            pipeline.pttl(name)

        _, seen, left_millis = self._pipelined(stage)
        if left_millis < _NO_EXPIRY:
            self._ask(lambda redis: redis.expire(name, seconds))
            left_millis = seconds * 1000
        return int(seen), int(left_millis) / 1000

    def close(self) -> None:
        client: Redis | None = self.__dict__.get("_redis")
        if client is not None:
            client.close()

    def _pipelined(self, stage: Callable[[Pipeline], object]) -> list[Any]:
        def ask(redis: Redis) -> list[Any]:
            with redis.pipeline(transaction=False) as pipeline:
                stage(pipeline)
                return list(pipeline.execute())

        return self._ask(ask)

    def _ask(self, question: Callable[[Redis], T]) -> T:
        """Send a command unless the circuit is open. A server that rejects one command (no memory, no permission)
        still responds to others, so the circuit stays closed.
        """
        from redis.exceptions import RedisError, ResponseError

        self._circuit.enter()
        try:
            answer = question(self._redis)
        except ResponseError as error:
            self._circuit.succeeded()
            self._tell_refusal(type(error).__name__)
            raise CacheUnreachable from error
        except (RedisError, OSError) as error:
            self._circuit.failed(error)
            raise CacheUnreachable from error
        self._circuit.succeeded()
        return answer

    def _tell_refusal(self, reason: str) -> None:
        if reason != self._refusal:
            self._refusal = reason
            logger().warning("cache refuses", extra={"reason": reason})

    @cached_property
    def _redis(self) -> Redis:
        """The client. redis-py loads asyncio: only a deployment with a server pays for that.

        A connection that was closed while it was idle (a Lambda sleeps between requests) is opened once more;
        a server that takes too long is not retried.
        """
        from redis import Redis
        from redis.backoff import NoBackoff
        from redis.exceptions import ConnectionError
        from redis.retry import Retry

        return Redis.from_url(
            self._url,
            protocol=2,
            decode_responses=True,
            encoding_errors="replace",
            socket_timeout=_TIMEOUT_SECONDS,
            socket_connect_timeout=_TIMEOUT_SECONDS,
            retry=Retry(NoBackoff(), 1, supported_errors=(ConnectionError,)),
        )
