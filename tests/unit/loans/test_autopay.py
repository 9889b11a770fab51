"""Days on which autopay collects instalments."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.loans.domain.autopay import KEPT_ATTEMPTS, AttemptStatus, Autopay, AutopayAttempt
from chalicelib.loans.domain.funded_loan import with_current_figures
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.shared.money import Money
from tests.unit.loans.funded_loans import funded_loan
from tests.unit.loans.loan_accounts import FUNDED_ON, loan_account, paid

DUE = date(2026, 2, 15)
"""A Sunday."""
NEXT_DUE = date(2026, 3, 15)
MANDATE = Autopay(datetime(2026, 1, 20, 12, tzinfo=UTC))


def after(days: int) -> date:
    return DUE + timedelta(days=days)


def failed(mandate: Autopay, *days: int) -> Autopay:
    """The mandate after attempts that failed so many days after the first due date."""
    for each in days:
        mandate = mandate.with_attempt(AutopayAttempt(after(each), 1, AttemptStatus.FAILED, "insufficient_funds"))
    return mandate


@pytest.mark.parametrize("today", [date(2026, 1, 20), after(-1), DUE])
def test_first_attempt_is_on_the_due_date(today: date) -> None:
    assert MANDATE.next_attempt_on(loan_account(), today) == DUE


def test_due_dates_at_the_end_of_months_count() -> None:
    account = loan_account(funded_on=date(2026, 1, 31))

    assert MANDATE.next_attempt_on(account, date(2026, 2, 1)) == date(2026, 2, 28)
    assert MANDATE.next_attempt_on(paid(account, date(2026, 2, 1)).account, date(2026, 2, 1)) == date(2026, 3, 31)


@pytest.mark.parametrize("day", range(5))
def test_failed_attempt_is_repeated_on_the_next_day(day: int) -> None:
    mandate = failed(MANDATE, *range(day + 1))

    assert mandate.next_attempt_on(loan_account(), after(day)) == after(day + 1)


def test_fifth_retry_is_the_last_until_the_next_due_date() -> None:
    mandate = failed(MANDATE, *range(6))

    assert mandate.next_attempt_on(loan_account(), after(5)) == NEXT_DUE
    assert mandate.next_attempt_on(loan_account(), after(9)) == NEXT_DUE
    assert mandate.next_attempt_on(loan_account(months=1), after(5)) is None


def test_instalment_paid_by_hand_is_not_tried() -> None:
    account = paid(loan_account(), after(-3)).account

    assert MANDATE.next_attempt_on(account, DUE) == NEXT_DUE


def test_last_attempt_of_a_paid_loan_is_none() -> None:
    account = paid(loan_account(months=1), after(-3)).account

    assert MANDATE.next_attempt_on(account, after(-3)) is None


def test_mandate_for_an_overdue_loan_starts_on_its_own_day() -> None:
    mandate = Autopay(datetime(2026, 2, 25, 12, tzinfo=UTC))

    assert mandate.next_attempt_on(loan_account(), date(2026, 2, 25)) == date(2026, 2, 25)
    assert failed(mandate, 10).next_attempt_on(loan_account(), date(2026, 2, 25)) == date(2026, 2, 26)
    assert failed(mandate, *range(10, 16)).next_attempt_on(loan_account(), date(2026, 3, 2)) == NEXT_DUE


def test_missed_runs_are_made_up_for_once() -> None:
    assert MANDATE.next_attempt_on(loan_account(), after(12)) == after(12)
    assert failed(MANDATE, 12).next_attempt_on(loan_account(), after(12)) == NEXT_DUE


def test_second_due_instalment_is_tried_on_the_same_day() -> None:
    account = loan_account()
    paid_first = failed(MANDATE, *range(6)).with_attempt(AutopayAttempt(NEXT_DUE, 1, AttemptStatus.PAID))

    assert paid_first.next_attempt_on(paid(account, NEXT_DUE).account, NEXT_DUE) == NEXT_DUE


def test_new_mandate_is_not_tried_twice_on_one_day() -> None:
    mandate = replace(failed(MANDATE, 0), since=datetime(2026, 2, 15, 18, tzinfo=UTC))

    assert mandate.next_attempt_on(loan_account(), DUE) == after(1)


def test_only_the_latest_attempts_are_kept() -> None:
    attempts = failed(MANDATE, *range(9)).attempts

    assert [each.on for each in attempts] == [after(day) for day in range(9 - KEPT_ATTEMPTS, 9)]


def test_lenders_do_not_see_why_an_attempt_failed() -> None:
    [attempt] = failed(MANDATE, 0).without_codes().attempts

    assert attempt == AutopayAttempt(DUE, 1, AttemptStatus.FAILED)


def figures(account: LoanAccount, today: date, mandate: Autopay = MANDATE) -> Loan:
    loan = replace(funded_loan([Money.of("1000.00")]).loan, autopay=mandate)
    return with_current_figures(loan, account.accrue(today), today)


def test_next_action_includes_the_due_date_and_retries() -> None:
    account = loan_account()

    assert figures(account, FUNDED_ON).next_action_on == after(-3)
    assert figures(account, after(-3)).next_action_on == DUE
    assert figures(account, DUE, failed(MANDATE, 0)).next_action_on == after(1)
    assert figures(account, after(2), failed(MANDATE, 0, 1, 2)).next_action_on == after(3)
    assert figures(account, after(5), failed(MANDATE, *range(6))).next_action_on == after(7)
    assert figures(account, after(14), failed(MANDATE, *range(6))).next_action_on == NEXT_DUE
    assert figures(account, after(14), failed(Autopay(), *range(6))).next_action_on == date(2026, 3, 16)


def test_default_ends_a_mandate() -> None:
    account = loan_account(default_days=30).accrue(after(30))

    loan = figures(account, after(30))

    assert loan.status is LoanStatus.DEFAULTED
    assert loan.next_action_on == account.next_action_on(after(30))
    assert not loan.collects_on(account, after(30))
