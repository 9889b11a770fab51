"""An example of an adapter: a payment service with an HTTP API."""

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any, Final

from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.bank_account import BankDetails
from chalicelib.transfers.domain.instructions import DepositInstructions
from chalicelib.transfers.domain.notification import NotificationType, TransferEvent
from chalicelib.transfers.domain.transfer import PaymentsNotConfigured, Transfer
from chalicelib.transfers.providers.port import ProviderNotification
from chalicelib.transfers.providers.signatures import NotificationSigner

_TYPES: Final[Mapping[str, NotificationType]] = {
    "payment.completed": NotificationType.SETTLED,
    "payment.failed": NotificationType.FAILED,
    "payment.reversed": NotificationType.RETURNED,
}


class ExampleProvider:
    """Users pay into a collection account of the service, which pays withdrawals when it is asked to.

    Args:
        iban: the collection account; empty if it is not configured.
        post: sends a document to a path of the service with an idempotency key; raises Unavailable if it can't.
        decrypted: returns the bank details of a withdrawal, given its user and its destination.
        signer: verifies notifications with the secret that the service shows.
    """

    def __init__(
        self,
        iban: str,
        post: Callable[[str, Mapping[str, Any], str], None],
        decrypted: Callable[[str, str], BankDetails],
        signer: NotificationSigner,
    ) -> None:
        self._iban, self._post, self._decrypted, self._signer = iban, post, decrypted, signer

    def require_ready(self) -> None:
        if not self._iban:
            raise PaymentsNotConfigured

    def start_deposit(self, deposit: Transfer, permanent_reference: str) -> DepositInstructions | None:
        self.require_ready()
        expires_on = deposit.created_at.date() + timedelta(days=14)
        own, amount = deposit.reference, deposit.amount
        return DepositInstructions("Example", self._iban, None, own, permanent_reference, amount, "EUR", expires_on)

    def submit_withdrawals(self, withdrawals: Sequence[Transfer]) -> None:
        for each in withdrawals:
            payee = self._decrypted(each.user_id, each.destination or "")
            document = {"merchant_id": each.id, "name": payee.holder, "iban": payee.iban, "cents": each.amount.cents}
            self._post("/payments", document, each.id)

    def parse_notification(self, headers: Mapping[str, str], body: bytes) -> ProviderNotification:
        event_id = self._signer.verify(headers, body)
        try:
            document = json.loads(body)
            kind, payment = _TYPES[document["event"]], document["payment"]
            event = TransferEvent(kind, Money(payment["cents"]), payment.get("reason"))
            return ProviderNotification(event_id, str(payment["merchant_id"]), event)
        except (ValueError, KeyError, TypeError, AttributeError):
            raise Unprocessable(errors=(("event", "is unknown"),)) from None
