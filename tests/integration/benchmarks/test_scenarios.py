"""The benchmark covers every route; its figures for a loan's life are those of docs/costs.md."""

from pathlib import Path

import pytest

from benchmarks.application import database_with_tables, running_application
from benchmarks.dollars import LIFE, priced
from benchmarks.pages import PAGE, marks
from benchmarks.parts import PARTS
from benchmarks.requests import Figures, measure
from benchmarks.scenarios import Market, scenarios
from infra import prices

pytestmark = [pytest.mark.own_process, pytest.mark.slow]


def test_scenario_names_are_unique() -> None:
    names = [scenario.name for scenario in scenarios()]

    assert sorted(names) == sorted(set(names))


@pytest.mark.usefixtures("own_environment")
def test_every_scenario_succeeds_at_the_listed_cost(tmp_path: Path) -> None:
    with database_with_tables(), running_application(tmp_path) as application:
        market = Market(application)
        found = {scenario.name: measure(application, market, scenario, 1) for scenario in scenarios()}

    listed = {call.name: call for call in prices.calls()}
    assert {call: priced(found[call]) for call in set(LIFE)} == {call: listed[call] for call in set(LIFE)}
    assert all(_is_shared_out(figures) for figures in found.values())


def test_page_has_a_section_for_each_part() -> None:
    text = PAGE.read_text(encoding="utf-8")

    assert [part for part in PARTS if not all(mark in text for mark in marks(part))] == []


def _is_shared_out(figures: Figures) -> bool:
    return figures.cpu_us > 0 and sum(figures.layers.values()) == pytest.approx(1)
