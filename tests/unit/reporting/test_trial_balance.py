"""Summing a ledger during concurrent writes."""

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


def builder_of(postings: list[PostingTotal], max_lines: int = 1000) -> TrialBalanceBuilder:
    counted = TrialBalanceBuilder(settled_before=first_id_of(NOW), max_lines=max_lines)
    for posting in postings:
        counted.add(posting)
    return counted


def balances(found: TrialBalance) -> dict[str, str]:
    return {line.account: str(line.balance) for line in found.accounts}


def test_postings_are_summed_by_account() -> None:
    postings = a_transfer(1, "external:cash", "wallet:b", 500) + a_transfer(2, "wallet:b", "wallet:a", 200)

    found = builder_of(postings).build()

    assert balances(found) == {"external:cash": "-5.00", "wallet:a": "2.00", "wallet:b": "3.00"}
    assert [line.account for line in found.accounts] == ["external:cash", "wallet:a", "wallet:b"]
    assert found.total == Money(0)


def test_account_with_zero_balance_is_listed() -> None:
    postings = a_transfer(1, "external:cash", "wallet:a", 500) + a_transfer(2, "wallet:a", "external:cash", 500)

    assert balances(builder_of(postings).build()) == {"external:cash": "0.00", "wallet:a": "0.00"}


def test_recent_transaction_counts_once_complete() -> None:
    recent = a_transfer(1, "external:cash", "wallet:a", 500, at=NOW)

    assert balances(builder_of(recent).build()) == {"external:cash": "-5.00", "wallet:a": "5.00"}
    assert builder_of(recent[:1]).build() == TrialBalance((), Money(0))


def test_incomplete_settled_transaction_changes_the_total() -> None:
    old = a_transfer(1, "external:cash", "wallet:a", 500)

    assert builder_of(old[:1]).build().total == Money(-500)


@given(st.integers(0, 30), st.integers(1, 4))
def test_recent_transaction_may_span_segments(transfers: int, parts: int) -> None:
    postings = [
        posting
        for number in range(transfers)
        for posting in a_transfer(number, "external:cash", f"wallet:{number % 5}", 100 + number, at=NOW)
    ]

    ledger = builder_of([])
    for part in range(parts):
        ledger.merge(builder_of(postings[part::parts]))

    assert ledger.build() == builder_of(postings).build()
    assert len(builder_of(postings).build().accounts) == (min(transfers, 5) + 1 if transfers else 0)


@given(st.integers(0, 40), st.integers(3, 10), st.booleans())
def test_many_accounts_are_summed_by_kind(wallets: int, most: int, is_recent: bool) -> None:
    at = NOW if is_recent else OLD
    postings = [
        posting
        for number in range(wallets)
        for posting in a_transfer(number, "external:cash", f"wallet:{number}", 100, at=at)
    ]
    postings += a_transfer(99, "external:cash", "loan:x", 50) + a_transfer(98, "external:cash", "platform:fees", 25)

    ledger = builder_of(postings[: len(postings) // 2], most)
    ledger.merge(builder_of(postings[len(postings) // 2 :], most))
    found = ledger.build()

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
def test_up_to_a_thousand_accounts_are_listed(wallets: int, lines: int) -> None:
    postings = [
        each for number in range(wallets) for each in a_transfer(number, "external:cash", f"wallet:{number}", 1)
    ]

    assert len(builder_of(postings).build().accounts) == lines
