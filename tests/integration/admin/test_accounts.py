"""Accounts of the ledger: balances, rows, pages over days and shards."""

from __future__ import annotations

import pytest

from chalicelib.admin.domain.errors import UnknownAccount
from chalicelib.admin.service.ledger_accounts import AccountPosition
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Role, RoleRequired
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate
from chalicelib.wallets.domain.ledger import (
    EXTERNAL_CASH,
    PLATFORM_FEES,
    EntryType,
    Journal,
    Line,
    loan_account,
    transfer,
    wallet_account,
)
from tests.integration.admin.conftest import Town

CASH = "external:cash"


def post(town: Town, *lines: Line, reference: str | None = None) -> None:
    """Write a journal transaction of its own."""
    now = town.clock()
    writes = town.container.audit_log.writes()
    town.container.wallets.add(writes, Journal(new_id(now), now, lines, "by hand", reference))
    writes.commit()


def pages(town: Town, account: str, limit: int) -> list[list[str]]:
    """The amounts on every page of an account."""
    found: list[list[str]] = []
    position: AccountPosition | None = None
    while True:
        page = town.container.ledger_accounts.page(town.operator, account, limit=limit, position=position)
        found.append([str(entry.amount) for entry in page.entries])
        position = page.position
        if position is None:
            return found


def rows(town: Town, account: str, limit: int = 100) -> list[str]:
    return [amount for page in pages(town, account, limit) for amount in page]


def balance(town: Town, account: str) -> str:
    return str(town.container.ledger_accounts.page(town.operator, account, limit=1).balance)


def test_a_hot_account_shows_all_rows_newest_first_whatever_day_and_shard_they_are_on(town: Town) -> None:
    john = town.person()
    amounts = [f"{number}.00" for number in range(1, 13)]
    for amount in amounts:
        town.deposit(john, amount)
        town.clock.advance(hours=11)

    for limit in (1, 2, 3, 7, 100):
        assert rows(town, CASH, limit) == [f"-{amount}" for amount in reversed(amounts)]
    assert balance(town, CASH) == "-78.00"


def test_pages_of_a_hot_account_are_full_where_there_are_rows_enough(town: Town) -> None:
    john = town.person()
    for _ in range(11):
        town.deposit(john, "1.00")
        town.clock.advance(hours=5)

    assert [len(page) for page in pages(town, CASH, 3)] == [3, 3, 3, 2]


def test_a_posting_of_two_rows_is_cut_between_pages(town: Town) -> None:
    john = town.person(funds="10.00")
    post(
        town,
        Line(wallet_account(john.id), EntryType.LOAN_PAYMENT, Money(-500)),
        Line(PLATFORM_FEES, EntryType.LATE_FEE, Money(200)),
        Line(PLATFORM_FEES, EntryType.PLATFORM_FEE, Money(300)),
    )

    assert pages(town, PLATFORM_FEES, 1) == [["2.00"], ["3.00"]]
    assert balance(town, PLATFORM_FEES) == "5.00"


def test_a_long_silence_makes_pages_short_and_loses_nothing(town: Town) -> None:
    john = town.person(funds="1.00")
    town.clock.advance(days=40)
    town.deposit(john, "2.00")

    found = pages(town, CASH, 10)

    assert [amount for page in found for amount in page] == ["-2.00", "-1.00"]
    assert len(found) == 3  # 16 days of 4 shards a page
    assert balance(town, CASH) == "-3.00"


def test_a_page_of_a_hot_account_takes_a_bounded_number_of_reads(town: Town) -> None:
    town.person(funds="1.00")
    town.clock.advance(days=1000)
    position = town.container.ledger_accounts.page(town.operator, CASH, limit=10).position

    with record_consumed_capacity() as meter:
        town.container.ledger_accounts.page(town.operator, CASH, limit=10, position=position)

    assert meter.round_trips == 64


def test_later_pages_go_on_where_the_list_was_opened_with_its_balance(town: Town) -> None:
    john = town.person(funds="1.00")
    for amount in ("2.00", "4.00"):
        town.clock.advance(seconds=1)
        town.deposit(john, amount)
    read = town.container.ledger_accounts.page
    first = read(town.operator, CASH, limit=1)
    town.clock.advance(seconds=1)
    town.deposit(john, "8.00")

    second = read(town.operator, CASH, limit=1, position=first.position)
    third = read(town.operator, CASH, limit=1, position=second.position)

    assert [str(page.balance) for page in (first, second, third)] == ["-7.00"] * 3
    assert [str(page.entries[0].amount) for page in (first, second, third)] == ["-4.00", "-2.00", "-1.00"]


def test_a_wallet_shows_its_balance_and_its_rows(town: Town) -> None:
    john = town.person(funds="10.00")
    town.clock.advance(days=1)
    town.deposit(john, "5.00")
    town.clock.advance(days=300)
    town.container.wallets.withdraw(john.as_actor(), Money.of("3.00"), "")

    for limit in (1, 2, 100):
        assert rows(town, wallet_account(john.id), limit) == ["-3.00", "5.00", "10.00"]
    assert balance(town, wallet_account(john.id)) == "12.00"


def test_a_loan_shows_what_waits_on_it(town: Town) -> None:
    john = town.person(funds="10.00")
    terms = LoanTerms(Money.of("100.00"), Rate.percent("12"), 6)
    loan = town.container.loan_requests.request(john.as_actor(), terms).value.loan
    account = loan_account(loan.id)
    assert (rows(town, account), balance(town, account)) == ([], "0.00")

    post(town, *transfer(wallet_account(john.id), account, Money(600), EntryType.LOAN_FUNDING), reference=loan.id)
    town.clock.advance(seconds=1)
    post(town, *transfer(account, wallet_account(john.id), Money(250), EntryType.REFUND), reference=loan.id)

    page = town.container.ledger_accounts.page(town.operator, account, limit=10)
    assert str(page.balance) == "3.50"
    assert [(entry.type, str(entry.amount), entry.reference) for entry in page.entries] == [
        ("REFUND", "-2.50", loan.id),
        ("LOAN_FUNDING", "6.00", loan.id),
    ]


def test_somebody_without_money_has_an_empty_account(town: Town) -> None:
    john = town.person()

    assert pages(town, wallet_account(john.id), 10) == [[]]
    assert balance(town, wallet_account(john.id)) == "0.00"


def test_hot_accounts_are_empty_at_first(town: Town) -> None:
    assert (pages(town, PLATFORM_FEES, 10), balance(town, PLATFORM_FEES)) == ([[]], "0.00")
    assert (pages(town, EXTERNAL_CASH, 10), balance(town, EXTERNAL_CASH)) == ([[]], "0.00")


def test_an_account_of_nobody_does_not_exist(town: Town) -> None:
    nobody = new_id(town.clock())

    for account in (wallet_account(nobody), loan_account(nobody), "platform:gifts", f"{CASH}#2026-01-15#0"):
        with pytest.raises(UnknownAccount):
            town.container.ledger_accounts.page(town.operator, account, limit=10)


def test_accounts_are_for_operators(town: Town) -> None:
    lender = town.person(Role.LENDER).as_actor()

    for account in (wallet_account(lender.user_id), CASH, "nonsense"):
        with pytest.raises(RoleRequired):
            town.container.ledger_accounts.page(lender, account, limit=10)
