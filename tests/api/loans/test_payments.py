"""Repayment over the API: partial, late, early, and to the last cent."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Rate
from chalicelib.shared.settings import InvalidSetting, Settings, read_settings
from tests.engines import Storage
from tests.factories import User, UserFactory, funded_loan, ok, pay
from tests.stored_state import assert_ledger_balances


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Late fees of 5 % after five days; default after 60 days."""
    return replace(settings, late_fee_percent=Rate.percent("5"), late_fee_grace_days=5, default_days=60)


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("2000.00")


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("1003.75")


@pytest.fixture
def loan(borrower: User, lender: User) -> Any:
    """1,000.00 at 12 % for six months, funded on 15 January 2026."""
    return funded_loan(borrower, lender)


def read(person: User, loan: Any, what: str) -> Any:
    return ok(person.http.get(f"/api/loans/{loan['id']}/{what}/")).json


def row(person: User, loan: Any, number: int) -> Any:
    return read(person, loan, "schedule")["items"][number - 1]


def stored(tables: Storage) -> list[list[Any]]:
    """Everything that a payment may write."""
    return [tables.items(table) for table in ("loans", "ledger", "wallets", "operations")]


def test_partly_paid_instalment_is_partial(borrower: User, lender: User, loan: Any) -> None:
    first = pay(borrower, loan["id"], "100.00")
    assert (first["payment"]["interest"], first["payment"]["principal"]) == ("10.00", "90.00")
    assert first["payment"]["instalment_status"] == row(borrower, loan, 1)["status"] == "PARTIAL"
    assert lender.balance() == "100.00"

    rest = pay(borrower, loan["id"])

    assert rest["payment"]["amount"] == "72.55"
    assert rest["payment"]["instalment_status"] == row(borrower, loan, 1)["status"] == "PAID"
    assert rest["loan"]["remaining_amount"] == "862.73"
    assert rest["loan"]["next_due_date"] == "2026-03-15"


def test_overdue_instalment_is_payable_with_its_late_fee(
    borrower: User, lender: User, loan: Any, clock: FixedClock, tables: Storage
) -> None:
    clock.set_date(date(2026, 2, 20))
    assert (row(borrower, loan, 1)["status"], row(borrower, loan, 1)["late_fee"]) == ("OVERDUE", "0.00")
    clock.set_date(date(2026, 2, 21))
    shown = row(lender, loan, 1)
    # 5 % of 172.55, and 162.55 × 12 % × 6/365
    assert (shown["late_fee"], shown["late_interest"], shown["amount"]) == ("8.63", "0.32", "181.50")

    paid = pay(borrower, loan["id"])

    assert (paid["payment"]["amount"], paid["payment"]["late_fee"]) == ("181.50", "8.63")
    assert paid["payment"]["interest"] == "10.32"
    assert lender.balance() == "172.87"
    assert assert_ledger_balances(tables)["platform:fees"] == 375 + 863


def test_late_interest_may_be_switched_off() -> None:
    assert read_settings({}).overdue_interest is True
    assert read_settings({"OVERDUE_INTEREST": "off"}).overdue_interest is False
    with pytest.raises(InvalidSetting, match="contract_rate or off"):
        read_settings({"OVERDUE_INTEREST": "on"})


def test_remaining_amount_contains_late_interest_of_today(
    borrower: User, lender: User, loan: Any, clock: FixedClock
) -> None:
    for day in (date(2026, 2, 17), date(2026, 2, 18), date(2026, 3, 7)):
        clock.set_date(day)

        shown = ok(borrower.http.get(f"/api/loans/{loan['id']}/")).json

        unpaid = sum(cents(each["amount"]) for each in read(lender, loan, "schedule")["items"])
        assert cents(shown["remaining_amount"]) == unpaid > 103_528


def test_default_is_shown_without_a_job(borrower: User, loan: Any, clock: FixedClock) -> None:
    clock.set_date(date(2026, 4, 16))

    shown = ok(borrower.http.get(f"/api/loans/{loan['id']}/")).json

    assert (shown["status"], shown["written_off"]) == ("DEFAULTED", "1000.00")


def test_responses_do_not_depend_on_earlier_readers(borrower: User, lender: User, clock: FixedClock) -> None:
    first = funded_loan(borrower, lender, amount="400.00")
    second = funded_loan(borrower, lender, amount="400.00")
    for _ in range(40):
        clock.advance(days=1)
        read(borrower, first, "payoff")

    assert read(borrower, first, "payoff") == read(borrower, second, "payoff")


@pytest.mark.parametrize(
    ("strategy", "instalments"),
    [
        ("reduce_term", ["672.55", "172.55", "164.85"]),
        ("reduce_instalment", ["586.27", "86.27", "86.27", "86.27", "86.27", "86.30"]),
    ],
)
def test_prepayment_reduces_term_or_instalment(
    borrower: User, lender: User, loan: Any, strategy: str, instalments: list[str]
) -> None:
    paid = pay(borrower, loan["id"], "500.00", strategy=strategy, apply_to="principal")

    assert (paid["payment"]["principal"], paid["payment"]["interest"]) == ("500.00", "0.00")
    assert paid["loan"]["outstanding_principal"] == "500.00"
    schedule = read(lender, loan, "schedule")
    assert [each["amount"] for each in schedule["items"]] == instalments
    assert (schedule["total_principal"], schedule["items"][-1]["balance"]) == ("1000.00", "0.00")
    assert paid["loan"]["monthly_payment"] == instalments[1]


def test_paying_the_payoff_completes_the_loan(
    borrower: User, lender: User, loan: Any, clock: FixedClock, tables: Storage
) -> None:
    clock.set_date(date(2026, 3, 25))
    payoff = read(borrower, loan, "payoff")
    assert payoff == {
        "as_of": "2026-03-25",
        "principal": "1000.00",
        # 10.00 and 8.37 due, 673.27 × 1 % × 10 of 31 days, and 12 % on 162.55 and 164.18 for 38 and 10 days
        "interest": "23.11",
        "fees": "17.26",
        "amount": "1040.37",
    }

    paid = pay(borrower, loan["id"], payoff["amount"])

    assert paid["loan"]["status"] == "COMPLETED"
    assert paid["loan"]["remaining_amount"] == paid["loan"]["outstanding_principal"] == "0.00"
    assert lender.balance() == "1023.11"
    assert borrower.balance() == "1959.63"
    assert {each["status"] for each in read(borrower, loan, "schedule")["items"]} == {"PAID"}
    assert_ledger_balances(tables)


def test_payments_are_listed_newest_first(borrower: User, lender: User, loan: Any, clock: FixedClock) -> None:
    for amount in ("1.00", "2.00", "3.00"):
        pay(borrower, loan["id"], amount)
        clock.advance(seconds=1)

    assert [each["amount"] for each in read(lender, loan, "payments")["items"]] == ["3.00", "2.00", "1.00"]


def test_defaulted_loan_accepts_recoveries(
    borrower: User, lender: User, loan: Any, clock: FixedClock, tables: Storage
) -> None:
    clock.set_date(date(2026, 4, 16))

    paid = pay(borrower, loan["id"], "200.00")

    assert paid["loan"]["status"] == "DEFAULTED"
    assert paid["loan"]["outstanding_principal"] == "0.00"
    assert (paid["payment"]["principal"], paid["payment"]["late_fee"]) == ("200.00", "0.00")
    assert paid["loan"]["written_off"] == "800.00"
    assert paid["loan"]["defaulted_at"] == "2026-04-16T00:00:00.000Z"
    assert lender.balance() == "200.00"
    assert_ledger_balances(tables)


def test_defaulted_loan_paid_in_full_is_completed(borrower: User, lender: User, loan: Any, clock: FixedClock) -> None:
    clock.set_date(date(2026, 4, 16))
    payoff = read(borrower, loan, "payoff")
    clock.set_date(date(2026, 12, 1))
    assert read(borrower, loan, "payoff")["amount"] == payoff["amount"]  # interest stops at the default

    recovered = pay(borrower, loan["id"])

    assert recovered["payment"]["amount"] == payoff["amount"]
    assert recovered["loan"]["status"] == "COMPLETED"
    assert recovered["loan"]["remaining_amount"] == recovered["loan"]["written_off"] == "0.00"
    assert recovered["loan"]["defaulted_at"] == "2026-04-16T00:00:00.000Z"
    assert cents(lender.balance()) == 100_000 + cents(payoff["interest"])


@pytest.mark.parametrize("amount", ["172.56", "300.00"])
def test_more_than_an_instalment_settles_it(borrower: User, loan: Any, clock: FixedClock, amount: str) -> None:
    """On day 15 a cent more than the first instalment used to leave 167.55 of it due."""
    clock.set_date(date(2026, 1, 30))

    paid = pay(borrower, loan["id"], amount)

    assert row(borrower, loan, 1)["status"] == "PAID"
    assert cents(paid["loan"]["remaining_amount"]) < 86_273
    assert paid["loan"]["next_due_date"] == "2026-03-15"


def test_payment_above_the_payoff_charges_the_payoff(
    user_factory: UserFactory, lender: User, clock: FixedClock
) -> None:
    borrower = user_factory.borrower("2000.00")
    loan = funded_loan(borrower, lender, months=1)
    clock.advance(days=1)

    paid = pay(borrower, loan["id"], "1005.00")

    assert (paid["payment"]["amount"], paid["loan"]["status"]) == ("1000.32", "COMPLETED")
    assert paid["message"] == "Payment of 1000.32 received"
    assert borrower.balance() == "1999.68"


def test_dry_run_shows_the_effect_and_changes_nothing(
    borrower: User, lender: User, loan: Any, clock: FixedClock, tables: Storage
) -> None:
    clock.set_date(date(2026, 1, 30))
    before, schedule = stored(tables), read(borrower, loan, "schedule")

    shown = pay(borrower, loan["id"], "500.00", dry_run=True)

    assert (shown["payment"]["id"], shown["payment"]["amount"], shown["payment"]["interest"]) == (
        None, "500.00", "10.00",
    )  # fmt: skip
    assert [each["amount"] for each in shown["schedule"]["items"]] == ["500.00", "172.55", "172.55", "172.55", "2.64"]
    # 500.00 and 520.29 later; the payoff is 1,004.84
    assert shown["payoff_saving"] == "15.45"
    assert read(borrower, loan, "schedule") == schedule
    assert stored(tables) == before


def test_dry_run_of_a_due_instalment_saves_nothing(borrower: User, loan: Any, clock: FixedClock) -> None:
    clock.set_date(date(2026, 2, 15))

    shown = pay(borrower, loan["id"], dry_run=True)

    assert (shown["payment"]["amount"], shown["payoff_saving"]) == ("172.55", None)


def test_apply_to_needs_an_amount(borrower: User, loan: Any) -> None:
    for apply_to in ("principal", "instalments"):
        response = borrower.http.post(f"/api/loans/{loan['id']}/pay/", {"apply_to": apply_to}, key=apply_to)

        assert response.status == 422
        assert response.json["errors"] == [{"field": "apply_to", "message": "requires an amount"}]


def test_prepayment_recomputes_every_figure(borrower: User, loan: Any, clock: FixedClock) -> None:
    clock.set_date(date(2026, 1, 30))

    paid = pay(borrower, loan["id"], "500.00")["loan"]

    schedule = read(borrower, loan, "schedule")
    assert paid["term_months"] == len(schedule["items"]) == 5
    assert paid["total_interest"] == schedule["total_interest"] == "20.29"
    assert paid["total_amount"] == "1020.29"
    assert paid["remaining_amount"] == "520.29"
    assert paid["outstanding_principal"] == "510.00"
    assert (paid["apr"], paid["effective_rate"]) != (loan["apr"], loan["effective_rate"])


def cents(amount: str) -> int:
    return int(amount.replace(".", ""))


@pytest.mark.parametrize("method", ["annuity", "equal_principal", "flat", "interest_only"])
def test_every_method_repays_to_the_cent(user_factory: UserFactory, tables: Storage, method: str) -> None:
    lender, borrower = user_factory.lender("1003.75"), user_factory.borrower("1000.00")
    loan = funded_loan(borrower, lender, months=4, method=method)
    interest = cents(loan["total_interest"])

    pay(borrower, loan["id"], "7.89")
    while pay(borrower, loan["id"])["loan"]["status"] != "COMPLETED":
        assert_ledger_balances(tables)

    assert cents(lender.balance()) == 100_000 + interest
    assert cents(borrower.balance()) == 100_000 - interest
