"""Accounts of the ledger: balances, lines, pages over days and shards."""

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
from tests.integration.admin.conftest import Backoffice

CASH = "external:cash"


def post(office: Backoffice, *lines: Line, reference: str | None = None) -> None:
    """Commit a journal in its own transaction."""
    now = office.clock()
    writes = office.container.audit_log.writes()
    office.container.wallets.add(writes, Journal(new_id(now), now, lines, "test", reference))
    writes.commit()


def pages(office: Backoffice, account: str, limit: int) -> list[list[str]]:
    """Return the amounts on every page of an account."""
    found: list[list[str]] = []
    position: AccountPosition | None = None
    while True:
        page = office.container.ledger_accounts.page(office.operator, account, limit=limit, position=position)
        found.append([str(entry.amount) for entry in page.entries])
        position = page.position
        if position is None:
            return found


def lines(office: Backoffice, account: str, limit: int = 100) -> list[str]:
    return [amount for page in pages(office, account, limit) for amount in page]


def balance(office: Backoffice, account: str) -> str:
    return str(office.container.ledger_accounts.page(office.operator, account, limit=1).balance)


def test_hot_account_lists_all_days_and_shards(office: Backoffice) -> None:
    john = office.user()
    amounts = [f"{number}.00" for number in range(1, 13)]
    for amount in amounts:
        office.deposit(john, amount)
        office.clock.advance(hours=11)

    for limit in (1, 2, 3, 7, 100):
        assert lines(office, CASH, limit) == [f"-{amount}" for amount in reversed(amounts)]
    assert balance(office, CASH) == "-78.00"


def test_hot_account_pages_are_full(office: Backoffice) -> None:
    john = office.user()
    for _ in range(11):
        office.deposit(john, "1.00")
        office.clock.advance(hours=5)

    assert [len(page) for page in pages(office, CASH, 3)] == [3, 3, 3, 2]


def test_posting_of_two_lines_spans_pages(office: Backoffice) -> None:
    john = office.user(funds="10.00")
    post(
        office,
        Line(wallet_account(john.id), EntryType.LOAN_PAYMENT, Money(-500)),
        Line(PLATFORM_FEES, EntryType.LATE_FEE, Money(200)),
        Line(PLATFORM_FEES, EntryType.PLATFORM_FEE, Money(300)),
    )

    assert pages(office, PLATFORM_FEES, 1) == [["2.00"], ["3.00"]]
    assert balance(office, PLATFORM_FEES) == "5.00"


def test_days_without_entries_only_shorten_pages(office: Backoffice) -> None:
    john = office.user(funds="1.00")
    office.clock.advance(days=40)
    office.deposit(john, "2.00")

    found = pages(office, CASH, 10)

    assert [amount for page in found for amount in page] == ["-2.00", "-1.00"]
    assert len(found) == 3  # 16 days of 4 shards a page
    assert balance(office, CASH) == "-3.00"


def test_hot_account_page_has_bounded_reads(office: Backoffice) -> None:
    office.user(funds="1.00")
    office.clock.advance(days=1000)
    position = office.container.ledger_accounts.page(office.operator, CASH, limit=10).position

    with record_consumed_capacity() as meter:
        office.container.ledger_accounts.page(office.operator, CASH, limit=10, position=position)

    assert meter.round_trips == 64


def test_later_pages_keep_the_opening_balance(office: Backoffice) -> None:
    john = office.user(funds="1.00")
    for amount in ("2.00", "4.00"):
        office.clock.advance(seconds=1)
        office.deposit(john, amount)
    read = office.container.ledger_accounts.page
    first = read(office.operator, CASH, limit=1)
    office.clock.advance(seconds=1)
    office.deposit(john, "8.00")

    second = read(office.operator, CASH, limit=1, position=first.position)
    third = read(office.operator, CASH, limit=1, position=second.position)

    assert [str(page.balance) for page in (first, second, third)] == ["-7.00"] * 3
    assert [str(page.entries[0].amount) for page in (first, second, third)] == ["-4.00", "-2.00", "-1.00"]


def test_wallet_account_has_balance_and_lines(office: Backoffice) -> None:
    john = office.user(funds="10.00")
    office.clock.advance(days=1)
    office.deposit(john, "5.00")
    office.clock.advance(days=300)
    office.container.wallets.withdraw(john.as_actor(), Money.of("3.00"), "")

    for limit in (1, 2, 100):
        assert lines(office, wallet_account(john.id), limit) == ["-3.00", "5.00", "10.00"]
    assert balance(office, wallet_account(john.id)) == "12.00"


def test_loan_account_has_its_escrow(office: Backoffice) -> None:
    john = office.user(funds="10.00")
    terms = LoanTerms(Money.of("100.00"), Rate.percent("12"), 6)
    loan = office.container.loan_requests.request(john.as_actor(), terms).value.loan
    account = loan_account(loan.id)
    assert (lines(office, account), balance(office, account)) == ([], "0.00")

    post(office, *transfer(wallet_account(john.id), account, Money(600), EntryType.LOAN_FUNDING), reference=loan.id)
    office.clock.advance(seconds=1)
    post(office, *transfer(account, wallet_account(john.id), Money(250), EntryType.REFUND), reference=loan.id)

    page = office.container.ledger_accounts.page(office.operator, account, limit=10)
    assert str(page.balance) == "3.50"
    assert [(entry.type, str(entry.amount), entry.reference) for entry in page.entries] == [
        ("REFUND", "-2.50", loan.id),
        ("LOAN_FUNDING", "6.00", loan.id),
    ]


def test_user_without_money_has_an_empty_account(office: Backoffice) -> None:
    john = office.user()

    assert pages(office, wallet_account(john.id), 10) == [[]]
    assert balance(office, wallet_account(john.id)) == "0.00"


def test_hot_accounts_start_empty(office: Backoffice) -> None:
    assert (pages(office, PLATFORM_FEES, 10), balance(office, PLATFORM_FEES)) == ([[]], "0.00")
    assert (pages(office, EXTERNAL_CASH, 10), balance(office, EXTERNAL_CASH)) == ([[]], "0.00")


def test_unknown_accounts_are_rejected(office: Backoffice) -> None:
    unknown = new_id(office.clock())

    for account in (wallet_account(unknown), loan_account(unknown), "platform:gifts", f"{CASH}#2026-01-15#0"):
        with pytest.raises(UnknownAccount):
            office.container.ledger_accounts.page(office.operator, account, limit=10)


def test_accounts_require_an_operator(office: Backoffice) -> None:
    lender = office.user(Role.LENDER).as_actor()

    for account in (wallet_account(lender.user_id), CASH, "nonsense"):
        with pytest.raises(RoleRequired):
            office.container.ledger_accounts.page(lender, account, limit=10)
