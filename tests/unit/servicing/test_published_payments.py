"""Published values of late fees, allocation and deducted fees."""

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Any

import pytest

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.rates_of_return import loan_rates
from chalicelib.lending_math.schedule import build_schedule
from chalicelib.loans.domain.arrears import ArrearsTerms
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.servicing.domain.payment import allocate_payment
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.money import NO_RATE, Money, Rate
from tests.unit.lending_math.published_cases import read_published

CASES = read_published("payments.json")


def cases_with(part: str) -> list[Any]:
    return [pytest.param(case[part], id=name) for name, case in CASES.items() if part in case]


def a_flat_account(case: Any, rate: Rate, late_fees: ArrearsTerms) -> LoanAccount:
    schedule = build_schedule(
        Money.of(case["principal"]),
        rate,
        case["periods"],
        start_date=date.fromisoformat(case["start"]),
        method=Method.FLAT,
    )
    return LoanAccount.from_schedule(schedule, rate, late_fees, default_days=10_000)


@pytest.mark.parametrize("case", cases_with("late_fees"))
def test_late_fee_is_charged_once_per_instalment(case: Any) -> None:
    terms = ArrearsTerms(grace_days=0, percent=Rate.percent(case["late_fee_percent"]))
    account = a_flat_account(case, Rate.percent(case["rate"]), terms)

    late = account.accrue(date.fromisoformat(case["as_of"]))

    figures = [[str(row.principal), str(row.interest), str(row.late_fee), str(row.unpaid)] for row in late.instalments]
    assert figures == case["rows"]
    assert late.accrue(date.fromisoformat(case["as_of"])) == late


@pytest.mark.parametrize("case", cases_with("allocation"))
def test_payment_settles_fees_then_interest_then_principal(case: Any) -> None:
    account = a_flat_account(case, NO_RATE, ArrearsTerms())
    charged = replace(account.instalments[0], late_fee=Money.of(case["charged_on_first_row"]))
    account = replace(account, instalments=(charged, *account.instalments[1:]))
    at = datetime.combine(date.fromisoformat(case["paid_on"]), time(12), tzinfo=UTC)

    paid = allocate_payment(account, Money.of(case["paid"]), Strategy.REDUCE_TERM, at)

    assert str(paid.late_fee) == case["late_fee"]
    assert str(paid.interest) == case["interest"]
    assert str(paid.principal) == case["towards_principal"]
    assert str(paid.account.outstanding) == case["outstanding"]
    assert str(paid.account.instalments[0].unpaid) == case["unpaid_on_first_row"]


@pytest.mark.parametrize("case", cases_with("kept_back"))
def test_deducted_fee_reduces_proceeds_not_instalments(case: Any) -> None:
    amount = Money.of(case["principal"])
    first_due = date.fromisoformat(case["first_due"])
    schedule = build_schedule(
        amount, NO_RATE, 1, start_date=date.fromisoformat(case["start"]), first_due_date=first_due
    )

    fee = amount.times(Rate.percent(case["fee_percent"]).per_year)
    rates = loan_rates(
        amount - fee,
        [row.amount for row in schedule.instalments],
        start_date=schedule.start_date,
        first_due_date=first_due,
    )

    assert str(fee) == case["fee"]
    assert str(amount - fee) == case["proceeds"]
    assert str(schedule.total_amount) == case["repaid"]
    assert rates.apr > NO_RATE
