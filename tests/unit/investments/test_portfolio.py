"""Investments, their totals, and the return on them."""

from dataclasses import replace
from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.investments.domain.portfolio import Investment, StoredInvestment, investment_of, return_on, totals_of
from chalicelib.loans.domain.funded_loan import FundedLoan
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.shared.money import ZERO, Money, Rate
from tests.unit.loans.funded_loans import FUNDED_ON, funded_loan, funded_offer, loan_after_payment

THREE = [Money.of("700.00"), Money.of("200.01"), Money.of("99.99")]


def investments(servicing: FundedLoan, today: date) -> list[Investment]:
    """The investment of each of the loan's lenders."""
    return [
        investment_of(StoredInvestment(funded_offer(servicing, lender), servicing.loan, servicing), today)
        for lender in range(len(servicing.positions))
    ]


def test_investment_shows_received_and_expected_amounts() -> None:
    servicing = loan_after_payment(funded_loan([Money.of("1000.00")]), None, date(2026, 2, 28))

    (found,) = investments(servicing, date(2026, 3, 1))

    assert (str(found.outstanding), str(found.written_off), str(found.overdue)) == ("837.45", "0.00", "0.00")
    assert (str(found.position.received_principal), str(found.position.received_interest)) == ("162.55", "10.00")
    assert found.next_receipt is not None
    assert (found.next_receipt.due_date, str(found.next_receipt.amount)) == (date(2026, 3, 31), "172.55")
    assert len(found.expected) == 5


def test_investment_is_late_after_the_due_date() -> None:
    servicing = funded_loan([Money.of("1000.00")])

    on_the_day = totals_of(investments(servicing, date(2026, 2, 28)))
    day_after = totals_of(investments(servicing, date(2026, 3, 1)))

    assert (on_the_day.late_loans, on_the_day.late_amount) == (0, ZERO)
    assert (day_after.late_loans, str(day_after.late_amount)) == (1, "172.60")  # and a day's late interest
    assert str(day_after.expected_soon) == "345.15"


def test_default_writes_off_outstanding_without_a_job() -> None:
    servicing = funded_loan(THREE, default_days=30)

    found = investments(servicing, date(2026, 3, 30))

    assert servicing.loan.status is LoanStatus.FUNDED
    assert {each.loan.status for each in found} == {LoanStatus.DEFAULTED}
    assert [str(each.written_off) for each in found] == ["700.00", "200.01", "99.99"]
    assert [each.outstanding for each in found] == [ZERO] * 3
    assert [each.expected for each in found] == [()] * 3


def test_recovery_reduces_the_written_off_amount() -> None:
    servicing = loan_after_payment(funded_loan(THREE, default_days=30), Money.of("110.00"), date(2026, 4, 15))

    totals = totals_of(investments(servicing, date(2026, 4, 15)))

    assert totals.received_principal + totals.received_interest == Money.of("110.00")
    assert totals.written_off == totals.principal - totals.received_principal
    assert totals.outstanding == ZERO


def test_money_in_escrow_is_outstanding() -> None:
    servicing = funded_loan(THREE)
    waiting = replace(servicing.loan, status=LoanStatus.PENDING_FUNDING, funded_at=None)

    found = investment_of(StoredInvestment(funded_offer(servicing, 1), waiting, None), FUNDED_ON)
    totals = totals_of([found])

    assert totals.in_escrow == totals.outstanding == totals.principal == Money.of("200.01")
    assert found.next_receipt is None


@given(
    st.lists(st.integers(1_000, 500_000).map(Money), min_size=1, max_size=25), st.integers(0, 8), st.integers(0, 200)
)
def test_investments_sum_to_the_loan(shares: list[Money], paid: int, days: int) -> None:
    servicing = funded_loan(shares, "17.35", 8)
    for _ in range(paid):
        servicing = loan_after_payment(servicing, None, FUNDED_ON)
    today = FUNDED_ON + timedelta(days=days)

    totals = totals_of(investments(servicing, today))

    assert totals.principal == servicing.loan.amount
    assert totals.outstanding + totals.written_off == servicing.account.outstanding
    assert totals.outstanding + totals.written_off + totals.received_principal == totals.principal
    if totals.outstanding:
        late = servicing.account.accrue(today).due_instalments(today - timedelta(days=1))
        assert totals.late_amount == Money.total(row.unpaid for row in late)


def test_return_counts_outstanding_as_received_today() -> None:
    flows = [(date(2026, 1, 1), Money.of("-1000.00"))]

    assert return_on(flows, Money.of("1000.00"), date(2027, 1, 1)) == Rate(0)
    assert return_on(flows, Money.of("1100.00"), date(2027, 1, 1)) == Rate.percent("10")
    assert return_on([*flows, (date(2027, 1, 1), Money.of("900.00"))], ZERO, date(2027, 1, 1)) == Rate(-1000)


@pytest.mark.parametrize(
    "flows",
    [
        [],
        [(date(2026, 1, 1), Money.of("-1000.00"))],
        [(date(2026, 1, 1), Money.of("-1000.00")), (date(2026, 2, 1), Money.of("-3.75"))],
    ],
)
def test_total_loss_has_no_return(flows: list[tuple[date, Money]]) -> None:
    assert return_on(flows, ZERO, date(2026, 6, 1)) is None
