"""Properties of reschedules after any payments, on any day."""

from dataclasses import replace
from datetime import date, timedelta

from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.loans.domain.errors import NothingToReschedule
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.reschedule_proposal import NewTerms
from chalicelib.servicing.domain.payment import allocate_payment
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.servicing.domain.rescheduling import reschedule
from chalicelib.shared.money import ZERO, Money, Rate
from tests.unit.loans.loan_accounts import STEPS, Step, accounts, apply_steps, at
from tests.unit.servicing.test_payment_properties import LATER, assert_sound

RATES = st.integers(0, 5000).map(Rate)
NEW_TERMS = st.builds(
    lambda remaining, rate, holiday: NewTerms(remaining, rate, holiday or (1 if remaining is rate is None else 0)),
    st.none() | st.integers(1, 60),
    st.none() | RATES,
    st.integers(0, 12),
)


def rescheduled(account: LoanAccount, steps: list[Step], later: int, terms: NewTerms) -> tuple[LoanAccount, ...]:
    """An account that has a current instalment after some payments, and the same account on new terms."""
    account, day, _ = apply_steps(account, steps)
    account = account.accrue(day + timedelta(days=later))
    assume(not account.defaulted_on and account.current_instalment(day + timedelta(days=later)))
    try:
        return account, reschedule(account, terms, day + timedelta(days=later))
    except TermsNotAmortisable:
        assume(False)
        raise


@given(accounts(), STEPS, st.integers(0, 60), st.sampled_from([(True, False), (False, True), (True, True)]))
def test_rescheduling_to_the_same_terms_changes_nothing(
    account: LoanAccount, steps: list[Step], later: int, given_terms: tuple[bool, bool]
) -> None:
    after, day, _ = apply_steps(account, steps)
    current = after.accrue(day + timedelta(days=later)).current_instalment(day + timedelta(days=later))
    assume(current)
    assert current
    remaining = len(after.instalments) - current.number + 1
    terms = NewTerms(remaining if given_terms[0] else None, after.annual_rate if given_terms[1] else None)

    before, changed = rescheduled(account, steps, later, terms)

    assert changed == before


@given(accounts(), STEPS, st.integers(0, 60), NEW_TERMS, LATER)
def test_no_reschedule_reduces_interest_earned(
    account: LoanAccount, steps: list[Step], later: int, terms: NewTerms, days: int
) -> None:
    _, day, _ = apply_steps(account, steps)
    today = day + timedelta(days=later)
    before, after = rescheduled(account, steps, later, terms)

    assert after.payoff(today) == before.payoff(today)
    assert after.paid == before.paid
    assert after.payoff(today + timedelta(days=days)).interest >= before.payoff(today).interest


@given(accounts(), STEPS, st.integers(0, 60), NEW_TERMS, NEW_TERMS, st.integers(0, 200))
def test_payoff_has_no_jump_after_reschedules(
    account: LoanAccount, steps: list[Step], later: int, first: NewTerms, second: NewTerms, days: int
) -> None:
    _, day, _ = apply_steps(account, steps)
    _, changed = rescheduled(account, steps, later, first)
    today = day + timedelta(days=later + days)
    changed = changed.accrue(today)
    assume(not changed.defaulted_on and changed.current_instalment(today))
    try:
        changed = reschedule(changed, second, today)
    except TermsNotAmortisable:
        assume(False)
    current = changed.current_instalment(today)
    assert current

    due = [changed.payoff(current.due_date - timedelta(days=passed)).interest for passed in (0, 1)]

    balance = changed.principal_not_due(today)
    most = max(balance, changed.principal).times(changed.annual_rate.per_year / 12) + current.interest
    assert ZERO <= due[0] - due[1] <= Money(most.cents // 20 + 2)


@given(accounts(), STEPS, st.integers(0, 60), NEW_TERMS)
def test_rescheduled_accounts_are_sound(account: LoanAccount, steps: list[Step], later: int, terms: NewTerms) -> None:
    _, after = rescheduled(account, steps, later, terms)

    assert_sound(after)


@given(accounts(), STEPS, st.integers(0, 60), NEW_TERMS)
def test_rescheduled_loans_are_repaid_to_the_cent(
    account: LoanAccount, steps: list[Step], later: int, terms: NewTerms
) -> None:
    account = replace(account, default_days=100_000)
    _, day, _ = apply_steps(account, steps)
    _, after = rescheduled(account, steps, later, terms)
    today, principal, interest = day + timedelta(days=later), after.outstanding, after.total_interest - after.paid[1]

    paid = [ZERO, ZERO]
    while not after.is_paid:
        due = after.first_unpaid
        assert due
        today = max(today, due.due_date)
        payment = allocate_payment(after.accrue(today), None, Strategy.REDUCE_TERM, at(today))
        paid, after = [paid[0] + payment.principal, paid[1] + payment.interest], payment.account

    assert paid[0] == principal
    assert paid[1] >= interest


@given(accounts(), st.lists(st.tuples(STEPS, NEW_TERMS), min_size=1, max_size=3), st.integers(0, 60))
def test_no_operation_reduces_interest_earned(
    account: LoanAccount, rounds: list[tuple[list[Step], NewTerms]], later: int
) -> None:
    account, day, earned = replace(account, default_days=100_000), account.funded_on, ZERO
    for steps, terms in rounds:
        for step in [*steps[:3], None]:
            day += timedelta(days=step.days if step else later)
            account = account.accrue(day)
            if account.is_paid:
                return
            earned = no_less(account, day, earned)
            account = after_operation(account, step, terms, day)
            earned = no_less(account, day, earned)


def after_operation(account: LoanAccount, step: Step | None, terms: NewTerms, day: date) -> LoanAccount:
    """The account after a payment or, without one, after a reschedule if that is possible."""
    if step:
        return allocate_payment(account, step.amount(account, day), step.strategy, at(day)).account
    try:
        return reschedule(account, terms, day)
    except (NothingToReschedule, TermsNotAmortisable):
        return account


def no_less(account: LoanAccount, day: date, earned: Money) -> Money:
    """The interest earned by a day, paid or not, which must be at least what was earned before."""
    now = account.paid[1] + account.payoff(day).interest
    assert now >= earned
    return now
