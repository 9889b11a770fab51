"""A page of open loans with what its reader has changed just now."""

from __future__ import annotations

from chalicelib.loans.domain.open_loan_filter import OpenPage, with_own_changes

Page = OpenPage[str]


def a_page(*loans: str, rest: tuple[str | None, ...] | None = None) -> Page:
    return OpenPage(dict.fromkeys(loans, "listed"), rest)


def merged(page: Page, changes: dict[str, str | None], *, limit: int = 10, is_first: bool = True) -> Page:
    return with_own_changes(page, changes, limit=limit, shards=1, is_first=is_first)


def test_without_changes_a_page_stays_as_it_is() -> None:
    page = a_page("9", "8", rest=("8",))

    assert merged(page, {}) == page


def test_a_new_loan_stands_first() -> None:
    assert list(merged(a_page("8", "7"), {"9": "new"}).items) == ["9", "8", "7"]


def test_a_changed_loan_is_shown_as_it_is_and_one_that_is_gone_is_not() -> None:
    found = merged(a_page("9", "8", "7"), {"8": "changed", "7": None, "6": None})

    assert found.items == {"9": "listed", "8": "changed"}


def test_a_loan_below_the_page_is_left_to_its_own_page() -> None:
    first = merged(a_page("9", "8", rest=("8",)), {"5": "changed"})
    second = merged(a_page("6", "5"), {"5": "changed"}, is_first=False)

    assert (list(first.items), second.items) == (["9", "8"], {"6": "listed", "5": "changed"})


def test_only_the_first_page_takes_in_what_the_index_lacks() -> None:
    assert list(merged(a_page("6", "5"), {"9": "new"}, is_first=False).items) == ["6", "5"]


def test_what_has_no_room_comes_on_the_next_page() -> None:
    found = merged(a_page("8", "7", rest=("7",)), {"9": "new"}, limit=2)

    assert (list(found.items), found.rest) == (["9", "8"], ("8",))


def test_what_has_no_room_at_the_end_of_the_list_comes_on_one_more_page() -> None:
    found = with_own_changes(a_page("8", "7"), {"9": "new"}, limit=2, shards=3, is_first=True)

    assert (list(found.items), found.rest) == (["9", "8"], ("8", "8", "8"))


def test_a_shard_that_was_not_read_so_far_goes_on_where_it_was() -> None:
    """The first shard's filter found nothing down to 8; the second's is at 2; the third was not read at all."""
    found = with_own_changes(a_page("7", "5", rest=("8", "2", None)), {"9": "new"}, limit=2, shards=3, is_first=True)

    assert (list(found.items), found.rest) == (["9", "7"], ("8", "7", None))


def test_an_empty_page_in_the_middle_of_a_list_takes_in_what_is_newer_than_where_it_stands() -> None:
    assert list(merged(a_page(rest=("5",)), {"9": "new", "4": "older"}).items) == ["9"]


def test_an_empty_list_shows_what_is_new() -> None:
    assert merged(a_page(), {"9": "new"}) == OpenPage({"9": "new"}, None)
