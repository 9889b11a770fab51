"""Pages of open loans with their reader's own recent changes."""

import pytest

from chalicelib.loans.domain.open_loan_filter import OpenPage, with_own_changes

Page = OpenPage[str]


def a_page(*loans: str, rest: tuple[str | None, ...] | None = None) -> Page:
    return OpenPage(dict.fromkeys(loans, "listed"), rest)


def merged(page: Page, changes: dict[str, str | None], *, limit: int = 10, is_first: bool = True) -> Page:
    return with_own_changes(page, changes, limit=limit, shards=1, is_first=is_first)


@pytest.mark.parametrize(
    ("page", "changes", "is_first", "expected"),
    [
        (a_page("8", "7"), {"9": "new"}, True, {"9": "new", "8": "listed", "7": "listed"}),
        (a_page("9", "8", "7"), {"8": "changed", "7": None, "6": None}, True, {"9": "listed", "8": "changed"}),
        (a_page("9", "8", rest=("8",)), {"5": "changed"}, True, {"9": "listed", "8": "listed"}),
        (a_page("6", "5"), {"5": "changed"}, False, {"6": "listed", "5": "changed"}),
        (a_page("6", "5"), {"9": "new"}, False, {"6": "listed", "5": "listed"}),
        (a_page(rest=("5",)), {"9": "new", "4": "older"}, True, {"9": "new"}),
    ],
    ids=["new", "changed or closed", "below the page", "on the second page", "not on the second page", "empty page"],
)
def test_changed_loans_are_updated_where_they_belong(
    page: Page, changes: dict[str, str | None], is_first: bool, expected: dict[str, str]
) -> None:
    found = merged(page, changes, is_first=is_first)

    assert list(found.items.items()) == list(expected.items())


def test_page_without_changes_is_unchanged() -> None:
    page = a_page("9", "8", rest=("8",))

    assert merged(page, {}) == page


def test_surplus_loans_move_to_the_next_page() -> None:
    found = merged(a_page("8", "7", rest=("7",)), {"9": "new"}, limit=2)

    assert (list(found.items), found.rest) == (["9", "8"], ("8",))


def test_surplus_at_the_end_needs_another_page() -> None:
    found = with_own_changes(a_page("8", "7"), {"9": "new"}, limit=2, shards=3, is_first=True)

    assert (list(found.items), found.rest) == (["9", "8"], ("8", "8", "8"))


def test_unread_shard_keeps_its_position() -> None:
    """The first shard has no match down to 8; the second is at 2; the third was not read."""
    found = with_own_changes(a_page("7", "5", rest=("8", "2", None)), {"9": "new"}, limit=2, shards=3, is_first=True)

    assert (list(found.items), found.rest) == (["9", "7"], ("8", "7", None))


def test_empty_list_shows_new_loans() -> None:
    assert merged(a_page(), {"9": "new"}) == OpenPage({"9": "new"}, None)
