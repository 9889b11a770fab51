"""Pages of entries by day."""

from datetime import date, timedelta

import pytest

from chalicelib.admin.domain.paging import DayPage, page_backwards

TODAY = date(2026, 3, 2)
ENTRIES = {date(2026, 3, 2): ["f", "e"], date(2026, 2, 28): ["d"], date(2026, 2, 25): ["c", "b", "a"]}


def read(*, min_items: int = 100, max_days: int = 100, back: int = 10) -> DayPage[str]:
    oldest = TODAY - timedelta(days=back)
    return page_backwards(
        lambda day: ENTRIES.get(day, []), newest=TODAY, oldest=oldest, min_items=min_items, max_days=max_days
    )


@pytest.mark.parametrize(
    ("limits", "entries", "next_day"),
    [
        ({}, "fedcba", None),
        ({"back": 5}, "fedcba", None),
        ({"back": 4}, "fed", None),
        ({"min_items": 2}, "fe", date(2026, 3, 1)),
        ({"min_items": 3}, "fed", date(2026, 2, 27)),
        ({"max_days": 4}, "fed", date(2026, 2, 26)),
        ({"back": -1}, "", None),
    ],
)
def test_days_are_read_newest_first_within_limits(limits: dict[str, int], entries: str, next_day: date | None) -> None:
    assert read(**limits) == DayPage(tuple(entries), next_day)
