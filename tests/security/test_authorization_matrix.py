"""Every call × everybody who may stand around a loan × every state of it: who gets in, and what the others hear."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.shared.clock import FixedClock
from tests.engines import Storage
from tests.factories import UserFactory
from tests.security.cells import ROUTES, Cell, cells
from tests.security.matrix import MATRIX, STATUS_OF_CODE, expected
from tests.security.scenes import RELATIONS, STATES, Scene, Stage

_KEPT = ("users", "wallets", "ledger", "loans")


@pytest.fixture
def stage(container: Container, user_factory: UserFactory, clock: FixedClock) -> Stage:
    return Stage(container, user_factory, clock)


def test_every_route_has_a_row_and_every_row_a_route() -> None:
    assert set(MATRIX) == {f"{method} {path}" for method, path in ROUTES}


@pytest.mark.parametrize("route", sorted(MATRIX))
def test_every_row_speaks_of_everybody(route: str) -> None:
    named = [relation for relations in MATRIX[route] for relation in relations.split(", ")]

    assert sorted(named) == sorted(RELATIONS)
    assert {len(answers.split()) for answers in MATRIX[route].values()} <= {1, len(STATES)}


@pytest.mark.parametrize("frozen", [False, True], ids=["", "frozen"])
@pytest.mark.parametrize("state", STATES)
def test_everybody_gets_what_the_matrix_says_and_refusals_change_nothing(
    stage: Stage, tables: Storage, state: LoanStatus, frozen: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [each for each in cells() if each.state is state and each.frozen is frozen]
    refused = [each for each in wanted if _expected(each) != "ok"]
    granted = [each for each in wanted if _expected(each) == "ok"]
    scene = stage.scene(state, frozen=frozen)
    before = _content(tables)

    unexpected = [wrong for cell in refused if (wrong := _unexpected(cell, scene))]
    after = _content(tables)
    unexpected += [wrong for cell, fresh in _with_scenes(stage, scene, granted) if (wrong := _unexpected(cell, fresh))]

    with capsys.disabled():
        about = f"{state}{' (frozen)' if frozen else ''}: {len(wanted)} cells, {len(unexpected)} unexpected"
        sys.stdout.write(f"\n  matrix {about} ")
    assert unexpected == []
    assert after == before


def _with_scenes(stage: Stage, scene: Scene, granted: list[Cell]) -> Iterator[tuple[Cell, Scene]]:
    """Each cell with a scene that no success before it has changed."""
    for cell in granted:
        yield cell, scene
        if cell.method != "GET" and "{" in cell.path:
            scene = stage.scene(cell.state, frozen=cell.frozen)


def _expected(cell: Cell) -> str:
    return expected(MATRIX[cell.route], cell.relation, STATES.index(cell.state))


def _unexpected(cell: Cell, scene: Scene) -> str | None:
    answer, wanted = cell.send(scene), _expected(cell)
    if wanted == "ok":
        good = answer.status == cell.success
    else:
        good = (answer.status, answer.code) == (STATUS_OF_CODE[wanted], wanted)
    return None if good else f"{cell.route} by {cell.relation}: not {wanted} but {answer.status} {answer.body!r}"


def _content(tables: Storage) -> list[str]:
    return [json.dumps(item, sort_keys=True, default=str) for table in _KEPT for item in _in_order(tables.items(table))]


def _in_order(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True, default=str))
