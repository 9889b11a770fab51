"""Stored transfers: found by id, user, status and reference, changed on condition that they are as they were read."""

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.errors import AlreadyWrittenError, OptimisticLockError
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.notification import (
    Notification,
    NotificationOutcome,
    NotificationType,
    TransferEvent,
)
from chalicelib.transfers.domain.references import creditor_reference
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus
from chalicelib.transfers.repository.transfers import ReferenceOwner


def stored(container: Container, user_id: str, direction: Direction = Direction.DEPOSIT) -> Transfer:
    now = container.clock()
    identifier = new_id(now)
    status = TransferStatus.PENDING if direction is Direction.DEPOSIT else TransferStatus.REQUESTED
    reference = creditor_reference(identifier)
    transfer = Transfer(
        identifier, user_id, direction, Money(12_34), status, reference, now, "Rent", "account", "secret"
    )
    writes = container.transfer_repository.writes()
    container.transfer_repository.add(writes, transfer)
    writes.commit()
    return transfer


def test_transfer_is_read_as_it_was_written(container: Container, clock: FixedClock) -> None:
    first, repository = stored(container, new_id(clock())), container.transfer_repository

    settled = first.moved_to(
        TransferStatus.SETTLED, settled_at=clock(), transaction_id="T", failure_code="AC04", held_return=""
    )
    writes = repository.writes()
    repository.add_transition(writes, first, settled)
    writes.commit()

    assert repository.find(first.id) == settled
    assert repository.find_many([first.id, "other"]) == {first.id: settled}
    assert repository.find("other") is None


def test_transfer_is_created_once(container: Container, clock: FixedClock) -> None:
    transfer = stored(container, new_id(clock()))
    writes = container.transfer_repository.writes()
    container.transfer_repository.add(writes, transfer)

    with pytest.raises(AlreadyWrittenError):
        writes.commit()


@pytest.mark.parametrize("change", [{"status": TransferStatus.CANCELLED}, {"version": 2}])
def test_transition_needs_the_state_that_was_read(
    container: Container, clock: FixedClock, change: dict[str, object]
) -> None:
    transfer, repository = stored(container, new_id(clock())), container.transfer_repository
    outdated = replace(transfer, **change)  # type: ignore[arg-type]  # attributes of several types
    writes = repository.writes()
    repository.add_transition(writes, outdated, outdated.moved_to(TransferStatus.SETTLED))

    with pytest.raises(OptimisticLockError):
        writes.commit()

    assert repository.find(transfer.id) == transfer


def test_transfers_are_listed_by_user(container: Container, clock: FixedClock) -> None:
    user, repository = new_id(clock()), container.transfer_repository
    transfers = []
    for direction in (Direction.DEPOSIT, Direction.WITHDRAWAL, Direction.DEPOSIT):
        transfers.append(stored(container, user, direction))
        clock.advance(minutes=1)
    stored(container, new_id(clock()))
    first, second, third = transfers

    assert repository.page_of_user(user, limit=10).items == (third, second, first)
    assert repository.page_of_user(user, limit=1).items == (third,)
    assert repository.page_of_user(user, limit=10, before=third.id).items == (second, first)
    assert repository.page_of_user(user, limit=10, direction=Direction.WITHDRAWAL).items == (second,)
    assert repository.page_of_user(user, limit=10, status=TransferStatus.SETTLED).items == ()


def test_transfers_are_listed_by_status(container: Container, clock: FixedClock) -> None:
    repository = container.transfer_repository
    first = stored(container, new_id(clock()))
    clock.advance(days=1)
    second = stored(container, new_id(clock()))
    pending = (Direction.DEPOSIT, TransferStatus.PENDING)

    assert repository.page_by_status(*pending, limit=10).items == (second, first)
    assert repository.page_by_status(*pending, limit=10, before=second.id).items == (first,)
    assert repository.page_by_status(*pending, limit=10, after=first.id, newest_first=False).items == (second,)
    recently = clock() - timedelta(hours=1)
    assert repository.page_by_status(*pending, limit=10, created_before=recently).items == (first,)
    assert repository.page_by_status(Direction.DEPOSIT, TransferStatus.SETTLED, limit=10).items == ()


def test_references_name_a_transfer_or_a_user(container: Container, clock: FixedClock) -> None:
    user, repository = new_id(clock()), container.transfer_repository
    transfer = stored(container, user)
    writes = repository.writes()
    repository.add_user_reference(writes, user, "RF00USER")
    writes.commit()

    assert repository.find_reference(transfer.reference) == ReferenceOwner(transfer_id=transfer.id)
    assert repository.find_reference("RF00USER") == ReferenceOwner(user_id=user)
    assert repository.find_reference("RF00NONE") is None
    assert repository.has_user_reference(user)
    assert not repository.has_user_reference(transfer.id)


def test_notification_is_recorded_once(container: Container, clock: FixedClock) -> None:
    repository = container.notification_repository
    event = TransferEvent(NotificationType.RETURNED, Money(5), "AC04")
    record = Notification("evt", "transfer", event, NotificationOutcome.REFUSED, clock(), "not settled")
    applied = replace(record, id="other", outcome=NotificationOutcome.APPLIED, reason="")
    for each in (record, applied):
        writes = container.transfer_repository.writes()
        repository.add(writes, each)
        writes.commit()

    repeated = container.transfer_repository.writes()
    repository.add(repeated, record)
    with pytest.raises(AlreadyWrittenError):
        repeated.commit()

    assert repository.find("evt") == record
    page, position = repository.page_of_refused(limit=10)
    assert (page.items, position) == ((record,), None)
