"""Cutting postings into pages of rows."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.admin.domain.posting_lines import LinePosition, lines_after, postings_needed
from chalicelib.shared.ids import first_id_of
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.history import entries_of
from chalicelib.wallets.domain.ledger import EntryType, Line, Posting

START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
KINDS = list(EntryType)


def a_posting(minute: int, lines: int) -> Posting:
    at = START + timedelta(minutes=minute)
    rows = tuple(Line("wallet:x", KINDS[number], Money(number + 1)) for number in range(lines))
    return Posting("wallet:x", first_id_of(at), at, rows, "", None)


def newest_first(line_counts: list[int]) -> list[Posting]:
    return [a_posting(minute, lines) for minute, lines in enumerate(line_counts)][::-1]


def pages(postings: list[Posting], limit: int) -> list[list[str]]:
    """The ids of the rows of all pages, each read with no more postings than a page needs."""
    found, mark = [], None
    while True:
        wanted = [each for each in postings if mark is None or each.transaction_id <= mark.transaction_id]
        entries, mark = lines_after(mark, wanted[: postings_needed(limit)], limit=limit)
        found.append([entry.id for entry in entries])
        if mark is None:
            return found


@given(st.lists(st.integers(1, 4), max_size=12), st.integers(1, 6))
def test_pages_of_any_size_show_every_row_once_and_in_order(line_counts: list[int], limit: int) -> None:
    postings = newest_first(line_counts)

    found = pages(postings, limit)

    assert [row for page in found for row in page] == [row.id for each in postings for row in entries_of(each)]
    assert all(len(page) == limit for page in found[:-1])


def test_a_page_may_end_between_the_rows_of_a_posting() -> None:
    postings = newest_first([1, 3])

    first, mark = lines_after(None, postings, limit=2)

    assert [entry.amount for entry in first] == [Money(1), Money(2)]
    assert mark == LinePosition(postings[0].transaction_id, 2)


@pytest.mark.parametrize("limit", [1, 2])
def test_what_is_written_between_two_pages_moves_no_row(limit: int) -> None:
    postings = newest_first([2, 2])
    first, mark = lines_after(None, postings, limit=limit)

    grown = [a_posting(99, 3), *postings]
    rest, _ = lines_after(mark, grown, limit=100)

    assert [*first, *rest] == [row for each in postings for row in entries_of(each)]
