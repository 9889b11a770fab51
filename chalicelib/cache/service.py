"""The response cache, with versioned namespaces that a change invalidates as a whole.

An entry stores the version of its namespace under which it was built. A change gives the namespace a new version, so
no entry has to be found and deleted, and a response that was being built meanwhile is never served. No decision about
money uses the cache: services read the database.
"""

from __future__ import annotations

import random
import secrets
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.cache.backends import Backend, CacheUnreachable, InProcessBackend
from chalicelib.cache.redis_backend import RedisBackend
from chalicelib.observability import metrics
from chalicelib.shared.settings import IN_PROCESS

RESOURCE_SECONDS: Final = 60
"""The longest lifetime of a response about one resource."""
LIST_SECONDS: Final = 30
"""The longest lifetime of a page of a list."""
HITS, MISSES, ERRORS, INVALIDATIONS = "hits", "misses", "errors", "invalidations"
_ENTRY: Final = "answer:"
_VERSION: Final = "version:"
_LOCK: Final = "lock:"
_RECENT: Final = "fresh:"
_STATISTICS: Final = "statistics"
_VERSION_SECONDS: Final = 86_400
_SETTLED_MILLIS: Final = 2_000
_RECENT_SECONDS: Final = 10
_MAX_RECENT: Final = 20
_LOCK_SECONDS: Final = 2
_MAX_WAIT_SECONDS: Final = 0.3
_POLL_SECONDS: Final = (0.005, 0.02)
_JITTER: Final = 0.2
_REPORTED_AFTER: Final = 50
_MAX_PENDING: Final = 10_000

Build = Callable[[], str]


@dataclass(frozen=True, slots=True)
class _CachedResponse:
    namespace: str
    name: str
    build: Build
    seconds: int


class Cache:
    """Caches responses as texts. Without a backend it builds every response. ``now`` returns seconds since 1970."""

    def __init__(self, backend: Backend | None, now: Callable[[], float] = time.time) -> None:
        self.backend = backend
        self.is_on = backend is not None
        self._now = now
        self._lock = threading.Lock()
        self._counts: Counter[str] = Counter()
        self._pending_invalidations: dict[str, float] = {}

    @classmethod
    def of(cls, url: str, deployment: str = "") -> Cache:
        """Return the cache that CACHE_URL names: none, this process (`memory:`), or a Redis-compatible server.

        Keys on a server begin with the deployment's name.
        """
        if not url:
            return cls(None)
        return cls(InProcessBackend() if url == IN_PROCESS else RedisBackend(url, prefix=deployment))

    def read(self, namespace: str, key: str, build: Build, *, seconds: int, from_index: bool = False) -> str:
        """Return the cached response, or build it and cache it; an error of ``build`` is raised and not cached.

        ``from_index`` says that it is built from an index, which lags behind the table: within two seconds of a change
        the response is neither cached nor waited for. The lifetime is shortened by up to a fifth at random, so that
        entries do not all expire together.
        """
        backend = self.backend
        if backend is None or self._is_pending(namespace):
            return build()
        wanted = _CachedResponse(namespace, f"{_ENTRY}{namespace}|{key}", build, seconds)
        try:
            version, kept = _look_up(backend, wanted)
            if kept is not None:
                self._count(HITS)
                return kept
            self._count(MISSES)
            version = version or self._first_version(backend, namespace)
            if from_index and not self._is_settled(version):
                return build()
            kept, version, is_builder = self._single_flight(backend, wanted, version)
        except CacheUnreachable:
            self._count(ERRORS)
            return build()
        return kept if kept is not None else self._build(backend, wanted, version, is_builder=is_builder)

    def invalidate(self, namespaces: Iterable[str]) -> None:
        """Invalidate all responses of these namespaces.

        If the backend does not respond, the invalidation stays pending: this process reads nothing from these
        namespaces until the backend has it, or until every earlier response has expired.
        """
        if self.backend is None:
            return
        changed = set(namespaces)
        pending = dict(self._pending_invalidations)
        if not changed and not pending:
            return
        try:
            self.backend.put(
                {_VERSION + each: self._new_version() for each in changed | pending.keys()}, _VERSION_SECONDS
            )
        except CacheUnreachable:
            self._count(ERRORS)
            self._add_pending(changed)
            return
        self._count(INVALIDATIONS, len(changed))
        with self._lock:
            self._pending_invalidations = {
                each: since for each, since in self._pending_invalidations.items() if pending.get(each) != since
            }

    def record_recent_writes(self, members: Iterable[tuple[str, str]]) -> None:
        """Record for some seconds that members of lists have changed: pairs of a list and an id.

        An index may not show the change yet.
        """
        lists = [(_RECENT + name, identifier) for name, identifier in members]
        if self.backend is None or not lists:
            return
        try:
            self.backend.push(lists, most=_MAX_RECENT, seconds=_RECENT_SECONDS)
        except CacheUnreachable:
            self._count(ERRORS)

    def recent_writes(self, list_name: str) -> tuple[str, ...]:
        """Return the members of a list that have changed recently, the latest first."""
        if self.backend is None:
            return ()
        try:
            return tuple(dict.fromkeys(self.backend.pushed(_RECENT + list_name)))
        except CacheUnreachable:
            self._count(ERRORS)
            return ()

    def statistics(self) -> Mapping[str, int]:
        """Return hits, misses, errors and invalidations, of all processes if they share the backend.

        Raises:
            CacheUnreachable: the backend does not respond.
        """
        if self.backend is None:
            return {}
        self._report(self.backend)
        return self.backend.numbers(_STATISTICS)

    def entries(self) -> int:
        """Return the number of cached responses, from all keys. Raises CacheUnreachable."""
        return len(self.backend.keys(_ENTRY)) if self.backend else 0

    def clear(self, namespace: str | None = None) -> int:
        """Delete the responses of a namespace, or all; return their number. Raises CacheUnreachable."""
        if self.backend is None:
            return 0
        if namespace is not None:
            self.invalidate([namespace])
        return self.backend.drop(self.backend.keys(_ENTRY if namespace is None else f"{_ENTRY}{namespace}|"))

    def sweep(self) -> dict[str, int]:
        """Delete responses of old versions; return the numbers of entries read and dropped.

        Raises:
            CacheUnreachable: the backend does not respond.
        """
        if self.backend is None:
            return {"read": 0, "dropped": 0}
        names = self.backend.keys(_ENTRY)
        useless = [name for name in names if _look_up(self.backend, _named(name))[1] is None]
        return {"read": len(names), "dropped": self.backend.drop(useless)}

    def close(self) -> None:
        """Close the backend's connections."""
        if self.backend is not None:
            self.backend.close()

    def _single_flight(self, backend: Backend, wanted: _CachedResponse, version: str) -> tuple[str | None, str, bool]:
        """Let one caller build a response while the others wait for it, for a limited time.

        Returns:
            The response that another caller has built, the namespace's version, and True if this caller must build it.
        """
        until = time.monotonic() + _MAX_WAIT_SECONDS
        while not backend.put_new(_LOCK + wanted.name, "1", _LOCK_SECONDS):
            if time.monotonic() > until:
                return None, version, False
            time.sleep(random.uniform(*_POLL_SECONDS))
            newest, kept = _look_up(backend, wanted)
            version = newest or version
            if kept is not None:
                return kept, version, False
        return None, version, True

    def _build(self, backend: Backend, wanted: _CachedResponse, version: str, *, is_builder: bool) -> str:
        """Build the response and store it under the version that was read before."""
        lifetime = max(1, round(wanted.seconds * (1 - random.uniform(0, _JITTER))))
        try:
            text = wanted.build()
            self._quietly(lambda: backend.put({wanted.name: f"{version}\n{text}"}, lifetime))
            return text
        finally:
            if is_builder:
                self._quietly(lambda: backend.drop([_LOCK + wanted.name]))

    def _quietly(self, request: Callable[[], object]) -> None:
        try:
            request()
        except CacheUnreachable:
            self._count(ERRORS)

    def _first_version(self, backend: Backend, namespace: str) -> str:
        """Give a namespace without a version one; the first caller wins.

        It counts as changed just now: a version that was lost may have been a new one.
        """
        version = self._new_version()
        if backend.put_new(_VERSION + namespace, version, _VERSION_SECONDS):
            return version
        return backend.get([_VERSION + namespace])[0] or version

    def _new_version(self) -> str:
        return f"{int(self._now() * 1000)}.{secrets.token_hex(6)}"

    def _is_settled(self, version: str) -> bool:
        """Return True if indexes show the change that made a version."""
        changed_at = version.partition(".")[0]
        return changed_at.isdigit() and self._now() * 1000 - int(changed_at) >= _SETTLED_MILLIS

    def _add_pending(self, namespaces: Iterable[str]) -> None:
        now = self._now()
        with self._lock:
            alive = {
                each: since for each, since in self._pending_invalidations.items() if now - since < RESOURCE_SECONDS
            }
            alive.update(dict.fromkeys(namespaces, now))
            self._pending_invalidations = dict(list(alive.items())[-_MAX_PENDING:])

    def _is_pending(self, namespace: str) -> bool:
        if self._pending_invalidations:
            self.invalidate(())
        return self._now() - self._pending_invalidations.get(namespace, 0.0) < RESOURCE_SECONDS

    def _count(self, name: str, amount: int = 1) -> None:
        metrics.count(f"Cache{name.capitalize()}", amount)
        with self._lock:
            self._counts[name] += amount
            is_due = self._counts.total() >= _REPORTED_AFTER
        if is_due and self.backend is not None:
            self._report(self.backend)

    def _report(self, backend: Backend) -> None:
        """Add this process's counts to those of all processes."""
        with self._lock:
            counts, self._counts = self._counts, Counter()
        try:
            backend.add(_STATISTICS, counts)
        except CacheUnreachable:
            with self._lock:
                self._counts.update(counts)


def _look_up(backend: Backend, wanted: _CachedResponse) -> tuple[str | None, str | None]:
    """Read the namespace's version and the response if it was built under it, in one round trip."""
    version, entry = backend.get([_VERSION + wanted.namespace, wanted.name])
    if version is None or entry is None:
        return version, None
    built_under, _, text = entry.partition("\n")
    return version, text if built_under == version else None


def _named(name: str) -> _CachedResponse:
    """Return the cached response with this entry name."""
    return _CachedResponse(name.removeprefix(_ENTRY).partition("|")[0], name, str, 0)
