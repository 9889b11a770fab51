"""Refunds of the platform fee when a loan is repaid before its interest has earned the lenders' fee shares."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.lending_math.distribution import fee_shares
from chalicelib.lending_math.schedule import build_schedule
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_loan, position_credits
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.position import starting_positions
from chalicelib.shared.money import ZERO, Money
from tests.unit.loans.funded_loans import FUNDED_ON, funded_loan, funded_offer, loan_after_payment

FEE = Money.of("3.75")
PAYMENTS = st.lists(st.tuples(st.integers(0, 40), st.integers(1, 200_000).map(Money)), max_size=4)
PARTS = st.lists(st.integers(25_00, 500_00).map(Money), min_size=1, max_size=6)


def loan_with_fees(shares: list[Money], rate: str = "12", months: int = 6) -> FundedLoan:
    """A loan whose lenders have paid their fee shares."""
    loan = funded_loan(shares, rate, months, default_days=100_000)
    schedule = build_schedule(loan.loan.amount, loan.loan.annual_rate, months, start_date=FUNDED_ON)
    offers = [replace(funded_offer(loan, number), fee_share=fee) for number, fee in enumerate(fee_shares(FEE, shares))]
    return replace(loan, positions=starting_positions(offers, schedule))


def paid_off(loan: FundedLoan, days: int) -> FundedLoan:
    day = FUNDED_ON + timedelta(days=days)
    return loan_after_payment(loan, accrue_loan(loan, day).account.payoff(day).amount, day)


def refunds(before: FundedLoan, after: FundedLoan) -> list[str]:
    return [str(credit.refund) for credit in position_credits(before, after)]


@pytest.mark.parametrize(
    ("days", "expected"),
    [(0, "3.75"), (1, "3.39"), (10, "0.18"), (11, "0.00"), (60, "0.00")],
    ids=["same day", "0.36 earned", "3.57 earned", "3.93 earned", "more earned"],
)
def test_refund_is_what_the_interest_lacks(days: int, expected: str) -> None:
    loan = loan_with_fees([Money.of("1000.00")])

    after = paid_off(loan, days)

    assert after.loan.status is LoanStatus.COMPLETED
    assert refunds(loan, after) == [expected]


def test_each_lender_is_refunded_its_own_share() -> None:
    loan = loan_with_fees([Money.of("250.00"), Money.of("750.00")])

    assert refunds(loan, paid_off(loan, 0)) == ["0.94", "2.81"]


def test_refund_is_limited_by_the_scheduled_interest() -> None:
    loan = loan_with_fees([Money.of("100.00")], rate="1", months=1)  # 0.08 of interest

    assert refunds(loan, paid_off(loan, 0)) == ["0.08"]
    assert refunds(loan, paid_off(loan, 31)) == ["0.00"]


def test_payment_that_leaves_a_debt_refunds_nothing() -> None:
    loan = loan_with_fees([Money.of("1000.00")])

    assert refunds(loan, loan_after_payment(loan, Money.of("999.99"), FUNDED_ON)) == ["0.00"]


@given(PARTS, st.integers(0, 5000), st.integers(1, 36), PAYMENTS, st.integers(0, 60))
def test_repaid_loan_returns_what_its_lenders_paid(
    parts: list[Money], rate: int, months: int, payments: list[tuple[int, Money]], last: int
) -> None:
    loan = loan_with_fees(parts, str(Money(rate)), months)
    fees, day = dict(zip([each.lender_id for each in loan.positions], fee_shares(FEE, parts), strict=True)), FUNDED_ON
    scheduled, received, refunded = loan.account.total_interest, Counter[str](), ZERO

    for days, amount in [*payments, (last, loan.account.principal + loan.account.principal)]:
        day += timedelta(days=days)
        payoff = accrue_loan(loan, day).account.payoff(day).amount
        after = loan_after_payment(loan, min(amount, payoff), day)
        for credit in position_credits(loan, after):
            received[credit.lender_id] += credit.amount.cents + credit.refund.cents
            refunded += credit.refund
        loan = after
        if loan.account.is_paid:
            break

    assert loan.loan.status is LoanStatus.COMPLETED
    assert refunded <= FEE
    for held in loan.positions:
        own_interest = scheduled.cents * held.share.cents // loan.loan.amount.cents
        assert received[held.lender_id] >= held.share.cents + min(fees[held.lender_id].cents, own_interest)
