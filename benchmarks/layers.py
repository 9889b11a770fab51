"""A stopwatch for layers: CPU time is charged to the layer whose function was entered last."""

import functools
import inspect
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from chalicelib.api import routing as api
from chalicelib.api.routing import REGISTRY
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.idempotency import IdempotencyStore
from chalicelib.dynamodb.transaction import WriteTransaction

EDGE: Final = "edge"
CONTRACT: Final = "contract"
RULES: Final = "rules"
ITEMS: Final = "items"
WIRE: Final = "wire"
LAYERS: Final = {
    EDGE: "Chalice, token, log line, metrics",
    CONTRACT: "pydantic: body and query in, response out",
    RULES: "services and domain",
    ITEMS: "repositories and pynamodb",
    WIRE: "botocore, urllib3, the socket",
}
_CALLS_BACK: Final = frozenset({"execute", "subscribe", "call"})


class Stopwatch:
    """Divides the CPU time of its thread among layers; other threads are not counted."""

    def __init__(self) -> None:
        self.nanoseconds: Counter[str] = Counter()
        self._thread = threading.get_ident()
        self._layers = [EDGE]
        self._since = time.thread_time_ns()

    def start(self) -> None:
        """Restart with the outermost layer."""
        self.nanoseconds.clear()
        self._since = time.thread_time_ns()

    def stop(self) -> None:
        """Charge the time since the last function was entered."""
        self._charge()

    def timed(self, layer: str, function: Callable[..., Any]) -> Callable[..., Any]:
        """The function with its time charged to a layer."""

        @functools.wraps(function)
        def within(*given: Any, **named: Any) -> Any:
            if threading.get_ident() != self._thread:
                return function(*given, **named)
            self._charge()
            self._layers.append(layer)
            try:
                return function(*given, **named)
            finally:
                self._charge()
                self._layers.pop()

        return within

    def _charge(self) -> None:
        now = time.thread_time_ns()
        self.nanoseconds[self._layers[-1]] += now - self._since
        self._since = now


@contextmanager
def watched() -> Iterator[Stopwatch]:
    """Time the functions between the layers until the block ends."""
    stopwatch, undo = Stopwatch(), []
    for owner, name, layer in _boundaries():
        plain = getattr(owner, name)
        undo.append((owner, name, plain))
        _replace(owner, name, stopwatch.timed(layer, plain))
    try:
        yield stopwatch
    finally:
        for owner, name, plain in undo:
            _replace(owner, name, plain)


def _boundaries() -> Iterator[tuple[Any, str, str]]:
    for name in ("parse_body", "validate", "_response"):
        yield api, name, CONTRACT
    for declared in REGISTRY:
        yield declared, "view", CONTRACT
    for kind in _classes_of("service"):
        yield from ((kind, name, RULES) for name in _public_methods(kind))
    for kind in (*_classes_of("repository"), IdempotencyStore, WriteTransaction, Database):
        yield from ((kind, name, ITEMS) for name in _public_methods(kind) if name not in _CALLS_BACK)
    yield Database, "call", WIRE


def _classes_of(layer: str) -> list[type]:
    """The classes of a layer's modules."""
    found = []
    for name, module in list(sys.modules.items()):
        parts = name.split(".")
        if parts[0] == "chalicelib" and layer in parts[2:3]:
            found += [kind for kind in vars(module).values() if inspect.isclass(kind) and kind.__module__ == name]
    return found


def _public_methods(kind: type) -> list[str]:
    return [
        name
        for name, value in vars(kind).items()
        if inspect.isfunction(value) and not name.startswith("_") and not inspect.isgeneratorfunction(value)
    ]


def _replace(owner: Any, name: str, value: Any) -> None:
    if isinstance(owner, api.Endpoint):
        object.__setattr__(owner, name, value)  # declarations are frozen
    else:
        setattr(owner, name, value)
