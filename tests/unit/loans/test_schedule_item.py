"""The stored schedule: nothing is lost, and it stays small."""

from dataclasses import replace
from datetime import date
from fractions import Fraction

from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.models.loan import ScheduleItem
from chalicelib.loans.repository.mapping import account_of, schedule_item
from chalicelib.shared.money import Money
from tests.unit.loans.funded_loans import FUNDED_ON, funded_loan
from tests.unit.loans.loan_accounts import at
from tools.dynamodb_simulator.values import item_size

LARGEST_BYTES = 20 * 1024


def stored_and_read(account: LoanAccount) -> LoanAccount:
    loan = replace(funded_loan([Money.of("1000.00")]).loan, amount=account.principal, annual_rate=account.annual_rate)
    item = ScheduleItem()
    item.deserialize(schedule_item(loan.id, account, (), 0).serialize())
    return account_of(loan, item)


def test_interest_state_survives_storage() -> None:
    account = funded_loan([Money.of("1000.00")]).account
    first, second, *rest = account.instalments
    first = replace(first, earned=Money.of("4.84"), earned_on=date(2026, 2, 15))
    second = replace(second, earned_on=date(2026, 3, 1), period=Fraction(209, 7), paid_at=at(FUNDED_ON))
    account = replace(account, instalments=(first, second, *rest))

    assert stored_and_read(account) == account


def test_long_schedule_stays_small() -> None:
    account = funded_loan([Money.of("1000000.00")], months=360).account
    paid = [
        replace(
            row,
            paid_principal=row.principal,
            paid_interest=row.interest,
            late_fee=row.principal,
            paid_late_fee=row.principal,
            paid_at=at(FUNDED_ON),
        )
        for row in account.instalments
    ]
    paid[-1] = replace(paid[-1], earned=paid[-1].interest, earned_on=date(2055, 12, 31), period=Fraction(209, 7))
    account = replace(account, instalments=tuple(paid))

    size = item_size(schedule_item("loan", account, (), 0).serialize())

    assert stored_and_read(account) == account
    assert size < LARGEST_BYTES
