"""Signatures of notifications by the Standard Webhooks specification.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable, Mapping, Sequence
from typing import Final

from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unauthenticated

PURPOSE: Final = "provider-notifications"
SECRET_PREFIX: Final = "whsec_"
TOLERANCE_SECONDS: Final = 300
ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
_VERSION: Final = "v1,"
_LONGEST_ID: Final = 200


class InvalidSignature(Unauthenticated):
    code = "invalid_signature"
    detail = "The notification has no valid signature, or its timestamp is more than five minutes off."


class NotificationSigner:
    """Signs and verifies notifications.

    Args:
        secrets: returns the valid keys, the one that signs first.
        clock: real time, which no test clock moves.
    """

    def __init__(self, secrets: Callable[[], Sequence[bytes]], clock: Clock) -> None:
        self._secrets = secrets
        self._clock = clock

    def sign(self, event_id: str, body: bytes) -> dict[str, str]:
        """Return the headers of a notification that is sent now."""
        timestamp = str(int(self._clock().timestamp()))
        signature = _signature(self._secrets()[0], event_id, timestamp, body)
        return {ID_HEADER: event_id, TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: _VERSION + signature}

    def verify(self, headers: Mapping[str, str], body: bytes) -> str:
        """Return the id of a notification.

        The header may have several signatures, separated by spaces: a provider signs with both secrets while it
        replaces one.

        Args:
            headers: by name in lower case.
            body: exactly as it was received.

        Raises:
            InvalidSignature: a header is missing, no signature is valid, or the timestamp is too far off.
        """
        event_id, timestamp = headers.get(ID_HEADER, ""), headers.get(TIMESTAMP_HEADER, "")
        given = [
            part.removeprefix(_VERSION)
            for part in headers.get(SIGNATURE_HEADER, "").split(" ")
            if part.startswith(_VERSION)
        ]
        is_recent = _is_number(timestamp) and abs(self._clock().timestamp() - int(timestamp)) <= TOLERANCE_SECONDS
        if not event_id.isascii() or not 1 <= len(event_id) <= _LONGEST_ID or not is_recent:
            raise InvalidSignature
        expected = [_signature(secret, event_id, timestamp, body) for secret in self._secrets()]
        matches = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in expected]
        if not any(matches):
            raise InvalidSignature
        return event_id


def secret_bytes(text: str) -> bytes:
    """Return the key of a secret such as ``whsec_…``.

    Raises:
        ValueError: it is not base64.
    """
    try:
        return base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base64") from error


def _signature(secret: bytes, event_id: str, timestamp: str, body: bytes) -> str:
    signed = f"{event_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
