"""The measured requests: the examples of the catalogue of routes."""

from collections.abc import Generator
from dataclasses import dataclass
from itertools import count
from typing import Any, Final

from benchmarks.application import Client, Request
from tests.catalogue import ROUTES
from tests.marketplace import Marketplace
from tests.route_examples import Cost, Route

Market = Marketplace[Client]
_SLOW: Final = 20
"""The number of requests that are sent of a slow example."""
_KEYS = count(1)


@dataclass(frozen=True, slots=True)
class Scenario:
    """An example of a route that is sent again and again."""

    route: Route
    example: Cost

    @property
    def name(self) -> str:
        """The name in docs/costs.md."""
        return self.route.title(self.example.label)

    @property
    def most(self) -> int | None:
        """The largest number of requests, if it is limited."""
        return _SLOW if self.route.is_slow or self.example.is_slow else None

    def requests(self, market: Market) -> Generator[Request, Any, None]:
        """Prepare one request after the other; a read or a replay is prepared once."""
        prepared = self._request(market)
        while True:
            yield prepared
            if self.route.method != "GET" and not self.example.is_replay:
                prepared = self._request(market)

    def _request(self, market: Market) -> Request:
        route = self.route
        situation = (self.example.setup or route.setup)(market)
        address, body = route.address(situation.values), route.body_for(situation.values)
        key = f"benchmarks-{next(_KEYS)}" if route.is_keyed else ""
        return Request(route.method, address, situation.user, body, key, situation.headers)


def scenarios() -> tuple[Scenario, ...]:
    """All scenarios, the requests that change something first; the clock belongs to the local platform."""
    measured = [route for route in ROUTES if not route.path.startswith("/api/sandbox/clock")]
    found = [Scenario(route, example) for route in measured for example in route.costs or (Cost((0, 0, 0)),)]
    return tuple(sorted(found, key=lambda scenario: scenario.route.method == "GET"))
