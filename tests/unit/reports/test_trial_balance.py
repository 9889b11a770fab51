"""Adding up a ledger that is being written to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.reporting.domain.trial_balance import TrialBalance, TrialBalanceBuilder
from chalicelib.shared.ids import derived_id, first_id_of
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import PostingTotal

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
OLD = NOW - timedelta(hours=1)


def a_transfer(number: int, debit: str, credit: str, cents: int, at: datetime = OLD) -> list[PostingTotal]:
    transaction = derived_id(at, str(number))
    return [
        PostingTotal(debit, transaction, Money(-cents)),
        PostingTotal(credit, transaction, Money(cents)),
    ]


def tally(postings: list[PostingTotal], max_lines: int = 1000) -> TrialBalanceBuilder:
    counted = TrialBalanceBuilder(settled_before=first_id_of(NOW), max_lines=max_lines)
    for posting in postings:
        counted.add(posting)
    return counted


def balances(found: TrialBalance) -> dict[str, str]:
    return {line.account: str(line.balance) for line in found.accounts}


def test_postings_are_added_up_by_account_and_accounts_are_in_order() -> None:
    postings = a_transfer(1, "external:cash", "wallet:b", 500) + a_transfer(2, "wallet:b", "wallet:a", 200)

    found = tally(postings).build()

    assert balances(found) == {"external:cash": "-5.00", "wallet:a": "2.00", "wallet:b": "3.00"}
    assert [line.account for line in found.accounts] == ["external:cash", "wallet:a", "wallet:b"]
    assert found.total == Money(0)


def test_an_account_that_came_back_to_zero_is_still_a_line() -> None:
    postings = a_transfer(1, "external:cash", "wallet:a", 500) + a_transfer(2, "wallet:a", "external:cash", 500)

    assert balances(tally(postings).build()) == {"external:cash": "0.00", "wallet:a": "0.00"}


def test_a_young_transaction_counts_when_both_sides_were_seen() -> None:
    young = a_transfer(1, "external:cash", "wallet:a", 500, at=NOW)

    assert balances(tally(young).build()) == {"external:cash": "-5.00", "wallet:a": "5.00"}


def test_a_young_transaction_of_which_one_side_was_missed_does_not_count() -> None:
    young = a_transfer(1, "external:cash", "wallet:a", 500, at=NOW)

    assert tally(young[:1]).build() == TrialBalance((), Money(0))


def test_a_settled_transaction_that_lacks_a_side_shows_in_the_total() -> None:
    old = a_transfer(1, "external:cash", "wallet:a", 500)

    assert tally(old[:1]).build().total == Money(-500)


@given(st.integers(0, 30), st.integers(1, 4))
def test_the_sides_of_a_young_transaction_may_stand_in_different_parts(transfers: int, parts: int) -> None:
    postings = [
        posting
        for number in range(transfers)
        for posting in a_transfer(number, "external:cash", f"wallet:{number % 5}", 100 + number, at=NOW)
    ]

    whole = tally([])
    for part in range(parts):
        whole.merge(tally(postings[part::parts]))

    assert whole.build() == tally(postings).build()
    assert len(tally(postings).build().accounts) == (min(transfers, 5) + 1 if transfers else 0)


@given(st.integers(0, 40), st.integers(3, 10), st.booleans())
def test_too_many_accounts_are_summed_by_kind_to_the_same_total(wallets: int, most: int, is_young: bool) -> None:
    at = NOW if is_young else OLD
    postings = [
        posting
        for number in range(wallets)
        for posting in a_transfer(number, "external:cash", f"wallet:{number}", 100, at=at)
    ]
    postings += a_transfer(99, "external:cash", "loan:x", 50) + a_transfer(98, "external:cash", "platform:fees", 25)

    whole = tally(postings[: len(postings) // 2], most)
    whole.merge(tally(postings[len(postings) // 2 :], most))
    found = whole.build()

    assert found.total == Money(0)
    assert len(found.accounts) <= max(most, 4)
    if wallets + 3 > most:
        assert balances(found) == {
            "external:cash": str(Money(-100 * wallets - 75)),
            "loan:*": "0.50",
            "platform:fees": "0.25",
            "wallet:*": str(Money(100 * wallets)),
        }


@pytest.mark.parametrize(("wallets", "lines"), [(999, 1000), (1000, 2)])
def test_up_to_a_thousand_accounts_stand_one_by_one(wallets: int, lines: int) -> None:
    postings = [
        each for number in range(wallets) for each in a_transfer(number, "external:cash", f"wallet:{number}", 1)
    ]

    assert len(tally(postings).build().accounts) == lines
