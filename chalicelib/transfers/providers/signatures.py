"""Signatures of the payment provider's notifications, by the Standard Webhooks specification."""

from collections.abc import Callable, Mapping, Sequence
from typing import Final

from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unauthenticated
from chalicelib.shared.webhook_signatures import (
    ID_HEADER,
    TIMESTAMP_HEADER,
    has_valid_signature,
    signed_headers,
)

PURPOSE: Final = "provider-notifications"
TOLERANCE_SECONDS: Final = 300
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
        return signed_headers(self._secrets()[:1], event_id, self._clock(), body)

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
        is_recent = _is_number(timestamp) and abs(self._clock().timestamp() - int(timestamp)) <= TOLERANCE_SECONDS
        if not event_id.isascii() or not 1 <= len(event_id) <= _LONGEST_ID or not is_recent:
            raise InvalidSignature
        if not has_valid_signature(self._secrets(), headers, body):
            raise InvalidSignature
        return event_id


def _is_number(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) <= 12
