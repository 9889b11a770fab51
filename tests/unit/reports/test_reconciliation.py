"""How far a reconciliation has come, and what its segments say together."""

from __future__ import annotations

from dataclasses import replace

from chalicelib.reporting.domain.reconciliation import MAX_LISTED, Difference, Progress, combine
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import PostingTotal

ODD = Difference("wallet:x", Money(5), Money(4))


def a_posting(account: str, cents: int, transaction: str = "A") -> PostingTotal:
    return PostingTotal(account, transaction, Money(cents))


def test_progress_is_read_back_as_it_was_kept() -> None:
    progress = Progress('{"pk": 1}', {"wallet:x": 3}, -7, {"postings": 2}, (ODD,), is_done=True, first_total=-7)

    assert Progress.from_json(progress.to_json()) == progress


def test_the_account_at_the_end_of_a_page_may_go_on_with_the_next() -> None:
    page = [a_posting("wallet:a", 5), a_posting("wallet:b", 1), a_posting("wallet:b", 2)]

    middle = Progress().with_postings(page, settled_before="Z", has_more=True)
    end = Progress().with_postings(page, settled_before="Z", has_more=False)

    assert middle.carried == end.carried == {"wallet:a": 5, "wallet:b": 3}
    assert middle.unfinished_account(page) == "wallet:b"
    assert end.unfinished_account(page) is None
    assert replace(middle, carried={"wallet:b": 3}).unfinished_account([]) == "wallet:b"


def test_only_settled_transactions_count_towards_the_total() -> None:
    page = [a_posting("external:cash", -5, "A"), a_posting("wallet:a", 5, "A"), a_posting("wallet:a", 9, "B")]

    assert Progress().with_postings(page, settled_before="B", has_more=False).settled_cents == 0


def test_all_differences_are_counted_and_the_first_hundred_listed() -> None:
    progress = Progress()
    for _ in range(3):
        progress = progress.with_differences({"accounts": 50}, [ODD] * 50)

    assert (progress.counts, len(progress.differences)) == ({"accounts": 150, "differences": 150}, MAX_LISTED)


def test_a_total_that_is_not_zero_is_looked_at_twice() -> None:
    first = combine([Progress(settled_cents=-70), Progress()])

    assert first.must_be_repeated
    assert first.differences == ()


def test_the_same_hole_seen_twice_is_a_difference() -> None:
    second = combine([Progress(settled_cents=-70, first_total=-70), Progress(first_total=-70)])

    assert not second.must_be_repeated
    assert second.differences == (Difference("all accounts", Money(0), Money(-70)),)
    assert second.counts == {"differences": 1}


def test_another_hole_than_before_is_left_to_the_next_run() -> None:
    second = combine([Progress(settled_cents=-50, first_total=-70)])

    assert (second.differences, second.counts) == ((), {"undecided": 1})


def test_a_hole_that_has_closed_is_none() -> None:
    assert combine([Progress(settled_cents=0, first_total=-70)]).counts == {}
