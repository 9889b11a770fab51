"""The body of a provider's notification."""

import json
from datetime import datetime
from typing import Final

from chalicelib.shared.clock import rfc3339
from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.ids import is_id
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.notification import NotificationType, TransferEvent
from chalicelib.transfers.providers.port import ProviderNotification

_LONGEST_CODE: Final = 35
"""Characters of a reason, as in ISO 20022."""


def notification_body(transfer_id: str, event: TransferEvent, sent_at: datetime) -> bytes:
    """Write the body of a notification: type, timestamp, and in ``data`` the transfer, its amount and the reason."""
    data = {"transfer_id": transfer_id}
    if event.amount is not None:
        data["amount"] = str(event.amount)
    if event.failure_code:
        data["failure_code"] = event.failure_code
    return json.dumps({"type": event.type.value, "timestamp": rfc3339(sent_at), "data": data}).encode()


def read_notification(event_id: str, body: bytes) -> ProviderNotification:
    """Read a body whose signature is valid. Unknown fields are ignored: a provider may add some.

    Raises:
        Unprocessable: a field is missing or has another form.
    """
    try:
        document = json.loads(body)
        data = document["data"]
        kind, transfer_id = NotificationType(document["type"]), data["transfer_id"]
        amount = None if data.get("amount") is None else Money.of(data["amount"])
        code = data.get("failure_code")
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise Unprocessable(errors=(("data", "must be a notification with type and data.transfer_id"),)) from None
    if not isinstance(transfer_id, str) or not is_id(transfer_id):
        raise Unprocessable(errors=(("data.transfer_id", "must be a 26-character id"),))
    if code is not None and not (isinstance(code, str) and code.isascii() and code.isprintable()):
        raise Unprocessable(errors=(("data.failure_code", "must be a code of printable characters"),))
    event = TransferEvent(kind, amount, code[:_LONGEST_CODE] if code else None)
    return ProviderNotification(event_id, transfer_id, event)
