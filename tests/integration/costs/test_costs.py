"""What each call takes at DynamoDB is exactly what the table says."""

from __future__ import annotations

import pytest

from tests.factories import UserFactory
from tests.integration.costs.lived import everything
from tests.integration.costs.table import COSTS, PAGE, page, shown

# LocalStack and others count units in ways of their own.
pytestmark = pytest.mark.own_process


def test_every_call_takes_what_the_table_says(user_factory: UserFactory) -> None:
    found = {
        each.call: shown((each.round_trips, each.write_units, each.read_units)) for each in everything(user_factory)
    }

    assert found == {cost.call: shown(cost.figures) for cost in COSTS}


def test_the_page_shows_the_table() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), "run: python -m tests.integration.costs.table"


def test_what_is_above_its_floor_says_why() -> None:
    assert [cost.call for cost in COSTS if cost.floor not in ("", shown(cost.figures)) and not cost.note] == []
