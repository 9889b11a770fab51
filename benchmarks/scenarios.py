"""What is sent to each route. A scenario prepares, gives one request after the other, and takes the answers."""

from __future__ import annotations

import importlib
from collections.abc import Callable, Generator
from dataclasses import dataclass
from typing import Any, Final

from benchmarks.market import Market
from benchmarks.stage import Request

Requests = Generator[Request, Any, None]
Prepare = Callable[[Market], Requests]

SLOW: Final = 20
"""How often a request is sent that hashes a password, or takes much to prepare."""


@dataclass(frozen=True, slots=True)
class Scenario:
    """``name`` is the call as docs/costs.md has it, ``route`` its method and path in the application."""

    name: str
    route: str
    requests: Prepare
    most: int | None = None


_DECLARED: Final[list[Scenario]] = []


def scenario(name: str, route: str, most: int | None = None) -> Callable[[Prepare], Prepare]:
    """Declare a scenario; it is measured at most ``most`` times."""

    def declare(requests: Prepare) -> Prepare:
        _DECLARED.append(Scenario(name, route, requests, most))
        return requests

    return declare


def same(name: str, route: str, request: Callable[[Market], Request], most: int | None = None) -> None:
    """Declare a scenario that sends one request again and again."""

    def requests(market: Market) -> Requests:
        prepared = request(market)
        while True:
            yield prepared

    _DECLARED.append(Scenario(name, route, requests, most))


def scenarios() -> tuple[Scenario, ...]:
    """All scenarios, the calls that change something first."""
    for module in ("benchmarks.changing", "benchmarks.reading"):
        importlib.import_module(module)  # they declare when they are imported
    return tuple(_DECLARED)
