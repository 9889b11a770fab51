"""Payments by amount: order of allocation, prepayments, and the payoff."""

from datetime import date

import pytest

from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.arrears import ArrearsTerms
from chalicelib.loans.domain.errors import LoanNotActive
from chalicelib.loans.domain.loan_account import InstalmentStatus, LoanAccount
from chalicelib.servicing.domain.payment import ApplyTo, PaymentAllocation
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.money import Money, Rate
from tests.unit.loans.loan_accounts import (
    FIVE_PERCENT_LATE,
    FUNDED_ON,
    due_and_current_amount,
    instalment_amounts,
    loan_account,
    paid,
)

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
    assert components(settled) == ("1.37", "10.00", "8.63")
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


@pytest.mark.parametrize("strategy", Strategy)
def test_paying_a_cent_more_leaves_no_more_to_pay(strategy: Strategy) -> None:
    """172.55 settles the first instalment; 172.56 used to leave 167.55 of it due."""
    account, day = loan_account(), date(2026, 1, 30)

    settled, more = (paid(account, day, amount, strategy).account for amount in ("172.55", "172.56"))

    assert settled.instalments[0].is_paid
    assert more.instalments[0].is_paid
    assert more.outstanding == settled.outstanding - Money(1)
    assert more.remaining <= settled.remaining


def test_amount_above_the_payoff_charges_the_payoff() -> None:
    account, day = loan_account(months=1), date(2026, 1, 16)
    assert str(account.payoff(day).amount) == "1000.32"

    settled = paid(account, day, "1005.00")

    assert str(settled.amount) == "1000.32"
    assert settled.account.is_paid


def test_full_interest_is_not_charged_close_to_the_payoff() -> None:
    """Of 1,000.00 for a month, on the first day: 9.68 are not earned yet."""
    account, day = loan_account(months=1), date(2026, 1, 16)

    near, far = (paid(account, day, amount) for amount in ("990.65", "990.64"))

    assert components(near) == ("990.33", "0.32", "0.00")
    assert components(far) == ("980.64", "10.00", "0.00")
    assert near.account.remaining < far.account.remaining


def test_payment_ahead_pays_full_instalment_then_principal() -> None:
    settled = paid(loan_account(), date(2026, 1, 30), "500.00")

    assert components(settled) == ("490.00", "10.00", "0.00")
    assert statuses(settled.account, date(2026, 1, 30))[:2] == [InstalmentStatus.PAID, InstalmentStatus.PENDING]
    assert instalment_amounts(settled.account) == ["500.00", "172.55", "172.55", "172.55", "2.64"]


def test_payment_ahead_of_a_paid_instalment_pays_the_next() -> None:
    account = paid(loan_account(), date(2026, 1, 20)).account

    settled = paid(account, date(2026, 1, 30), "172.55")

    assert statuses(settled.account, date(2026, 1, 30))[:2] == [InstalmentStatus.PAID] * 2
    assert components(settled) == ("164.18", "8.37", "0.00")


def test_principal_payment_pays_due_instalments_and_accrued_interest_first() -> None:
    account, day = loan_account(), date(2026, 2, 25)

    settled = paid(account, day, "400.00", apply_to=ApplyTo.PRINCIPAL)

    # 172.55 due, 837.45 × 1 % × 10 of 28 days, and the rest to principal
    assert components(settled) == ("387.01", "12.99", "0.00")
    # 58.99 × … : 612.99 × 1 % × 18 of 28 days remain
    assert str(settled.account.instalments[1].unpaid_interest) == "3.94"


def test_principal_payment_below_what_is_due_pays_in_order() -> None:
    account, day = loan_account(), date(2026, 2, 25)

    principal, default = (paid(account, day, "100.00", apply_to=way).account for way in reversed(ApplyTo))

    assert principal == default


@pytest.mark.parametrize(
    ("strategy", "expected"),
    [
        (Strategy.REDUCE_TERM, ["672.55", "172.55", "164.85"]),
        (Strategy.REDUCE_INSTALMENT, ["586.27", "86.27", "86.27", "86.27", "86.27", "86.30"]),
    ],
)
def test_prepayment_on_funding_day_is_all_principal(strategy: Strategy, expected: list[str]) -> None:
    settled = paid(loan_account(), FUNDED_ON, "500.00", strategy, ApplyTo.PRINCIPAL)

    assert components(settled) == ("500.00", "0.00", "0.00")
    assert str(settled.account.outstanding) == "500.00"
    assert instalment_amounts(settled.account) == expected


def test_prepayment_pays_accrued_interest_first() -> None:
    settled = paid(loan_account(), date(2026, 1, 25), "503.23", apply_to=ApplyTo.PRINCIPAL)

    assert components(settled) == ("500.00", "3.23", "0.00")
    current = settled.account.instalments[0]
    assert str(current.unpaid_interest) == "3.39"  # 500.00 × 1 % × 21 of 31 days
    assert current.status_on(date(2026, 1, 25)) is InstalmentStatus.PARTIAL


def test_prepayment_pays_due_instalments_first() -> None:
    account = loan_account(late=FIVE_PERCENT_LATE)

    settled = paid(account, date(2026, 2, 25), "600.00", apply_to=ApplyTo.PRINCIPAL)

    assert statuses(settled.account, date(2026, 2, 25))[:2] == [InstalmentStatus.PAID, InstalmentStatus.PARTIAL]
    assert components(settled) == ("578.38", "12.99", "8.63")


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

    assert (str(payoff.principal), str(payoff.interest), str(payoff.fees)) == ("1000.00", "15.02", "50.76")
    assert settled.account.is_paid


@pytest.mark.parametrize("day", [FUNDED_ON, date(2026, 2, 14), FIRST_DUE, date(2026, 2, 16), AFTER_TWO_DUE])
def test_payment_never_exceeds_the_payoff(day: date) -> None:
    account = loan_account()

    settled = paid(account, day, "5000.00")

    assert settled.amount == account.payoff(day).amount
    assert settled.account.is_paid


def test_recovery_pays_principal_then_interest_then_fees() -> None:
    late = ArrearsTerms(grace_days=5, percent=Rate.percent("5"))
    account = loan_account(months=1, late=late, default_days=60).accrue(date(2026, 6, 1))
    assert account.defaulted_on == date(2026, 4, 16)
    fees, interest = account.payoff(date(2026, 6, 1)).fees, account.payoff(date(2026, 6, 1)).interest
    assert (str(fees), str(interest)) == ("50.50", "29.73")  # 10.00 and 1,000.00 × 12 % × 60/365

    first = paid(account, date(2026, 6, 1), "990.00")
    second = paid(first.account, date(2026, 7, 1), "20.00")
    rest = paid(second.account, date(2026, 8, 1))

    assert components(first) == ("990.00", "0.00", "0.00")
    assert components(second) == ("10.00", "10.00", "0.00")
    assert components(rest) == ("0.00", "19.73", "50.50")
    assert rest.account.is_paid
    assert rest.account.defaulted_on == date(2026, 4, 16)


def test_payment_without_amount_after_default_is_the_payoff() -> None:
    account = loan_account(default_days=60).accrue(date(2026, 6, 1))

    settled = paid(account, date(2026, 6, 1))

    assert settled.amount == account.payoff(date(2026, 6, 1)).amount
    assert settled.account.is_paid


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
