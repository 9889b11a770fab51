"""Properties of accounts after any payments on any days."""

from datetime import date, timedelta
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.loans.domain.errors import ExceedsPayoff
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.servicing.domain.payment import allocate_payment, due_and_current_amount
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.money import ZERO, Money
from tests.unit.loans.loan_accounts import STEPS, Step, accounts, apply_steps, at

LATER = st.integers(0, 800)
AHEAD = 90


def assert_sound(account: LoanAccount) -> None:
    """Check that principal sums up and balances end at zero, nothing is overpaid, and instalments are in order."""
    assert Money.total(row.principal for row in account.instalments) == account.principal
    assert Money.total(row.paid_principal for row in account.instalments) + account.outstanding == account.principal
    assert [balance for _, balance in account.balances()][-1] == ZERO
    assert [row.number for row in account.instalments] == list(range(1, len(account.instalments) + 1))
    assert all(before.due_date < after.due_date for before, after in pairwise(account.instalments))
    for row in account.instalments:
        assert ZERO <= row.paid_principal <= row.principal
        assert ZERO <= row.paid_interest <= row.interest
        assert ZERO <= row.paid_late_fee <= row.late_fee


@given(accounts(), STEPS)
def test_payments_are_allocated_to_the_cent(account: LoanAccount, steps: list[Step]) -> None:
    after, _, settled = apply_steps(account, steps)

    assert_sound(after)
    assert all(min(each.principal, each.interest, each.late_fee) >= ZERO for each in settled)
    assert Money.total(row.paid_amount for row in after.instalments) == Money.total(each.amount for each in settled)


@given(accounts(), STEPS, LATER)
def test_payoff_closes_the_loan_on_every_day(account: LoanAccount, steps: list[Step], later: int) -> None:
    account, day, _ = apply_steps(account, steps)
    day += timedelta(days=later)
    account = account.accrue(day)
    assume(not account.is_paid)
    payoff, most = account.payoff(day).amount, due_and_current_amount(account, day)

    closed = allocate_payment(account, payoff, Strategy.REDUCE_TERM, at(day))

    assert closed.amount == payoff
    assert closed.account.is_paid
    assert closed.account.outstanding == closed.account.remaining == ZERO
    assert_sound(closed.account)
    with pytest.raises(ExceedsPayoff):
        allocate_payment(account, max(payoff, most) + Money(1), Strategy.REDUCE_TERM, at(day))


@given(accounts(), STEPS)
def test_next_action_is_the_first_day_of_change(account: LoanAccount, steps: list[Step]) -> None:
    account, today, _ = apply_steps(account, steps)
    days = [today + timedelta(days=passed) for passed in range(AHEAD)]
    states = [state_on(account, day) for day in days]
    changing = [day for day, (before, after) in zip(days[1:], pairwise(states), strict=True) if before != after]

    for day in days[: AHEAD // 2]:
        account = account.accrue(day)
        found, expected = account.next_action_on(day), next((each for each in changing if each > day), None)
        if account.defaulted_on or account.is_paid:
            assert found is None
        elif expected:
            assert found == expected
        else:
            assert found
            assert found > days[-1]


def state_on(account: LoanAccount, day: date) -> object:
    accrued = account.accrue(day)
    return accrued, [row.status_on(day) for row in accrued.instalments]


@given(accounts(), STEPS, st.integers(1, 9))
def test_amounts_do_not_depend_on_jobs(account: LoanAccount, steps: list[Step], every_days: int) -> None:
    watched, day = account, account.funded_on
    for step in steps:
        for passed in range(0, step.days, every_days):
            watched = watched.accrue(day + timedelta(days=passed))
        day += timedelta(days=step.days)
        account, watched = account.accrue(day), watched.accrue(day)
        assert account == watched == account.accrue(day)
        if account.is_paid:
            return
        amount = step.amount(account, day)
        settled = allocate_payment(account, amount, step.strategy, at(day))
        assert amount in (None, settled.amount)
        account, watched = settled.account, allocate_payment(watched, amount, step.strategy, at(day)).account
    assert account == watched


@given(accounts(), STEPS, st.sampled_from(Strategy), st.integers(1, 999))
def test_prepayment_never_raises_total_cost(
    account: LoanAccount, steps: list[Step], strategy: Strategy, thousandths: int
) -> None:
    account, day, _ = apply_steps(account, steps)
    account = account.accrue(day)
    low, high = due_and_current_amount(account, day), account.payoff(day).amount
    assume(not account.is_paid and low < high)
    extra = (high - low).cents * thousandths // 1000
    assume(extra > 0)

    after = allocate_payment(account, low + Money(extra), strategy, at(day)).account

    assert after.total_interest <= account.total_interest
    assert len(after.instalments) <= len(account.instalments)
