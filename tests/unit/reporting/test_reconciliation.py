"""Progress and combined result of a reconciliation."""

from dataclasses import replace

import pytest

from chalicelib.reporting.domain.reconciliation import MAX_LISTED, Difference, Progress, combine
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import PostingTotal

DIFFERENCE = Difference("wallet:x", Money(5), Money(4))


def a_posting(account: str, cents: int, transaction: str = "A") -> PostingTotal:
    return PostingTotal(account, transaction, Money(cents))


def test_progress_survives_json() -> None:
    progress = Progress(
        after='{"pk": 1}',
        carried={"wallet:x": 3},
        settled_cents=-7,
        cash_cents=5,
        transferred_cents=4,
        receivables=(("ann", 12),),
        counts={"postings": 2},
        differences=(DIFFERENCE,),
        is_done=True,
        first_total=-7,
        first_cash=1,
    )

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


TOTAL_DIFFERENCE = Difference("all accounts", Money(0), Money(-70))


@pytest.mark.parametrize(
    ("segments", "is_repeated", "differences", "counts"),
    [
        ([Progress(settled_cents=-70), Progress()], True, (), {}),
        (
            [Progress(settled_cents=-70, first_total=-70), Progress(first_total=-70)],
            False, (TOTAL_DIFFERENCE,), {"differences": 1},
        ),
        ([Progress(settled_cents=-50, first_total=-70)], False, (), {"undecided": 1}),
        ([Progress(settled_cents=0, first_total=-70)], False, (), {}),
    ],
    ids=["first run", "same total again", "another total", "zero"],
)  # fmt: skip
def test_only_a_repeated_nonzero_total_is_a_difference(
    segments: list[Progress], is_repeated: bool, differences: tuple[Difference, ...], counts: dict[str, int]
) -> None:
    combined = combine(segments)

    assert (combined.must_be_repeated, combined.differences, combined.counts) == (is_repeated, differences, counts)
