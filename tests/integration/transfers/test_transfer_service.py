"""Transitions of transfers and their movements of money."""

from collections.abc import Callable
from contextlib import suppress
from functools import partial

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.errors import AlreadyWrittenError, OptimisticLockError
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.notification import NotificationOutcome, NotificationType, TransferEvent
from chalicelib.transfers.domain.transfer import Transfer, TransferNotFound, TransferState, TransferStatus
from chalicelib.wallets.domain.ledger import EXTERNAL_CASH, PLATFORM_SUSPENSE
from chalicelib.wallets.domain.wallet import AccountRestricted
from tests.concurrent_calls import run_concurrently
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.integration.transfers.events import FAILED, RETURNED, SETTLED, TransferEvents
from tests.stored_state import assert_ledger_balances

S = TransferStatus


@pytest.fixture
def events(container: Container) -> TransferEvents:
    return TransferEvents(container)


@pytest.fixture
def user(service_factory: ServiceFactory) -> Actor:
    return service_factory.lender()


@pytest.fixture
def rich(service_factory: ServiceFactory) -> Actor:
    return service_factory.lender("100.00")


def cash(storage: Storage) -> int:
    """The cash at the bank, in cents."""
    return -assert_ledger_balances(storage).get(EXTERNAL_CASH, 0)


def test_settled_deposit_is_credited_once(events: TransferEvents, user: Actor, tables: Storage) -> None:
    deposit = events.deposit(user, "50.00")

    first = events.report(deposit, SETTLED, event_id="evt")
    again = events.report(deposit, SETTLED, event_id="evt")
    repeated = events.report(deposit, SETTLED)

    assert (first.outcome, again.outcome, repeated.outcome) == (
        NotificationOutcome.APPLIED,
        None,
        NotificationOutcome.REPEATED,
    )
    assert first.transfer == again.transfer == repeated.transfer
    assert first.transfer.status is S.SETTLED
    assert events.balance(user) == ("50.00", "0.00", "0.00")
    assert cash(tables) == 50_00


@pytest.mark.parametrize("before", [FAILED, None])
def test_cash_arrives_after_all(
    events: TransferEvents, user: Actor, container: Container, before: NotificationType | None
) -> None:
    deposit = events.deposit(user, "50.00")
    if before:
        events.report(deposit, before, reason="AM04")
        assert container.transfers.get(deposit.id).failure_code == "AM04"
    else:
        writes = container.transfers.writes()
        container.transfers.add_cancellation(writes, deposit)
        writes.commit()

    settled = events.report(deposit, SETTLED).transfer

    assert (settled.status, settled.failure_code) == (S.SETTLED, None)
    assert events.balance(user) == ("50.00", "0.00", "0.00")


def test_returned_deposit_takes_what_is_available(events: TransferEvents, user: Actor, tables: Storage) -> None:
    deposit = events.deposit(user, "50.00")
    events.report(deposit, SETTLED)

    returned = events.report(deposit, RETURNED, reason="AC04").transfer

    assert (returned.status, returned.failure_code) == (S.RETURNED, "AC04")
    assert returned.return_transaction_id not in (None, returned.transaction_id)
    assert events.balance(user) == ("0.00", "0.00", "0.00")
    assert cash(tables) == 0


def test_returned_deposit_cancels_requested_withdrawals(events: TransferEvents, user: Actor, tables: Storage) -> None:
    deposit = events.deposit(user, "50.00")
    events.report(deposit, SETTLED)
    requested, submitted = events.withdrawal(user, "30.00"), events.submitted(user, "15.00")

    events.report(deposit, RETURNED)

    assert events.status(requested) is S.CANCELLED
    assert events.status(submitted) is S.SUBMITTED
    assert events.balance(user) == ("0.00", "15.00", "15.00")
    assert cash(tables) == 0
    events.report(submitted, SETTLED)
    assert events.balance(user) == ("0.00", "0.00", "15.00")
    assert cash(tables) == -15_00


def test_rejected_withdrawal_pays_the_receivable(events: TransferEvents, user: Actor, tables: Storage) -> None:
    deposit = events.deposit(user, "50.00")
    events.report(deposit, SETTLED)
    submitted = events.submitted(user, "50.00")
    events.report(deposit, RETURNED)
    assert events.balance(user) == ("0.00", "50.00", "50.00")

    rejected = events.report(submitted, FAILED, reason="AC01").transfer

    assert (rejected.status, rejected.failure_code) == (S.REJECTED, "AC01")
    assert events.balance(user) == ("0.00", "0.00", "0.00")
    assert cash(tables) == 0


def test_early_return_is_booked_after_the_settlement(events: TransferEvents, user: Actor, tables: Storage) -> None:
    deposit = events.deposit(user, "50.00")

    held = events.report(deposit, RETURNED, event_id="return", reason="AC06")
    assert (held.outcome, held.transfer.status) == (NotificationOutcome.HELD, S.PENDING)
    assert events.report(deposit, RETURNED, event_id="return").outcome is None
    assert cash(tables) == 0
    settled = events.report(deposit, SETTLED)

    assert (settled.outcome, settled.transfer.status) == (NotificationOutcome.APPLIED, S.RETURNED)
    assert (settled.transfer.failure_code, settled.transfer.held_return) == ("AC06", None)
    assert settled.transfer.transaction_id
    assert settled.transfer.return_transaction_id
    assert cash(tables) == 0


@pytest.mark.parametrize("kind", [SETTLED, FAILED])
def test_withdrawal_leaves_or_comes_back(
    events: TransferEvents, rich: Actor, tables: Storage, kind: NotificationType
) -> None:
    withdrawal = events.submitted(rich, "40.00")
    assert events.balance(rich) == ("60.00", "40.00", "0.00")

    for _ in range(2):
        events.report(withdrawal, kind, event_id="evt")

    kept = "60.00" if kind is SETTLED else "100.00"
    assert events.balance(rich) == (kept, "0.00", "0.00")
    assert cash(tables) == Money.of(kept).cents


def test_returned_withdrawal_is_credited(events: TransferEvents, rich: Actor, tables: Storage) -> None:
    withdrawal = events.submitted(rich, "40.00")
    events.report(withdrawal, RETURNED, reason="AC04")
    assert events.balance(rich) == ("60.00", "40.00", "0.00")

    settled = events.report(withdrawal, SETTLED).transfer

    assert (settled.status, settled.failure_code) == (S.RETURNED, "AC04")
    assert events.balance(rich) == ("100.00", "0.00", "0.00")
    assert cash(tables) == 100_00


def test_frozen_account_does_not_stop_what_has_happened(
    events: TransferEvents, rich: Actor, container: Container
) -> None:
    withdrawal, deposit = events.submitted(rich, "40.00"), events.deposit(rich, "10.00")
    events.report(deposit, SETTLED)
    writes = container.transfers.writes()
    container.wallets.add_freeze(writes, rich.user_id, frozen=True)
    writes.commit()

    events.report(withdrawal, SETTLED)
    events.report(deposit, RETURNED)

    assert (events.status(withdrawal), events.status(deposit)) == (S.SETTLED, S.RETURNED)
    assert events.balance(rich) == ("60.00", "0.00", "0.00")


def test_impossible_report_changes_nothing(events: TransferEvents, rich: Actor, container: Container) -> None:
    withdrawal = events.withdrawal(rich, "40.00")

    refused = events.report(withdrawal, SETTLED, event_id="evt")

    assert (refused.outcome, refused.transfer) == (NotificationOutcome.REFUSED, withdrawal)
    assert refused.reason == "A withdrawal that is REQUESTED cannot become SETTLED."
    [listed] = container.notification_repository.page_of_refused(limit=10)[0].items
    assert (listed.id, listed.reason) == ("evt", refused.reason)


def test_unknown_transfer_is_not_found(events: TransferEvents, user: Actor, container: Container) -> None:
    unknown = Transfer(
        new_id(container.clock()),
        user.user_id,
        events.deposit(user, "1.00").direction,
        Money(1),
        S.PENDING,
        "",
        container.clock(),
    )

    with pytest.raises(TransferNotFound):
        events.report(unknown, SETTLED)


def test_submitted_withdrawal_is_not_cancelled(events: TransferEvents, rich: Actor, container: Container) -> None:
    withdrawal = events.submitted(rich, "40.00")

    with pytest.raises(TransferState):
        container.transfers.add_cancellation(container.transfers.writes(), withdrawal)


def test_money_that_arrives_without_a_deposit_creates_one(
    events: TransferEvents, user: Actor, container: Container, tables: Storage
) -> None:
    deposit_id, transfers = new_id(container.clock()), container.transfers
    created = transfers.create_settled_deposit(deposit_id, user.user_id, Money(7_00), lambda writes: None)

    with pytest.raises(AlreadyWrittenError):
        transfers.create_settled_deposit(deposit_id, user.user_id, Money(7_00), lambda writes: None)

    assert transfers.get(deposit_id) == created
    assert created.status is S.SETTLED
    assert events.balance(user) == ("7.00", "0.00", "0.00")
    assert cash(tables) == 7_00


def test_cash_can_come_from_suspense(
    events: TransferEvents, user: Actor, container: Container, tables: Storage
) -> None:
    deposit = events.deposit(user, "50.00")

    for kind in (SETTLED, RETURNED):
        container.transfers.apply(
            deposit.id, TransferEvent(kind), lambda writes, decision: None, cash_account=PLATFORM_SUSPENSE
        )
        moved = -50_00 if kind is SETTLED else 0
        assert assert_ledger_balances(tables).get(PLATFORM_SUSPENSE, 0) == moved
        assert cash(tables) == 0


@pytest.mark.parametrize(("days", "expired"), [(14, 0), (15, 1)])
def test_pending_deposits_expire_after_their_last_day(
    events: TransferEvents, user: Actor, container: Container, clock: FixedClock, days: int, expired: int
) -> None:
    settled, pending = events.deposit(user, "1.00"), events.deposit(user, "2.00")
    events.report(settled, SETTLED)
    clock.advance(days=days)
    fresh = events.deposit(user, "3.00")

    counts = [container.transfers.expire(), container.transfers.expire()]

    assert counts == [{"expired": expired}, {"expired": 0}]
    assert events.status(pending) is (S.EXPIRED if expired else S.PENDING)
    assert (events.status(settled), events.status(fresh)) == (S.SETTLED, S.PENDING)
    events.report(pending, SETTLED)
    assert events.balance(user) == ("3.00", "0.00", "0.00")


def race(*calls: Callable[[], object]) -> None:
    """Run calls at the same time; they may be refused because of the transfer's state."""

    def guarded(call: Callable[[], object]) -> None:
        try:
            call()
        except TransferState:
            return

    run_concurrently([partial(guarded, call) for call in calls])


@pytest.mark.parametrize("attempt", range(3))
def test_concurrent_settlements_have_one_effect(
    events: TransferEvents, rich: Actor, tables: Storage, attempt: int
) -> None:
    deposit, withdrawal = events.deposit(rich, "50.00"), events.submitted(rich, "40.00")

    race(*[partial(events.report, each, SETTLED) for each in (deposit, withdrawal) * 4])

    assert events.balance(rich) == ("110.00", "0.00", "0.00")
    assert cash(tables) == 110_00


@pytest.mark.parametrize("attempt", range(5))
def test_withdrawal_is_cancelled_or_submitted(
    events: TransferEvents, rich: Actor, container: Container, tables: Storage, attempt: int
) -> None:
    withdrawal, transfers = events.withdrawal(rich, "40.00"), container.transfers

    def submit() -> None:
        writes = transfers.writes()
        transfers.add_submission(writes, transfers.get(withdrawal.id), "payout")
        container.wallets.add_payer_check(writes, rich.user_id)
        with suppress(OptimisticLockError):
            writes.commit()

    race(submit, lambda: container.transfer_requests.cancel(rich, withdrawal.id))

    status = events.status(withdrawal)
    assert status in (S.SUBMITTED, S.CANCELLED)
    assert events.balance(rich) == (("100.00", "0.00", "0.00") if status is S.CANCELLED else ("60.00", "40.00", "0.00"))
    assert cash(tables) == 100_00


@pytest.mark.parametrize("attempt", range(5))
def test_deposit_that_is_cancelled_while_it_settles_is_credited(
    events: TransferEvents, user: Actor, container: Container, tables: Storage, attempt: int
) -> None:
    deposit = events.deposit(user, "50.00")

    race(
        lambda: events.report(deposit, SETTLED),
        lambda: container.transfer_requests.cancel(user, deposit.id),
        container.transfers.expire,
    )

    assert events.status(deposit) is S.SETTLED
    assert events.balance(user) == ("50.00", "0.00", "0.00")
    assert cash(tables) == 50_00


@pytest.mark.parametrize("attempt", range(3))
def test_money_of_a_returned_deposit_is_not_submitted(
    events: TransferEvents, user: Actor, container: Container, tables: Storage, attempt: int
) -> None:
    deposit = events.deposit(user, "50.00")
    events.report(deposit, SETTLED)
    withdrawal, transfers = events.withdrawal(user, "50.00"), container.transfers

    def submit() -> None:
        writes = transfers.writes()
        transfers.add_submission(writes, transfers.get(withdrawal.id), "payout")
        container.wallets.add_payer_check(writes, user.user_id)
        with suppress(OptimisticLockError, AccountRestricted):
            writes.commit()

    race(submit, lambda: events.report(deposit, RETURNED))

    owed = "50.00" if events.status(withdrawal) is S.SUBMITTED else "0.00"
    assert events.balance(user) == ("0.00", owed, owed)
    assert cash(tables) == 0


@pytest.mark.parametrize("attempt", range(3))
def test_concurrent_returns_have_one_effect(events: TransferEvents, user: Actor, tables: Storage, attempt: int) -> None:
    deposit = events.deposit(user, "50.00")
    events.report(deposit, SETTLED)
    events.withdrawal(user, "20.00")

    race(*[partial(events.report, deposit, RETURNED)] * 4)

    assert events.balance(user) == ("0.00", "0.00", "0.00")
    assert cash(tables) == 0
