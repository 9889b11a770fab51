"""Events of real transfers."""

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.decision import Decision
from chalicelib.transfers.domain.notification import NotificationType, TransferEvent
from tests.factories import ServiceFactory, pending_deposit, requested_withdrawal
from tests.integration.derivation.stream_history import StreamHistory


def report(container: Container, transfer_id: str, kind: NotificationType, code: str | None = None) -> None:
    def record(_: WriteTransaction, __: Decision) -> None:
        """Add no record: the test reports each event once."""

    container.transfers.apply(transfer_id, TransferEvent(kind, None, code), record)


def test_instant_transfers_settle_once(
    history: StreamHistory, service_factory: ServiceFactory, container: Container
) -> None:
    ana = service_factory.lender()

    deposit = container.wallets.deposit(ana, Money.of("50.00"), "From Ana Example").value
    withdrawal = container.wallets.withdraw(ana, Money.of("20.00"), "").value
    events = history.new_events()

    assert [(event.type, event.recipients) for event in events] == [("transfer.settled", (ana.user_id,))] * 2
    assert {tuple(event.data.values()) for event in events} == {
        (deposit.entry.id, "DEPOSIT", "50.00"),
        (withdrawal.entry.id, "WITHDRAWAL", "20.00"),
    }


def test_stored_transfer_settles_and_returns_once(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    ana = service_factory.lender()
    deposit_id = pending_deposit(ana.user_id)
    assert history.types() == {}

    report(container, deposit_id, NotificationType.SETTLED)
    settled = history.new_events()
    clock.advance(days=1)
    report(container, deposit_id, NotificationType.RETURNED, "AC06")
    returned = history.new_events()

    data = {"transfer_id": deposit_id, "direction": "DEPOSIT", "amount": "5.00"}
    assert [(event.type, event.data) for event in settled] == [("transfer.settled", data)]
    assert [(event.type, event.data) for event in returned] == [("transfer.returned", {**data, "failure_code": "AC06"})]


@pytest.mark.parametrize(("code", "shown"), [("AC04", "AC04"), ("Ana Example moved", None), (None, None)])
def test_failure_shows_codes_only(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, code: str | None, shown: str | None
) -> None:
    ana = service_factory.lender("20.00")
    withdrawal_id = requested_withdrawal(ana.user_id)
    history.new_events()

    report(container, withdrawal_id, NotificationType.FAILED, code)
    (event,) = history.new_events()

    assert event.type == "transfer.failed"
    assert (event.data["status"], event.data["failure_code"]) == ("REJECTED", shown)


def test_expired_deposit_fails_and_settles_after_all(
    history: StreamHistory, service_factory: ServiceFactory, container: Container, clock: FixedClock
) -> None:
    ana = service_factory.lender()
    deposit_id = pending_deposit(ana.user_id)

    clock.advance(days=20)
    container.transfers.expire()
    failed = history.new_events()
    report(container, deposit_id, NotificationType.SETTLED)
    settled = history.new_events()

    assert [(event.type, event.data["status"]) for event in failed] == [("transfer.failed", "EXPIRED")]
    assert [event.type for event in settled] == ["transfer.settled"]
