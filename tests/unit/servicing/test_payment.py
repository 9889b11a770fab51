"""Payments by amount: order of allocation, prepayments, and the payoff."""

from datetime import date

import pytest

from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.errors import ExceedsPayoff, LoanNotActive
from chalicelib.loans.domain.loan_account import InstalmentStatus, LoanAccount
from chalicelib.servicing.domain.payment import PaymentAllocation, due_and_current_amount
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.money import Money
from tests.unit.loans.loan_accounts import FIVE_PERCENT_LATE, FUNDED_ON, instalment_amounts, loan_account, paid

FIRST_DUE = date(2026, 2, 15)
AFTER_TWO_DUE = date(2026, 3, 20)


def components(settled: PaymentAllocation) -> tuple[str, str, str]:
    return str(settled.principal), str(settled.interest), str(settled.late_fee)


def statuses(account: LoanAccount, day: date) -> list[InstalmentStatus]:
    return [row.status_on(day) for row in account.instalments]


def test_payment_without_amount_pays_first_unpaid_instalment() -> None:
    account = loan_account()

    first = paid(account, FUNDED_ON)
    second = paid(first.account, FUNDED_ON)

    assert (str(first.amount), first.number) == ("172.55", 1)
    assert components(first) == ("162.55", "10.00", "0.00")
    assert components(second) == ("164.18", "8.37", "0.00")


def test_partial_payment_pays_interest_before_principal() -> None:
    first = paid(loan_account(), FIRST_DUE, "4.00")
    second = paid(first.account, FIRST_DUE, "10.00")
    rest = paid(second.account, FIRST_DUE)

    assert components(first) == ("0.00", "4.00", "0.00")
    assert components(second) == ("4.00", "6.00", "0.00")
    assert components(rest) == ("158.55", "0.00", "0.00")
    assert statuses(second.account, FIRST_DUE)[:2] == [InstalmentStatus.PARTIAL, InstalmentStatus.PENDING]
    assert statuses(rest.account, FIRST_DUE)[:2] == [InstalmentStatus.PAID, InstalmentStatus.PENDING]


def test_overdue_instalment_and_its_fee_come_first() -> None:
    account = loan_account(late=FIVE_PERCENT_LATE)

    settled = paid(account, AFTER_TWO_DUE, "20.00")

    assert settled.number == 1
    assert components(settled) == ("1.87", "10.00", "8.13")
    assert statuses(settled.account, AFTER_TWO_DUE)[:3] == [
        InstalmentStatus.OVERDUE,
        InstalmentStatus.OVERDUE,
        InstalmentStatus.PENDING,
    ]


def test_payment_is_allocated_in_order_of_instalments() -> None:
    account = loan_account()
    due_and_current = due_and_current_amount(account, AFTER_TWO_DUE)
    assert str(due_and_current) == "517.65"

    settled = paid(account, AFTER_TWO_DUE, "517.65")

    assert statuses(settled.account, AFTER_TWO_DUE) == [InstalmentStatus.PAID] * 3 + [InstalmentStatus.PENDING] * 3
    assert instalment_amounts(settled.account) == instalment_amounts(account)


def test_one_cent_more_is_a_prepayment() -> None:
    account = loan_account()

    settled = paid(account, AFTER_TWO_DUE, "517.66")

    assert settled.account.outstanding < paid(account, AFTER_TWO_DUE, "517.65").account.outstanding
    assert settled.account.total_interest < account.total_interest


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy.REDUCE_TERM, ["672.55", "172.55", "164.85"]),
        (Strategy.REDUCE_INSTALMENT, ["586.27", "86.27", "86.27", "86.27", "86.27", "86.30"]),
    ],
)
def test_prepayment_on_funding_day_is_all_principal(strategy: Strategy, expected: list[str]) -> None:
    settled = paid(loan_account(), FUNDED_ON, "500.00", strategy)

    assert components(settled) == ("500.00", "0.00", "0.00")
    assert str(settled.account.outstanding) == "500.00"
    assert instalment_amounts(settled.account) == expected


def test_prepayment_pays_accrued_interest_first() -> None:
    settled = paid(loan_account(), date(2026, 1, 25), "503.23")

    assert components(settled) == ("500.00", "3.23", "0.00")
    current = settled.account.instalments[0]
    assert str(current.unpaid_interest) == "3.39"  # 500.00 × 1 % × 21 of 31 days
    assert current.status_on(date(2026, 1, 25)) is InstalmentStatus.PARTIAL


def test_prepayment_pays_due_instalments_first() -> None:
    account = loan_account(late=FIVE_PERCENT_LATE)

    settled = paid(account, date(2026, 2, 25), "600.00")

    assert statuses(settled.account, date(2026, 2, 25))[:2] == [InstalmentStatus.PAID, InstalmentStatus.PARTIAL]
    assert components(settled) == ("578.88", "12.99", "8.13")


def test_payoff_completes_the_loan() -> None:
    account = loan_account()
    day = date(2026, 1, 25)
    assert str(account.payoff(day).amount) == "1003.23"

    settled = paid(account, day, "1003.23")

    assert settled.account.is_paid
    assert instalment_amounts(settled.account) == ["1003.23"]
    assert components(settled) == ("1000.00", "3.23", "0.00")


def test_overdue_payoff_includes_fees_and_no_later_interest() -> None:
    account = loan_account(months=2, late=FIVE_PERCENT_LATE, default_days=1000)
    day = date(2027, 1, 15)

    payoff = account.accrue(day).payoff(day)
    settled = paid(account, day, str(payoff.amount))

    assert (str(payoff.principal), str(payoff.interest), str(payoff.fees)) == ("1000.00", "15.02", "50.00")
    assert settled.account.is_paid


@pytest.mark.parametrize("day", [FUNDED_ON, date(2026, 2, 14), FIRST_DUE, date(2026, 2, 16), AFTER_TWO_DUE])
def test_payment_above_payoff_is_rejected(day: date) -> None:
    account = loan_account()
    most = max(account.payoff(day).amount, due_and_current_amount(account, day))

    with pytest.raises(ExceedsPayoff) as refusal:
        paid(account, day, str(most + Money(1)))

    assert refusal.value.facts["payoff_amount"] == str(account.payoff(day).amount)


def test_last_instalment_may_be_paid_above_payoff() -> None:
    account = loan_account(months=1)
    assert str(account.payoff(FUNDED_ON).amount) == "1000.00"

    settled = paid(account, FUNDED_ON, "1010.00")

    assert settled.account.is_paid
    assert components(settled) == ("1000.00", "10.00", "0.00")


def test_paid_loan_rejects_payments() -> None:
    settled = paid(loan_account(months=1), FUNDED_ON)

    with pytest.raises(LoanNotActive):
        paid(settled.account, FUNDED_ON)


@pytest.mark.parametrize("method", Method)
@pytest.mark.parametrize("strategy", Strategy)
def test_instalments_after_prepayment_repay_the_loan(method: Method, strategy: Strategy) -> None:
    account = loan_account(months=12, method=method)
    account = paid(account, date(2026, 3, 1), "400.00", strategy).account

    while not account.is_paid:
        account = paid(account, account.next_due_date or FUNDED_ON).account

    assert str(account.outstanding) == str(account.remaining) == "0.00"
    assert sum(row.paid_principal.cents for row in account.instalments) == 100_000
