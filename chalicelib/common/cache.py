"""Cached answers: read through versioned namespaces, which a change makes worthless all at once.

An entry remembers the versions of its namespaces that it was built under. A change gives a namespace a new
version; so nothing has to be found and deleted, and an answer that was being built meanwhile is never served.
Nothing here decides about money: services read the database.
"""

from __future__ import annotations

import json
import random
import secrets
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from chalicelib.common.cache_backends import Backend, CacheUnreachable, InProcessBackend, RedisBackend

IN_PROCESS: Final = "memory:"
SHOWN_SECONDS: Final = 60
"""How long an answer about one thing is kept at most."""
LISTED_SECONDS: Final = 30
"""How long a page of a list is kept at most."""
_ENTRY: Final = "answer:"
_VERSION: Final = "version:"
_LOCK: Final = "lock:"
_FRESH: Final = "fresh:"
_STATISTICS: Final = "statistics"
_VERSION_SECONDS: Final = 86_400
_SETTLED_MILLIS: Final = 2_000
_FRESH_SECONDS: Final = 10
_LOCK_SECONDS: Final = 2
_WAIT_SECONDS: Final = 0.05
_JITTER: Final = 0.2
_REPORTED_AFTER: Final = 20

Build = Callable[[], str]


class Cache:
    """Answers as texts. Without a backend every answer is built."""

    def __init__(self, backend: Backend | None, now: Callable[[], float] = time.time) -> None:
        self._backend = backend
        self._now = now
        self._builders = _KeyedLocks()
        self._counts: dict[str, int] = {}

    @classmethod
    def of(cls, url: str) -> Cache:
        """The cache that CACHE_URL names: none, this process (`memory:`), or a Redis-compatible server."""
        if not url:
            return cls(None)
        return cls(InProcessBackend() if url == IN_PROCESS else RedisBackend(url))

    @property
    def is_on(self) -> bool:
        """Whether there is a backend."""
        return self._backend is not None

    def read(self, namespaces: Sequence[str], key: str, build: Build, *, seconds: int, from_index: bool = False) -> str:
        """The cached answer, or the one that is built now.

        ``from_index`` says that it was read from an index, which lags behind: it is not kept within two seconds
        of a change. The lifetime is cut by up to a fifth at random, so that entries do not all end at once.
        """
        if self._backend is None:
            return build()
        name = f"{_ENTRY}{'+'.join(namespaces)}:{key}"
        try:
            versions, kept = self._look_up(self._backend, namespaces, name)
        except CacheUnreachable:
            self._count("errors")
            return build()
        if kept is not None:
            self._count("hits")
            return kept
        self._count("misses")
        with self._builders.held(name):
            return self._built_once(self._backend, namespaces, name, versions, build, (seconds, from_index))

    def invalidate(self, namespaces: Iterable[str]) -> None:
        """Make all answers of these namespaces worthless."""
        wanted = {f"{_VERSION}{namespace}": self._new_version() for namespace in namespaces}
        if self._backend is None or not wanted:
            return
        try:
            self._backend.put(wanted, _VERSION_SECONDS)
            self._count("invalidations", len(wanted))
        except CacheUnreachable:
            self._count("errors")

    def note_fresh(self, list_name: str, identifier: str) -> None:
        """Remember for some seconds that a list has a new member which its index may not show yet."""
        if self._backend is None:
            return
        try:
            [known] = self._backend.get([f"{_FRESH}{list_name}"])
            ids = [identifier, *json.loads(known or "[]")][:20]
            self._backend.put({f"{_FRESH}{list_name}": json.dumps(ids)}, _FRESH_SECONDS)
        except CacheUnreachable:
            self._count("errors")

    def fresh(self, list_name: str) -> list[str]:
        """New members of a list, newest first."""
        if self._backend is None:
            return []
        try:
            [known] = self._backend.get([f"{_FRESH}{list_name}"])
        except CacheUnreachable:
            return []
        return [str(identifier) for identifier in json.loads(known or "[]")]

    def count(self, key: str, seconds: int) -> tuple[int, float]:
        """Count one in a window that begins with its first; the count, and the seconds that are left.

        Raises:
            CacheUnreachable: there is no backend, or it does not answer.
        """
        if self._backend is None:
            raise CacheUnreachable
        return self._backend.count(key, seconds)

    def statistics(self) -> dict[str, int]:
        """Hits, misses, errors and invalidations, of all processes where the backend is shared."""
        self._report()
        if self._backend is None:
            return {}
        try:
            return self._backend.numbers(_STATISTICS)
        except CacheUnreachable:
            return dict(self._counts)

    def clear(self) -> int:
        """Forget every answer; gives how many there were."""
        return self._drop(lambda backend: list(backend.keys(_ENTRY)))

    def sweep(self) -> int:
        """Forget answers that no reader would take any more: expired, or of an old version."""
        return self._drop(lambda backend: [key for key in backend.keys(_ENTRY) if self._is_stale(backend, key)])

    def _look_up(self, backend: Backend, namespaces: Sequence[str], name: str) -> tuple[list[str | None], str | None]:
        """The namespaces' versions and, where it was built under them, the answer: one round trip."""
        *versions, entry = backend.get([*(f"{_VERSION}{namespace}" for namespace in namespaces), name])
        if entry is None or None in versions:
            return versions, None
        kept = json.loads(entry)
        return versions, kept["text"] if kept["versions"] == versions else None

    def _built_once(
        self,
        backend: Backend,
        namespaces: Sequence[str],
        name: str,
        versions: list[str | None],
        build: Build,
        keeping: tuple[int, bool],
    ) -> str:
        """Build the answer unless somebody did while this caller waited for its turn."""
        seconds, from_index = keeping
        try:
            if not backend.put_new(f"{_LOCK}{name}", "1", _LOCK_SECONDS):
                time.sleep(_WAIT_SECONDS)
                kept = self._look_up(backend, namespaces, name)[1]
                if kept is not None:
                    return kept
            versions = [
                version or self._first_version(backend, ns) for version, ns in zip(versions, namespaces, strict=True)
            ]
            text = build()
            if not (from_index and self._changed_just_now(versions)):
                entry = json.dumps({"versions": versions, "text": text}, separators=(",", ":"))
                backend.put({name: entry}, max(1, round(seconds * (1 - random.uniform(0, _JITTER)))))
            backend.drop([f"{_LOCK}{name}"])
            return text
        except CacheUnreachable:
            self._count("errors")
            return build()

    def _first_version(self, backend: Backend, namespace: str) -> str:
        """Give a namespace without a version one; whoever is first wins."""
        key, version = f"{_VERSION}{namespace}", f"{secrets.token_hex(6)}.0"
        if backend.put_new(key, version, _VERSION_SECONDS):
            return version
        return backend.get([key])[0] or version

    def _new_version(self) -> str:
        return f"{secrets.token_hex(6)}.{int(self._now() * 1000)}"

    def _changed_just_now(self, versions: Sequence[str | None]) -> bool:
        newest = max((int((version or ".0").partition(".")[2]) for version in versions), default=0)
        return self._now() * 1000 - newest < _SETTLED_MILLIS

    def _is_stale(self, backend: Backend, key: str) -> bool:
        namespaces = key.removeprefix(_ENTRY).partition(":")[0].split("+")
        return self._look_up(backend, namespaces, key)[1] is None

    def _drop(self, choose: Callable[[Backend], list[str]]) -> int:
        if self._backend is None:
            return 0
        try:
            return self._backend.drop(choose(self._backend))
        except CacheUnreachable:
            self._count("errors")
            return 0

    def _count(self, name: str, amount: int = 1) -> None:
        self._counts[name] = self._counts.get(name, 0) + amount
        if sum(self._counts.values()) >= _REPORTED_AFTER:
            self._report()

    def _report(self) -> None:
        """Add this process's numbers to those of all."""
        if self._backend is None or not self._counts:
            return
        counts, self._counts = self._counts, {}
        try:
            self._backend.add(_STATISTICS, counts)
        except CacheUnreachable:
            self._counts = counts


class _KeyedLocks:
    """One builder a key in this process: the others wait and then find the answer."""

    def __init__(self) -> None:
        self._guard = threading.Lock()
        self._locks: dict[str, tuple[threading.Lock, int]] = {}

    @contextmanager
    def held(self, key: str) -> Iterator[None]:
        """Wait for one's turn."""
        with self._guard:
            lock, waiting = self._locks.get(key, (threading.Lock(), 0))
            self._locks[key] = (lock, waiting + 1)
        with lock:
            try:
                yield
            finally:
                with self._guard:
                    waiting = self._locks[key][1] - 1
                    if waiting:
                        self._locks[key] = (lock, waiting)
                    else:
                        del self._locks[key]
