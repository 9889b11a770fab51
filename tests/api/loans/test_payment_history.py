"""The history shows principal, interest and late fee of loan payments, to the borrower and to each lender."""

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import ZERO, Money, Rate
from chalicelib.shared.settings import Settings
from tests.engines import Storage
from tests.factories import User, UserFactory, funded_loan, ok, pay
from tests.stored_state import assert_ledger_balances

SPLIT = ("principal", "interest", "late_fee")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, late_fee_percent=Rate.percent("5"))


def loan_payments(user: User) -> list[Any]:
    """The entries of type LOAN_PAYMENT, oldest first."""
    items = ok(user.http.get("/api/wallets/transactions/?type=LOAN_PAYMENT&limit=100")).json["items"]
    return list(reversed(items))


def total(entries: list[Any], name: str) -> Money:
    return Money.total(Money.of(entry[name]) for entry in entries)


def test_borrower_sees_the_split_of_each_payment(user_factory: UserFactory, clock: FixedClock, tables: Storage) -> None:
    borrower, lender = user_factory.borrower("2000.00"), user_factory.lender("5000.00")
    loan = funded_loan(borrower, lender)
    first = pay(borrower, loan["id"])["payment"]
    clock.advance(days=70)
    late = pay(borrower, loan["id"])["payment"]

    entries = loan_payments(borrower)

    assert [[entry[name] for name in SPLIT] for entry in entries] == [
        [payment[name] for name in SPLIT] for payment in (first, late)
    ]
    assert Money.of(late["late_fee"]) > ZERO
    for entry in entries:
        assert -Money.of(entry["amount"]) == Money.of(entry["principal"]) + Money.of(entry["interest"])
    assert_ledger_balances(tables)


def test_lenders_see_the_split_of_what_they_received(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower = user_factory.borrower("2000.00")
    lenders = {user_factory.lender("5000.00"): part for part in ("333.33", "333.33", "333.34")}
    loan = funded_loan(borrower, lenders)
    for days in (0, 45, 15):
        clock.advance(days=days)
        pay(borrower, loan["id"])
    clock.advance(days=3)
    pay(borrower, loan["id"], ok(borrower.http.get(f"/api/loans/{loan['id']}/payoff/")).json["amount"])

    paid = loan_payments(borrower)

    received = [entry for lender in lenders for entry in loan_payments(lender)]
    for entry in received:
        assert Money.of(entry["amount"]) == Money.of(entry["principal"]) + Money.of(entry["interest"])
        assert entry["late_fee"] == "0.00"
    assert total(received, "principal") == total(paid, "principal") == Money.of("1000.00")
    assert total(received, "interest") == total(paid, "interest") > ZERO
    for lender, part in lenders.items():
        assert total(loan_payments(lender), "principal") == Money.of(part)
        [position] = ok(lender.http.get("/api/loans/investments/")).json["items"]
        assert total(loan_payments(lender), "interest") == Money.of(position["received_interest"])


def test_entries_of_other_types_have_no_split(user_factory: UserFactory) -> None:
    borrower, lender = user_factory.borrower("2000.00"), user_factory.lender("5000.00")
    funded_loan(borrower, lender)

    entries = ok(lender.http.get("/api/wallets/transactions/")).json["items"]

    assert {entry["type"] for entry in entries} == {"DEPOSIT", "LOAN_FUNDING", "PLATFORM_FEE"}
    assert {entry[name] for entry in entries for name in SPLIT} == {None}


def test_statement_shows_the_split(user_factory: UserFactory) -> None:
    borrower, lender = user_factory.borrower("2000.00"), user_factory.lender("5000.00")
    payment = pay(borrower, funded_loan(borrower, lender)["id"])["payment"]

    entries = ok(lender.http.get("/api/wallets/statement/")).json["entries"]
    as_csv = ok(lender.http.get("/api/wallets/statement/", headers={"Accept": "text/csv"})).body.decode()

    [as_json] = [entry for entry in entries if entry["type"] == "LOAN_PAYMENT"]
    assert [as_json[name] for name in SPLIT] == [payment["principal"], payment["interest"], "0.00"]
    header, *rows = [line.split(",") for line in as_csv.splitlines()]
    [row] = [dict(zip(header, row, strict=True)) for row in rows if row[1] == "LOAN_PAYMENT"]
    assert [row[name] for name in SPLIT] == [payment["principal"], payment["interest"], "0.00"]


def test_write_offs_appear_in_positions_and_yearly_figures(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower = user_factory.borrower("3000.00")
    lenders = {user_factory.lender("5000.00"): part for part in ("333.33", "333.33", "333.34")}
    loan = funded_loan(borrower, lenders)
    pay(borrower, loan["id"])  # in January 2026
    clock.advance(days=400)
    ok(user_factory.operator().http.post("/api/admin/tasks/check_overdue_payments/run/"))

    def positions() -> list[Any]:
        return [ok(lender.http.get("/api/loans/investments/")).json["items"][0] for lender in lenders]

    def by_year(name: str) -> dict[int, Money]:
        years = [ok(lender.http.get("/api/loans/investments/")).json["years"] for lender in lenders]
        found = {figures["year"] for of_lender in years for figures in of_lender}
        return {
            year: Money.total(Money.of(each[name]) for of_lender in years for each in of_lender if each["year"] == year)
            for year in found
        }

    in_default = ok(borrower.http.get(f"/api/loans/{loan['id']}/")).json
    lost = Money.of(in_default["written_off"])
    assert (in_default["status"], in_default["defaulted_at"][:4]) == ("DEFAULTED", "2026")
    assert total(positions(), "written_off") == lost == Money.of("837.45")
    assert total(positions(), "outstanding") == ZERO
    assert by_year("written_off") == {2026: lost}
    pay(borrower, loan["id"], "100.00")

    assert total(positions(), "written_off") == lost - Money.of("100.00")
    assert by_year("written_off") == {2026: lost, 2027: ZERO}
    assert by_year("recovered") == {2026: ZERO, 2027: Money.of("100.00")}
    assert by_year("principal") == {2026: Money.of("162.55"), 2027: Money.of("100.00")}
    assert by_year("interest") == {2026: Money.of("10.00"), 2027: ZERO}
    pay(borrower, loan["id"])

    assert ok(borrower.http.get(f"/api/loans/{loan['id']}/")).json["status"] == "COMPLETED"
    assert total(positions(), "written_off") == ZERO
    assert by_year("written_off") == {2026: lost, 2027: ZERO}
    assert by_year("recovered") == {2026: ZERO, 2027: lost}
