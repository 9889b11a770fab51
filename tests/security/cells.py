"""The cells of the authorization matrix: one route, one relation, one state of the loan."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from chalicelib.loans.domain.loan import LoanStatus
from tests.api.contract.declared import CALLS
from tests.catalogue import FROZEN, RELATIONS, ROUTES, Route
from tests.http_client import Response
from tests.security.scenes import STATES, Scene

ANY_STATE: Final = LoanStatus.FUNDED
"""The state in which routes are tried that do not name a loan."""
_SUCCESS: Final = {f"{each.method} {each.path}": int(each.status) for each in CALLS}


@dataclass(frozen=True, slots=True)
class Cell:
    """A request by one relation, for a loan in one state."""

    route: Route
    relation: str
    state: LoanStatus

    @property
    def is_frozen(self) -> bool:
        """Whether the parties of the scene are frozen."""
        return self.relation in FROZEN

    @property
    def success(self) -> int:
        """The status of a success."""
        return _SUCCESS.get(self.route.name, 200)

    @property
    def expected(self) -> str:
        """The expected result, as the catalogue has it."""
        for relations, results in self.route.allowed.items():
            if self.relation in relations.split(", "):
                words = results.split()
                return words[0] if len(words) == 1 else words[STATES.index(self.state)]
        raise LookupError(self.relation)

    def send(self, scene: Scene) -> Response:
        """Send the example of the route with the ids of a scene."""
        values = scene.values_for(self.route.path)
        body = self.route.body_for(values)
        if body is None and self.route.method == "POST":
            body = {}
        return scene.clients[self.relation].send(self.route.method, self.route.address(values), body)


def cells() -> Iterator[Cell]:
    """Every route with every relation; in every state if the route names a loan."""
    for route in ROUTES:
        for state in STATES if "/loans/{id}" in route.path else (ANY_STATE,):
            for relation in RELATIONS:
                yield Cell(route, relation, state)
