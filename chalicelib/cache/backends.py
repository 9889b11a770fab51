"""Storage of cached responses: the interface, and the backend inside this process."""

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final, Protocol

_MOST_ENTRIES: Final = 20_000
_MOST_CHARACTERS: Final = 32 * 1024 * 1024


class CacheUnreachable(Exception):
    """The backend did not respond; the request continues without it."""


class Backend(Protocol):
    """Stores short-lived texts. Every method may raise CacheUnreachable."""

    name: str

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """Return the texts of keys, in one round trip."""

    def put(self, entries: Mapping[str, str], seconds: int) -> None:
        """Store texts for some seconds, in one round trip."""

    def put_new(self, key: str, text: str, seconds: int) -> bool:
        """Store a text if the key has none; return True if it was stored."""

    def push(self, lists: Iterable[tuple[str, str]], *, most: int, seconds: int) -> None:
        """Push texts without spaces to the heads of lists, in one round trip.

        A list keeps its ``most`` latest texts until ``seconds`` after the last push.
        """

    def pushed(self, key: str) -> list[str]:
        """Return the texts of a list, the latest first."""

    def add(self, key: str, amounts: Mapping[str, int]) -> None:
        """Add amounts to the numbers of a key, by name."""

    def numbers(self, key: str) -> dict[str, int]:
        """Return the numbers of a key, by name."""

    def keys(self, prefix: str) -> list[str]:
        """Return the keys with a prefix, which may include expired ones."""

    def drop(self, keys: Sequence[str]) -> int:
        """Delete keys; return the number of those that existed."""

    def close(self) -> None:
        """Close the connections."""


@dataclass(frozen=True, slots=True)
class _Kept:
    text: str
    until: float


class InProcessBackend:
    """Cache of a single process, for laptops and tests. When it is full, the oldest entries are deleted.

    ``now`` is a monotonic clock in seconds.
    """

    name = "in-process"

    def __init__(
        self,
        now: Callable[[], float] = time.monotonic,
        *,
        most: int = _MOST_ENTRIES,
        characters: int = _MOST_CHARACTERS,
    ) -> None:
        self._now = now
        self._most = most
        self._most_characters = characters
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, _Kept] = OrderedDict()
        self._characters = 0
        self._numbers: dict[str, dict[str, int]] = {}

    def get(self, keys: Sequence[str]) -> list[str | None]:
        with self._lock:
            return [self._text(key) for key in keys]

    def put(self, entries: Mapping[str, str], seconds: int) -> None:
        with self._lock:
            for key, text in entries.items():
                self._keep(key, text, seconds)

    def put_new(self, key: str, text: str, seconds: int) -> bool:
        with self._lock:
            if self._text(key) is not None:
                return False
            self._keep(key, text, seconds)
            return True

    def push(self, lists: Iterable[tuple[str, str]], *, most: int, seconds: int) -> None:
        with self._lock:
            for key, text in lists:
                known = (self._text(key) or "").split()
                self._keep(key, " ".join([text, *known][:most]), seconds)

    def pushed(self, key: str) -> list[str]:
        with self._lock:
            return (self._text(key) or "").split()

    def add(self, key: str, amounts: Mapping[str, int]) -> None:
        with self._lock:
            known = self._numbers.setdefault(key, {})
            for name, amount in amounts.items():
                known[name] = known.get(name, 0) + amount

    def numbers(self, key: str) -> dict[str, int]:
        with self._lock:
            return dict(self._numbers.get(key, {}))

    def keys(self, prefix: str) -> list[str]:
        with self._lock:
            return [key for key in self._kept if key.startswith(prefix)]

    def drop(self, keys: Sequence[str]) -> int:
        with self._lock:
            return sum(self._forget(key) for key in keys)

    def close(self) -> None:
        """Do nothing: there are no connections."""

    def _text(self, key: str) -> str | None:
        known = self._kept.get(key)
        return known.text if known and known.until > self._now() else None

    def _keep(self, key: str, text: str, seconds: int) -> None:
        self._forget(key)
        self._kept[key] = _Kept(text, self._now() + seconds)
        self._characters += len(key) + len(text)
        while len(self._kept) > self._most or self._characters > self._most_characters:
            self._forget(next(iter(self._kept)))

    def _forget(self, key: str) -> bool:
        known = self._kept.pop(key, None)
        if known is None:
            return False
        self._characters -= len(key) + len(known.text)
        return True
