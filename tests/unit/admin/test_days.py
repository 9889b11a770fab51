"""Walking back through days."""

from __future__ import annotations

from datetime import date, timedelta

from chalicelib.admin.domain.day_pages import DayPage, page_backwards

TODAY = date(2026, 3, 2)
KEPT = {date(2026, 3, 2): ["f", "e"], date(2026, 2, 28): ["d"], date(2026, 2, 25): ["c", "b", "a"]}


def walk(*, enough: int = 100, most_days: int = 100, back: int = 10) -> DayPage[str]:
    oldest = TODAY - timedelta(days=back)
    return page_backwards(
        lambda day: KEPT.get(day, []), newest=TODAY, oldest=oldest, enough=enough, most_days=most_days
    )


def test_days_are_read_from_the_newest_to_the_oldest() -> None:
    assert walk() == DayPage(tuple("fedcba"), None)


def test_the_walk_ends_with_the_oldest_day() -> None:
    assert walk(back=5) == DayPage(tuple("fedcba"), None)
    assert walk(back=4) == DayPage(tuple("fed"), None)


def test_the_walk_stops_after_the_day_that_has_enough() -> None:
    assert walk(enough=2) == DayPage(("f", "e"), date(2026, 3, 1))
    assert walk(enough=3) == DayPage(("f", "e", "d"), date(2026, 2, 27))


def test_the_walk_gives_up_after_so_many_days_and_says_where_it_goes_on() -> None:
    assert walk(most_days=4) == DayPage(("f", "e", "d"), date(2026, 2, 26))


def test_nothing_is_read_before_the_first_day() -> None:
    assert walk(back=-1) == DayPage((), None)
