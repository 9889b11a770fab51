"""Progress and combined result of a reconciliation."""

from dataclasses import replace

from chalicelib.reporting.domain.reconciliation import MAX_LISTED, Difference, Progress, combine
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import PostingTotal

DIFFERENCE = Difference("wallet:x", Money(5), Money(4))


def a_posting(account: str, cents: int, transaction: str = "A") -> PostingTotal:
    return PostingTotal(account, transaction, Money(cents))


def test_progress_survives_json() -> None:
    progress = Progress('{"pk": 1}', {"wallet:x": 3}, -7, {"postings": 2}, (DIFFERENCE,), is_done=True, first_total=-7)

    assert Progress.from_json(progress.to_json()) == progress


def test_last_account_of_a_page_is_carried_over() -> None:
    page = [a_posting("wallet:a", 5), a_posting("wallet:b", 1), a_posting("wallet:b", 2)]

    middle = Progress().with_postings(page, settled_before="Z", has_more=True)
    end = Progress().with_postings(page, settled_before="Z", has_more=False)

    assert middle.carried == end.carried == {"wallet:a": 5, "wallet:b": 3}
    assert middle.unfinished_account(page) == "wallet:b"
    assert end.unfinished_account(page) is None
    assert replace(middle, carried={"wallet:b": 3}).unfinished_account([]) == "wallet:b"


def test_only_settled_transactions_count_in_the_total() -> None:
    page = [a_posting("external:cash", -5, "A"), a_posting("wallet:a", 5, "A"), a_posting("wallet:a", 9, "B")]

    assert Progress().with_postings(page, settled_before="B", has_more=False).settled_cents == 0


def test_first_hundred_differences_are_listed() -> None:
    progress = Progress()
    for _ in range(3):
        progress = progress.with_differences({"accounts": 50}, [DIFFERENCE] * 50)

    assert (progress.counts, len(progress.differences)) == ({"accounts": 150, "differences": 150}, MAX_LISTED)


def test_nonzero_total_is_checked_again() -> None:
    first = combine([Progress(settled_cents=-70), Progress()])

    assert first.must_be_repeated
    assert first.differences == ()


def test_repeated_nonzero_total_is_a_difference() -> None:
    second = combine([Progress(settled_cents=-70, first_total=-70), Progress(first_total=-70)])

    assert not second.must_be_repeated
    assert second.differences == (Difference("all accounts", Money(0), Money(-70)),)
    assert second.counts == {"differences": 1}


def test_changed_nonzero_total_is_undecided() -> None:
    second = combine([Progress(settled_cents=-50, first_total=-70)])

    assert (second.differences, second.counts) == ((), {"undecided": 1})


def test_zero_total_in_second_run_is_correct() -> None:
    assert combine([Progress(settled_cents=0, first_total=-70)]).counts == {}
