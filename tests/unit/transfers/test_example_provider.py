"""The adapter of docs/payments.md."""

import json
from datetime import UTC, datetime

import pytest

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.bank_account import BankDetails
from chalicelib.transfers.domain.notification import NotificationType, TransferEvent
from chalicelib.transfers.domain.transfer import Direction, PaymentsNotConfigured, Transfer, TransferStatus
from chalicelib.transfers.providers.port import PaymentProvider
from chalicelib.transfers.providers.signatures import InvalidSignature, NotificationSigner
from tests.unit.transfers.example_provider import ExampleProvider

_NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
_IBAN = "DE89370400440532013000"
_SIGNER = NotificationSigner(lambda: (b"a secret of the service",), FixedClock(_NOW))
_BODY = {"event": "payment.reversed", "payment": {"merchant_id": "7" * 26, "cents": 5000, "reason": "AC04"}}


def transfer(direction: Direction) -> Transfer:
    status = TransferStatus.PENDING if direction is Direction.DEPOSIT else TransferStatus.SUBMITTED
    return Transfer("7" * 26, "ana", direction, Money(5000), status, "RF18539007547034", _NOW, destination="secret")


def provider(sent: list[object], iban: str = _IBAN) -> PaymentProvider:
    payee = BankDetails("Ana Example", iban=_IBAN)
    return ExampleProvider(iban, lambda *request: sent.append(request), lambda *_: payee, _SIGNER)


def test_deposit_is_paid_to_the_collection_account() -> None:
    instructions = provider([]).start_deposit(transfer(Direction.DEPOSIT), "RF185390075470Y")

    assert instructions is not None
    assert (instructions.iban, instructions.reference) == (_IBAN, "RF18539007547034")


def test_missing_account_is_reported() -> None:
    with pytest.raises(PaymentsNotConfigured):
        provider([], iban="").require_ready()


def test_withdrawal_is_sent_with_its_own_key() -> None:
    sent: list[object] = []

    provider(sent).submit_withdrawals([transfer(Direction.WITHDRAWAL)])

    document = {"merchant_id": "7" * 26, "name": "Ana Example", "iban": _IBAN, "cents": 5000}
    assert sent == [("/payments", document, "7" * 26)]


def test_signed_notification_is_read() -> None:
    body = json.dumps(_BODY).encode()

    notification = provider([]).parse_notification(_SIGNER.sign("event-1", body), body)

    assert (notification.event_id, notification.transfer_id) == ("event-1", "7" * 26)
    assert notification.event == TransferEvent(NotificationType.RETURNED, Money(5000), "AC04")


def test_forged_and_unknown_notifications_are_rejected() -> None:
    body, other = json.dumps(_BODY).encode(), b'{"event": "payment.created"}'

    with pytest.raises(InvalidSignature):
        provider([]).parse_notification(_SIGNER.sign("event-1", body), body + b" ")
    with pytest.raises(Unprocessable):
        provider([]).parse_notification(_SIGNER.sign("event-2", other), other)
