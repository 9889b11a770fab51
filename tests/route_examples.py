"""An entry of the catalogue of routes: a route with an example, the roles it admits and its costs."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from tests.marketplace import Marketplace, Situation

Allowed = Mapping[str, str]
Setup = Callable[[Marketplace[Any]], Situation[Any]]


@dataclass(frozen=True, slots=True)
class Cost:
    """The cost of an example.

    Args:
        figures: round trips, write units and read units, exactly.
        floor: the lowest figures that the design allows, where they are given.
        note: why a figure is higher, or what it consists of.
        label: distinguishes several examples of one route.
        setup: the situation, where it is not the route's own.
        is_replay: whether the same request was sent before with the same key.
        is_slow: whether the situation takes long to prepare: benchmarks send it less often.
    """

    figures: tuple[int, float, float]
    floor: str = ""
    note: str = ""
    label: str = ""
    setup: Setup | None = None
    is_replay: bool = False
    is_slow: bool = False


@dataclass(frozen=True, slots=True)
class Route:
    """One route.

    Args:
        name: method and path, as the application declares them.
        allowed: the result by relation.
        setup: the situation in which the example succeeds.
        body: the example's body, a text for XML; ``{name}`` is a placeholder for a value of the situation.
        other_body: another valid body for the same situation.
        query: the example's query string.
        costs: exact costs.
        is_keyed: whether it takes an Idempotency-Key.
        is_slow: whether it hashes a password or takes long to prepare: benchmarks send it less often.
        fault_free: whether it calls no other service, so that no call can fail.
    """

    name: str
    allowed: Allowed
    setup: Setup
    body: Mapping[str, Any] | str | None = None
    other_body: Mapping[str, Any] | str | None = None
    query: str = ""
    costs: tuple[Cost, ...] = ()
    is_keyed: bool = False
    is_slow: bool = False
    fault_free: bool = False

    @property
    def method(self) -> str:
        return self.name.partition(" ")[0]

    @property
    def path(self) -> str:
        return self.name.partition(" ")[2]

    def address(self, values: Mapping[str, str]) -> str:
        """The path for a situation, with a trailing slash and the query string."""
        path = self.path.format_map(values)
        return (path if path.startswith("/static/") else path.rstrip("/") + "/") + self.query.format_map(values)

    def body_for(self, values: Mapping[str, str], *, other: bool = False) -> dict[str, Any] | str | None:
        """The body for a situation."""
        body = self.other_body if other else self.body
        if body is None or isinstance(body, str):
            return body and body.format_map(values)
        return {name: _filled(value, values) for name, value in body.items()}

    def title(self, label: str = "") -> str:
        """The name in tables, with the label of an example."""
        slash = "" if self.path.startswith("/health") else "/"
        return f"{self.method} {self.path.rstrip('/')}{slash} {label}".rstrip()


def _filled(value: Any, values: Mapping[str, str]) -> Any:
    if isinstance(value, list):
        return [_filled(each, values) for each in value]
    if isinstance(value, dict):
        return {name: _filled(each, values) for name, each in value.items()}
    return value.format_map(values) if isinstance(value, str) else value
