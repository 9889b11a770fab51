"""Forecasts equal the receipts of a loan that is paid according to its schedule."""

from collections.abc import Sequence
from datetime import date, timedelta

from hypothesis import given, reject
from hypothesis import strategies as st

from chalicelib.investments.domain.forecast import ExpectedMonth, Receipt, by_month, expected_receipts
from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.errors import TermsNotAmortisable
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_loan
from chalicelib.shared.money import ZERO, Money
from tests.unit.loans.funded_loans import FUNDED_ON, SHARES, funded_loan, loan_after_payment

TODAY = date(2026, 3, 10)


def receipts(servicing: FundedLoan, lender: int = 0) -> tuple[Receipt, ...]:
    return expected_receipts(servicing.account, servicing.positions, servicing.positions[lender].lender_id)


@st.composite
def loans_on_their_way(draw: st.DrawFn) -> tuple[FundedLoan, date]:
    """A loan after a few payments of any size, and the day of the last one."""
    shares: Sequence[Money] = draw(SHARES)
    try:
        servicing = funded_loan(
            shares, str(draw(st.integers(0, 50))), draw(st.integers(1, 14)), method=draw(st.sampled_from(Method))
        )
    except TermsNotAmortisable:
        reject()
    today = FUNDED_ON
    for days, part in draw(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 999)), max_size=4)):
        today += timedelta(days=days)
        payoff = accrue_loan(servicing, today).account.payoff(today).amount
        if payoff:
            servicing = loan_after_payment(servicing, Money(max(1, payoff.cents * part // 1000)), today)
    return servicing, today


@given(loans_on_their_way())
def test_expected_receipts_sum_to_the_unpaid_amount(case: tuple[FundedLoan, date]) -> None:
    servicing, _ = case

    expected = [receipts(servicing, lender) for lender in range(len(servicing.positions))]

    unpaid = [row for row in servicing.account.instalments if row.unpaid_base_cents or row.unpaid_late_interest]
    assert {len(each) for each in expected} == {len(unpaid)}
    for row, parts in zip(unpaid, zip(*expected, strict=True), strict=True):
        assert Money.total(part.principal for part in parts) == row.unpaid_principal
        assert Money.total(part.interest for part in parts) == row.unpaid_interest + row.unpaid_late_interest
    for position, own in zip(servicing.positions, expected, strict=True):
        assert Money.total(receipt.principal for receipt in own) == position.outstanding
        assert all(receipt.principal >= ZERO and receipt.interest >= ZERO for receipt in own)


@given(loans_on_their_way(), st.data())
def test_scheduled_payments_match_the_forecast(case: tuple[FundedLoan, date], data: st.DataObject) -> None:
    servicing, today = case
    lender = data.draw(st.integers(0, len(servicing.positions) - 1))
    expected = receipts(servicing, lender)

    for receipt in expected:
        before = servicing.positions[lender]
        servicing = loan_after_payment(servicing, None, max(today, receipt.due_date))
        after = servicing.positions[lender]

        assert after.received_principal - before.received_principal == receipt.principal
        assert after.received_interest - before.received_interest == receipt.interest

    assert servicing.account.is_paid
    assert servicing.positions[lender].outstanding == ZERO


def test_receipts_are_summed_by_month() -> None:
    due = [
        Receipt(date(2026, 1, 31), Money(100), Money(10)),
        Receipt(date(2026, 3, 31), Money(200), Money(20)),
        Receipt(date(2026, 5, 1), Money(300), Money(30)),
    ]

    found = by_month(due, TODAY)

    assert found == (
        ExpectedMonth(date(2026, 3, 1), Money(300), Money(30)),
        ExpectedMonth(date(2026, 5, 1), Money(300), Money(30)),
    )
    assert [month.amount for month in found] == [Money(330), Money(330)]


def test_paid_loan_has_no_expected_receipts() -> None:
    servicing = funded_loan([Money.of("1000.00")], months=1)

    paid = loan_after_payment(servicing, None, date(2026, 2, 28))

    assert receipts(paid) == ()
    assert by_month((), TODAY) == ()
