"""The benchmark covers every route, and what it adds up for a loan's life are the figures of docs/costs.md."""

from __future__ import annotations

from pathlib import Path

import pytest

from benchmarks.dollars import LIFE, floors, priced
from benchmarks.pages import PAGE, marks
from benchmarks.parts import PARTS
from benchmarks.requests import Figures, measure
from benchmarks.scenarios import Market, scenarios
from benchmarks.stage import engine_with_tables, staged
from infra import prices

pytestmark = [pytest.mark.own_process, pytest.mark.slow]


def test_scenario_names_are_unique() -> None:
    names = [scenario.name for scenario in scenarios()]

    assert sorted(names) == sorted(set(names))


@pytest.mark.usefixtures("own_environment")
def test_every_scenario_succeeds_at_the_listed_cost(tmp_path: Path) -> None:
    with engine_with_tables(), staged(tmp_path) as stage:
        market = Market(stage)
        found = {scenario.name: measure(stage, market, scenario, 1) for scenario in scenarios()}

    listed = {call.name: call for call in prices.calls()}
    assert {call: priced(found[call]) for call in set(LIFE)} == {call: listed[call] for call in set(LIFE)}
    assert all(_is_shared_out(figures) for figures in found.values())


def test_floors_are_those_of_the_table() -> None:
    assert floors()["POST /api/loans/{id}/pay/"] == "2 / 18 / 1"


def test_page_has_a_section_for_each_part() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert [part for part in PARTS if not all(mark in text for mark in marks(part))] == []


def _is_shared_out(figures: Figures) -> bool:
    return figures.cpu_us > 0 and sum(figures.layers.values()) == pytest.approx(1)
