"""Counts of loans and postings."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.reporting.domain.counters import balances, difference, due_dates, loan_counts, posting_counts, total
from chalicelib.shared.ids import first_id_of
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import EntryType, Journal, Line, Posting, transfer
from tests.unit.loans.loans_and_offers import NOW, loan_with_status

COUNTS = st.dictionaries(st.sampled_from("abcde"), st.integers(-1000, 1000))
TRANSACTION = first_id_of(NOW)


def a_posting(account: str, *lines: tuple[EntryType, int]) -> Posting:
    made = tuple(Line(account, kind, Money(cents)) for kind, cents in lines)
    return Posting(account, TRANSACTION, NOW, made, "", None)


@given(COUNTS, COUNTS)
def test_difference_added_to_old_equals_new(new: dict[str, int], old: dict[str, int]) -> None:
    assert total((old, difference(new, old))) == total((new,))


@given(st.lists(COUNTS, max_size=5))
def test_total_ignores_the_order(parts: list[dict[str, int]]) -> None:
    assert total(parts) == total(reversed(parts))


def test_zero_counters_are_dropped() -> None:
    assert total(({"a": 1, "b": 2}, {"a": -1})) == {"b": 2}


def test_missing_items_have_no_counts() -> None:
    assert loan_counts(None) == posting_counts(None) == {}


def test_requested_loan_counts_by_status() -> None:
    assert loan_counts(loan_with_status(LoanStatus.REQUESTED, "250.00")) == {
        "status.REQUESTED.loans": 1,
        "status.REQUESTED.cents": 25_000,
    }


def test_running_loan_counts_by_oldest_due_date() -> None:
    loan = loan_with_status(LoanStatus.FUNDED, "1000.00", outstanding="600.00", next_due=date(2026, 2, 15))

    assert loan_counts(loan) == {
        "status.FUNDED.loans": 1,
        "status.FUNDED.cents": 100_000,
        "originated.loans": 1,
        "originated.cents": 100_000,
        "due.2026-02-15.loans": 1,
        "due.2026-02-15.cents": 60_000,
    }


def test_written_off_principal_is_not_outstanding() -> None:
    loan = loan_with_status(LoanStatus.DEFAULTED, "1000.00", written_off="600.00", next_due=date(2026, 2, 15))

    counts = loan_counts(loan)

    assert counts["written_off"] == 60_000
    assert due_dates(counts) == []


def test_posting_counts_balance_and_flows() -> None:
    posting = a_posting("wallet:x", (EntryType.LOAN_FUNDING, -100_000), (EntryType.PLATFORM_FEE, -375))

    assert posting_counts(posting) == {
        "account.wallet:*": -100_375,
        "flow.wallet:*.LOAN_FUNDING.out": 100_000,
        "flow.wallet:*.PLATFORM_FEE.out": 375,
        "postings": 1,
    }


def test_hot_accounts_are_their_own_control_accounts() -> None:
    assert posting_counts(a_posting("platform:fees", (EntryType.LATE_FEE, 500))) == {
        "account.platform:fees": 500,
        "flow.platform:fees.LATE_FEE.in": 500,
        "postings": 1,
    }


@given(st.lists(st.tuples(st.sampled_from(["wallet:a", "wallet:b", "loan:c"]), st.integers(1, 10_000)), min_size=1))
def test_balances_of_complete_journals_sum_to_zero(moves: list[tuple[str, int]]) -> None:
    lines = [
        line for account, cents in moves for line in transfer("external:cash", account, Money(cents), EntryType.DEPOSIT)
    ]
    journal = Journal(TRANSACTION, NOW, tuple(lines))

    assert sum(balances(total(map(posting_counts, journal.postings()))).values()) == 0
