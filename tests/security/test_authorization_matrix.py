"""Every route × every relation to a loan × every state of the loan: the result is the one in the catalogue."""

import json
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import pytest

from chalicelib.container import Container
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.shared.clock import FixedClock
from tests.api.contract.declared import CALLS
from tests.catalogue import ROUTES, STATUS_OF_CODE
from tests.engines import Storage
from tests.factories import UserFactory
from tests.http_client import Response
from tests.relations import FROZEN, RELATIONS
from tests.route_examples import Route
from tests.security.scenes import STATES, Scene, SceneFactory

ANY_STATE: Final = LoanStatus.FUNDED
"""The state in which routes are tried that do not name a loan."""
_SUCCESS: Final = {f"{each.method} {each.path}": int(each.status) for each in CALLS}
_KEPT = ("users", "wallets", "ledger", "loans")


@dataclass(frozen=True, slots=True)
class Cell:
    """A request by one relation, for a loan in one state."""

    route: Route
    relation: str
    state: LoanStatus

    @property
    def is_frozen(self) -> bool:
        """True if the parties of the scene are frozen."""
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


@pytest.fixture
def scene_factory(container: Container, user_factory: UserFactory, clock: FixedClock) -> SceneFactory:
    return SceneFactory(container, user_factory, clock)


@pytest.mark.parametrize("frozen", [False, True], ids=["", "frozen"])
@pytest.mark.parametrize("state", STATES)
def test_every_relation_gets_the_expected_result(
    scene_factory: SceneFactory, tables: Storage, state: LoanStatus, frozen: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [each for each in cells() if each.state is state and each.is_frozen is frozen]
    rejected = [each for each in wanted if each.expected != "ok"]
    granted = [each for each in wanted if each.expected == "ok"]
    scene = scene_factory.scene(state, frozen=frozen)
    before = _content(tables)

    unexpected = [wrong for cell in rejected if (wrong := _unexpected(cell, scene))]
    after = _content(tables)
    unexpected += [
        wrong for cell, fresh in _with_scenes(scene_factory, scene, granted) if (wrong := _unexpected(cell, fresh))
    ]

    with capsys.disabled():
        about = f"{state}{' (frozen)' if frozen else ''}: {len(wanted)} cells, {len(unexpected)} unexpected"
        sys.stdout.write(f"\n  matrix {about} ")
    assert unexpected == []
    assert after == before


def _with_scenes(scene_factory: SceneFactory, scene: Scene, granted: list[Cell]) -> Iterator[tuple[Cell, Scene]]:
    """Each cell with a scene that no success before it has changed."""
    for cell in granted:
        yield cell, scene
        if cell.route.method != "GET" and "{" in cell.route.path:
            scene = scene_factory.scene(cell.state, frozen=cell.is_frozen)


def _unexpected(cell: Cell, scene: Scene) -> str | None:
    response, wanted = cell.send(scene), cell.expected
    if wanted == "ok":
        good = response.status == cell.success
    else:
        good = (response.status, response.code) == (STATUS_OF_CODE[wanted], wanted)
    return (
        None if good else f"{cell.route.name} by {cell.relation}: not {wanted} but {response.status} {response.body!r}"
    )


def _content(tables: Storage) -> list[str]:
    return sorted(json.dumps(item, sort_keys=True, default=str) for table in _KEPT for item in tables.items(table))
