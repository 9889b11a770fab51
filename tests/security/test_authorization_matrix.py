"""Every route × every relation to a loan × every state of the loan: the result is the one in the catalogue."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.shared.clock import FixedClock
from tests.catalogue import STATUS_OF_CODE
from tests.engines import Storage
from tests.factories import UserFactory
from tests.security.cells import Cell, cells
from tests.security.scenes import STATES, Scene, Stage

_KEPT = ("users", "wallets", "ledger", "loans")


@pytest.fixture
def stage(container: Container, user_factory: UserFactory, clock: FixedClock) -> Stage:
    return Stage(container, user_factory, clock)


@pytest.mark.parametrize("frozen", [False, True], ids=["", "frozen"])
@pytest.mark.parametrize("state", STATES)
def test_each_relation_gets_the_expected_result_and_rejections_change_nothing(
    stage: Stage, tables: Storage, state: LoanStatus, frozen: bool, capsys: pytest.CaptureFixture[str]
) -> None:
    wanted = [each for each in cells() if each.state is state and each.is_frozen is frozen]
    refused = [each for each in wanted if each.expected != "ok"]
    granted = [each for each in wanted if each.expected == "ok"]
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
        if cell.route.method != "GET" and "{" in cell.route.path:
            scene = stage.scene(cell.state, frozen=cell.is_frozen)


def _unexpected(cell: Cell, scene: Scene) -> str | None:
    answer, wanted = cell.send(scene), cell.expected
    if wanted == "ok":
        good = answer.status == cell.success
    else:
        good = (answer.status, answer.code) == (STATUS_OF_CODE[wanted], wanted)
    return None if good else f"{cell.route.name} by {cell.relation}: not {wanted} but {answer.status} {answer.body!r}"


def _content(tables: Storage) -> list[str]:
    return [json.dumps(item, sort_keys=True, default=str) for table in _KEPT for item in _in_order(tables.items(table))]


def _in_order(items: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(items, key=lambda item: json.dumps(item, sort_keys=True, default=str))
