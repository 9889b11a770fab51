"""Properties of accounts after any payments on any days."""

from datetime import date, timedelta
from itertools import pairwise

from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.loan_account import REMINDER_DAYS, LoanAccount
from chalicelib.servicing.domain.payment import ApplyTo, allocate_payment
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
    for before, after in pairwise(account.instalments):  # a default may make the rest due on a due date
        assert before.due_date < after.due_date or before.due_date == after.due_date == account.defaulted_on
    for row in account.instalments:
        assert ZERO <= row.paid_principal <= row.principal
        assert ZERO <= row.paid_interest <= row.interest
        assert ZERO <= row.paid_late_fee <= row.late_fee
        assert ZERO <= row.paid_late_interest <= row.late_interest


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
    payoff = account.payoff(day).amount

    closed = allocate_payment(account, payoff, Strategy.REDUCE_TERM, at(day))

    assert closed.amount == payoff
    assert closed.account.is_paid
    assert closed.account.outstanding == closed.account.remaining == ZERO
    assert_sound(closed.account)
    assert allocate_payment(account, payoff + Money(1), Strategy.REDUCE_TERM, at(day)) == closed


@given(accounts(), STEPS)
def test_next_action_is_the_first_day_of_change(account: LoanAccount, steps: list[Step]) -> None:
    account, today, _ = apply_steps(account, steps)
    days = [today + timedelta(days=passed) for passed in range(AHEAD)]
    states = [state_on(account, day) for day in days]
    changing = [day for day, (before, after) in zip(days[1:], pairwise(states), strict=True) if before != after]

    for day in days[: AHEAD // 2]:
        account = account.accrue(day)
        found, expected = account.next_action_on(day), next((each for each in changing if each > day), None)
        settlement = account.settlement_due_on(day)
        if account.is_paid:
            assert found is None
        elif settlement == day:
            assert found == day
        elif expected:
            assert found == min(expected, settlement or expected)
        elif account.defaulted_on:
            assert found == settlement or (
                found and found > days[-1]
            )  # more than 90 days past due only after the default
        else:
            assert found
            assert found > days[-1]


def state_on(account: LoanAccount, day: date) -> object:
    """The state that a job must act on: reminders, overdue instalments, late fees, the default, 90 days past due.

    After a default there is no action on instalments, although its day is a due date, after which they are overdue.
    """
    accrued = account.accrue(day)
    rows = (
        [] if accrued.defaulted_on else [(row.number, row.status_on(day), row.late_fee) for row in accrued.instalments]
    )
    due = None if accrued.defaulted_on else accrued.next_due_date
    reminders = (
        [due + timedelta(days=each) for each in REMINDER_DAYS if due + timedelta(days=each) <= day] if due else []
    )
    is_settled = (accrued.settlement_due_on(day) or date.max) <= day
    return rows, reminders, accrued.defaulted_on, accrued.past_due_90_on(day), is_settled


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
        settled = allocate_payment(account, amount, step.strategy, at(day), step.apply_to)
        assert amount is None or settled.amount == min(amount, account.payoff(day).amount)
        account = settled.account
        watched = allocate_payment(watched, amount, step.strategy, at(day), step.apply_to).account
    assert account == watched


@given(accounts(), STEPS, st.sampled_from(Strategy), st.sampled_from(ApplyTo), st.integers(1, 999))
def test_prepayment_never_raises_total_cost(
    account: LoanAccount, steps: list[Step], strategy: Strategy, apply_to: ApplyTo, thousandths: int
) -> None:
    account, day, _ = apply_steps(account, steps)
    account = account.accrue(day)
    assume(not account.is_paid)
    amount = Money(account.payoff(day).amount.cents * thousandths // 1000)
    assume(amount > ZERO)

    after = allocate_payment(account, amount, strategy, at(day), apply_to).account

    assert after.total_interest <= account.total_interest
    assert len(after.instalments) <= len(account.instalments)


@given(
    accounts(), STEPS, st.sampled_from(Strategy), st.sampled_from(ApplyTo), st.integers(1, 1000), st.integers(1, 1000)
)
def test_paying_more_never_leaves_more_due(
    account: LoanAccount, steps: list[Step], strategy: Strategy, apply_to: ApplyTo, some: int, more: int
) -> None:
    """Left to pay is the payoff; with the same instalment it is also all that the schedule still asks for."""
    account, day, _ = apply_steps(account, steps)
    account = account.accrue(day)
    assume(not account.is_paid)
    less = Money(account.payoff(day).amount.cents * some // 1000)
    assume(less > ZERO)

    left, left_of_more = (
        allocate_payment(account, amount, strategy, at(day), apply_to).account for amount in (less, less + Money(more))
    )

    assert left_of_more.payoff(day).amount <= left.payoff(day).amount
    if strategy is Strategy.REDUCE_TERM:
        assert left_of_more.remaining <= left.remaining


@given(accounts(), STEPS, st.integers(0, 400))
def test_payoff_is_continuous_over_days(account: LoanAccount, steps: list[Step], later: int) -> None:
    """One day adds at most a day's interest by each instalment, and the late fees of that day."""
    account, day, _ = apply_steps(account, steps)
    day += timedelta(days=later)
    today, tomorrow = account.accrue(day), account.accrue(day + timedelta(days=1))
    assume(not today.is_paid)
    before, after = today.payoff(day), tomorrow.payoff(day + timedelta(days=1))
    longest = max(row.interest.cents for row in today.instalments) if today.method is Method.FLAT else 0
    a_day = (today.outstanding.cents + today.principal.cents) * today.annual_rate.per_year / 300 + longest / 25

    assert before.principal == after.principal
    assert 0 <= (after.interest - before.interest).cents <= a_day + len(today.instalments)


@given(accounts(), STEPS, st.sampled_from(Strategy), st.sampled_from(ApplyTo), st.integers(1, 1000))
def test_payment_never_reduces_earned_interest(
    account: LoanAccount, steps: list[Step], strategy: Strategy, apply_to: ApplyTo, thousandths: int
) -> None:
    account, day, _ = apply_steps(account, steps)
    account = account.accrue(day)
    assume(not account.is_paid)
    amount = Money(account.payoff(day).amount.cents * thousandths // 1000)
    assume(amount > ZERO)

    settled = allocate_payment(account, amount, strategy, at(day), apply_to)

    before, after = account.payoff(day), settled.account.payoff(day)
    assert after.interest + settled.interest >= before.interest
    assert after.amount + settled.amount >= before.amount
