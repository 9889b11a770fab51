"""Pages of entries by day."""

from datetime import date, timedelta

from chalicelib.admin.domain.paging import DayPage, page_backwards

TODAY = date(2026, 3, 2)
ENTRIES = {date(2026, 3, 2): ["f", "e"], date(2026, 2, 28): ["d"], date(2026, 2, 25): ["c", "b", "a"]}


def read(*, min_items: int = 100, max_days: int = 100, back: int = 10) -> DayPage[str]:
    oldest = TODAY - timedelta(days=back)
    return page_backwards(
        lambda day: ENTRIES.get(day, []), newest=TODAY, oldest=oldest, min_items=min_items, max_days=max_days
    )


def test_days_are_read_newest_first() -> None:
    assert read() == DayPage(tuple("fedcba"), None)


def test_reading_ends_with_the_oldest_day() -> None:
    assert read(back=5) == DayPage(tuple("fedcba"), None)
    assert read(back=4) == DayPage(tuple("fed"), None)


def test_reading_stops_after_enough_items() -> None:
    assert read(min_items=2) == DayPage(("f", "e"), date(2026, 3, 1))
    assert read(min_items=3) == DayPage(("f", "e", "d"), date(2026, 2, 27))


def test_reading_stops_after_the_maximum_of_days() -> None:
    assert read(max_days=4) == DayPage(("f", "e", "d"), date(2026, 2, 26))


def test_no_day_before_the_first_is_read() -> None:
    assert read(back=-1) == DayPage((), None)
