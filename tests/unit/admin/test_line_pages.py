"""Pages of the lines of postings."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.admin.domain.paging import LinePosition, lines_after, postings_needed
from chalicelib.shared.ids import first_id_of
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.history import entries_of
from chalicelib.wallets.domain.ledger import EntryType, Line, Posting

START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
KINDS = list(EntryType)


def a_posting(minute: int, line_count: int) -> Posting:
    at = START + timedelta(minutes=minute)
    lines = tuple(Line("wallet:x", KINDS[number], Money(number + 1)) for number in range(line_count))
    return Posting("wallet:x", first_id_of(at), at, lines, "", None)


def newest_first(line_counts: list[int]) -> list[Posting]:
    return [a_posting(minute, lines) for minute, lines in enumerate(line_counts)][::-1]


def pages(postings: list[Posting], limit: int) -> list[list[str]]:
    """Return the line ids of all pages, each read with as many postings as a page needs."""
    pages_read, position = [], None
    while True:
        wanted = [each for each in postings if position is None or each.transaction_id <= position.transaction_id]
        entries, position = lines_after(position, wanted[: postings_needed(limit)], limit=limit)
        pages_read.append([entry.id for entry in entries])
        if position is None:
            return pages_read


@given(st.lists(st.integers(1, 4), max_size=12), st.integers(1, 6))
def test_pages_contain_every_line_once_in_order(line_counts: list[int], limit: int) -> None:
    postings = newest_first(line_counts)

    pages_read = pages(postings, limit)

    assert [line for page in pages_read for line in page] == [line.id for each in postings for line in entries_of(each)]
    assert all(len(page) == limit for page in pages_read[:-1])


def test_page_may_end_within_a_posting() -> None:
    postings = newest_first([1, 3])

    first, position = lines_after(None, postings, limit=2)

    assert [entry.amount for entry in first] == [Money(1), Money(2)]
    assert position == LinePosition(postings[0].transaction_id, 2)


@pytest.mark.parametrize("limit", [1, 2])
def test_new_postings_do_not_shift_later_pages(limit: int) -> None:
    postings = newest_first([2, 2])
    first, position = lines_after(None, postings, limit=limit)

    grown = [a_posting(99, 3), *postings]
    rest, _ = lines_after(position, grown, limit=100)

    assert [*first, *rest] == [line for each in postings for line in entries_of(each)]
