"""Reconciliation of transfers, reservations and receivables: everything agrees, or a seeded difference is found."""

from collections.abc import Mapping
from datetime import timedelta

import pytest

from chalicelib.container import Container
from chalicelib.reporting.service.reconciliation import ReconciliationService
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import derived_id, new_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus
from chalicelib.transfers.repository.transfers import TransferRepository
from chalicelib.wallets.domain.ledger import (
    EXTERNAL_CASH,
    PLATFORM_SUSPENSE,
    EntryType,
    Journal,
    transfer,
    wallet_account,
)
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.integration.reporting.reconciliation_runs import drain, remove_postings, report_content
from tests.queues import RecordingQueue
from tests.stored_state import loan_repository


def store_transfer(
    container: Container, user: Actor, direction: Direction, cents: int, status: TransferStatus
) -> Transfer:
    """Store a transfer of a status with what it did to the wallet."""
    now, amount = container.clock(), Money(cents)
    is_settled, is_deposit = status is TransferStatus.SETTLED, direction is Direction.DEPOSIT
    stored = Transfer(
        id=new_id(now),
        user_id=user.user_id,
        direction=direction,
        amount=amount,
        status=status,
        reference="RF00",
        created_at=now,
        transaction_id=new_id(now) if is_settled else None,
    )
    repository = TransferRepository(container.database)
    writes = repository.writes()
    repository.add(writes, stored)
    if stored.transaction_id:
        kind = EntryType.DEPOSIT if is_deposit else EntryType.WITHDRAWAL
        signed = amount if is_deposit else -amount
        lines = transfer(EXTERNAL_CASH, wallet_account(user.user_id), signed, kind)
        container.wallets.add(writes, Journal(stored.transaction_id, now, lines, reference=stored.id))
    elif not is_deposit:
        container.wallets.add(writes, None, {user.user_id: amount})
    writes.commit()
    return stored


def book_unassigned(container: Container, cents: int) -> None:
    """Book a bank entry that no transfer explains."""
    now, writes = container.clock(), loan_repository(container).writes()
    lines = transfer(EXTERNAL_CASH, PLATFORM_SUSPENSE, Money(cents), EntryType.DEPOSIT)
    container.wallets.add(writes, Journal(new_id(now), now, lines, reference="line"))
    writes.commit()


def change_item(storage: Storage, table: str, key: Mapping[str, str], name: str, cents: int) -> None:
    """Overwrite a number of an item."""
    storage.client.update_item(
        TableName=f"{storage.prefix}{table}",
        Key={attribute: {"S": value} for attribute, value in key.items()},
        UpdateExpression="SET #n = :c",
        ExpressionAttributeNames={"#n": name},
        ExpressionAttributeValues={":c": {"N": str(cents)}},
    )


@pytest.fixture
def lender(container: Container, service_factory: ServiceFactory, clock: FixedClock) -> Actor:
    """A lender with transfers of every kind, a reserved offer and a receivable's worth of history."""
    lender = service_factory.lender()
    store_transfer(container, lender, Direction.DEPOSIT, 90_000, TransferStatus.SETTLED)
    store_transfer(container, lender, Direction.DEPOSIT, 5_000, TransferStatus.PENDING)
    store_transfer(container, lender, Direction.WITHDRAWAL, 1_000, TransferStatus.SETTLED)
    store_transfer(container, lender, Direction.WITHDRAWAL, 2_000, TransferStatus.SUBMITTED)
    store_transfer(container, lender, Direction.WITHDRAWAL, 3_000, TransferStatus.REQUESTED)
    book_unassigned(container, 700)
    rule = service_factory.rule(lender, amount="100.00")
    loan_id = service_factory.open_loan(service_factory.borrower(), amount="1000.00")
    assert container.matching.place(lender.user_id, rule.rule.id, loan_id).placed == Money.of("100.00")
    clock.advance(minutes=5)
    return lender


def test_transfers_and_reservations_agree_with_the_ledger(
    container: Container, service: ReconciliationService, lender: Actor, alarms: Mapping[str, int]
) -> None:
    counts = service.start()

    assert (counts["transfers"], counts["reservations"]) == (5, 1)
    report = report_content(container)
    assert (report["total"], report["listed"], report["undecided"]) == ("0.00", [], 0)
    assert alarms["LedgerMismatches"] == 0


def test_lost_transfer_is_reported(
    container: Container, service: ReconciliationService, storage: Storage, lender: Actor, queue: RecordingQueue
) -> None:
    settled = next(item for item in storage.items("transfers") if item["amount_cents"]["N"] == "90000")
    key = {name: settled[name] for name in ("pk", "sk")}
    storage.client.delete_item(TableName=f"{storage.prefix}transfers", Key=key)

    first = service.start()
    drain(service, queue)

    assert first["second_look"] == 1
    assert report_content(container)["listed"] == [
        {"account": "external:cash", "expected": "10.00", "found": "-890.00"}
    ]


def test_transfer_settled_without_its_journal_is_reported(
    container: Container, service: ReconciliationService, storage: Storage, lender: Actor, queue: RecordingQueue
) -> None:
    pending = next(item for item in storage.items("transfers") if item["amount_cents"]["N"] == "5000")
    storage.client.put_item(
        TableName=f"{storage.prefix}transfers",
        Item={**pending, "transaction_id": {"S": derived_id(container.clock() - timedelta(minutes=2), "lost")}},
    )

    service.start()
    drain(service, queue)

    assert report_content(container)["listed"] == [
        {"account": "external:cash", "expected": "-940.00", "found": "-890.00"}
    ]


@pytest.mark.parametrize("difference", [-1, 1], ids=["too little is reserved", "a reservation leaked"])
def test_wrong_reserved_amount_is_reported(
    container: Container,
    service: ReconciliationService,
    storage: Storage,
    lender: Actor,
    alarms: Mapping[str, int],
    difference: int,
) -> None:
    wallet = container.wallets.balance_of(lender.user_id)
    key = {"account": f"wallet:{lender.user_id}"}
    change_item(storage, "wallets", key, "reserved_cents", wallet.reserved.cents + difference)
    change_item(storage, "wallets", key, "available_cents", wallet.available.cents - difference)

    service.start()

    assert report_content(container)["listed"] == [
        {
            "account": f"reserved:{lender.user_id}",
            "expected": str(wallet.reserved),
            "found": str(wallet.reserved + Money(difference)),
        }
    ]
    assert alarms["LedgerMismatches"] == 1


def test_withdrawal_without_reservation_is_reported(
    container: Container, service: ReconciliationService, storage: Storage, lender: Actor
) -> None:
    wallet = container.wallets.balance_of(lender.user_id)
    key = {"account": f"wallet:{lender.user_id}"}
    change_item(storage, "wallets", key, "reserved_cents", 0)
    change_item(storage, "wallets", key, "available_cents", wallet.balance.cents)

    service.start()

    assert {(each["account"], each["found"]) for each in report_content(container)["listed"]} == {
        (f"reserved:{lender.user_id}", "0.00")
    }


def test_reservation_of_a_moment_ago_is_undecided(
    container: Container, service: ReconciliationService, storage: Storage, lender: Actor
) -> None:
    store_transfer(container, lender, Direction.WITHDRAWAL, 500, TransferStatus.REQUESTED)
    change_item(storage, "wallets", {"account": f"wallet:{lender.user_id}"}, "reserved_cents", 1)
    change_item(storage, "wallets", {"account": f"wallet:{lender.user_id}"}, "available_cents", 88_999)

    service.start()

    report = report_content(container)
    assert (report["listed"], report["undecided"]) == ([], 1)


def restrict(container: Container, clock: FixedClock, user: Actor, amount: str) -> None:
    """Return a deposit of the user, and let the time pass until it counts."""
    writes = loan_repository(container).writes()
    container.wallets.add_deposit_return(writes, user.user_id, Money.of(amount), "Deposit returned")
    writes.commit()
    clock.advance(minutes=5)


def test_receivables_are_listed(
    container: Container, service: ReconciliationService, service_factory: ServiceFactory, clock: FixedClock
) -> None:
    debtor = service_factory.lender("30.00")
    restrict(container, clock, debtor, "100.00")

    counts = service.start()

    report = report_content(container)
    assert (counts["receivables"], report["receivable"], report["listed"]) == (1, "70.00", [])
    assert report["owed"] == [{"user_id": debtor.user_id, "amount": "70.00"}]


@pytest.mark.parametrize("stored", [0, 6_999, 7_001])
def test_receivable_unlike_its_postings_is_reported(
    container: Container,
    service: ReconciliationService,
    service_factory: ServiceFactory,
    storage: Storage,
    clock: FixedClock,
    stored: int,
) -> None:
    debtor = service_factory.lender("30.00")
    restrict(container, clock, debtor, "100.00")
    change_item(storage, "wallets", {"account": f"wallet:{debtor.user_id}"}, "receivable_cents", stored)

    service.start()

    assert report_content(container)["listed"] == [
        {"account": f"receivable:{debtor.user_id}", "expected": str(Money(-stored)), "found": "-70.00"}
    ]


def test_receivable_without_postings_is_reported(
    container: Container,
    service: ReconciliationService,
    service_factory: ServiceFactory,
    storage: Storage,
    clock: FixedClock,
    queue: RecordingQueue,
) -> None:
    debtor = service_factory.lender("30.00")
    restrict(container, clock, debtor, "100.00")
    remove_postings(storage, f"receivable:{debtor.user_id}")

    service.start()
    drain(service, queue)

    assert {each["account"]: each["found"] for each in report_content(container)["listed"]} == {
        "all accounts": "70.00",
        f"receivable:{debtor.user_id}": "0.00",
    }
