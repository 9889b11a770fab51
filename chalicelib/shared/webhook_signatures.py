"""Secrets and signatures of the Standard Webhooks specification, for the messages that we send and receive.

Source: https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
"""

import base64
import binascii
import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Final

SECRET_PREFIX: Final = "whsec_"
ID_HEADER: Final = "webhook-id"
TIMESTAMP_HEADER: Final = "webhook-timestamp"
SIGNATURE_HEADER: Final = "webhook-signature"
_VERSION: Final = "v1,"
_SECRET_BYTES: Final = 32


def new_secret() -> str:
    """Return a random secret of 32 bytes, such as ``whsec_…``."""
    return SECRET_PREFIX + base64.b64encode(secrets.token_bytes(_SECRET_BYTES)).decode()


def secret_bytes(text: str) -> bytes:
    """Return the key of a secret such as ``whsec_…``.

    Raises:
        ValueError: it is not base64.
    """
    try:
        return base64.b64decode(text.removeprefix(SECRET_PREFIX), validate=True)
    except binascii.Error as error:
        raise ValueError("the secret is not base64") from error


def signed_headers(keys: Sequence[bytes], message_id: str, sent_at: datetime, body: bytes) -> dict[str, str]:
    """Return the headers of a message.

    Args:
        keys: the secrets that sign it; while one replaces another, both do.
        message_id: stays the same when the message is sent again.
        sent_at: the real time of this attempt.
        body: exactly as it is sent.
    """
    timestamp = str(int(sent_at.timestamp()))
    signatures = [_VERSION + signature(key, message_id, timestamp, body) for key in keys]
    return {ID_HEADER: message_id, TIMESTAMP_HEADER: timestamp, SIGNATURE_HEADER: " ".join(signatures)}


def has_valid_signature(keys: Sequence[bytes], headers: Mapping[str, str], body: bytes) -> bool:
    """Return True if one of the header's signatures is valid for one of the keys.

    Args:
        keys: the valid secrets.
        headers: by name in lower case.
        body: exactly as it was received.
    """
    parts = headers.get(SIGNATURE_HEADER, "").split(" ")
    given = [part.removeprefix(_VERSION) for part in parts if part.startswith(_VERSION)]
    message_id, timestamp = headers.get(ID_HEADER, ""), headers.get(TIMESTAMP_HEADER, "")
    expected = [signature(key, message_id, timestamp, body) for key in keys]
    matches = [hmac.compare_digest(one.encode(), other.encode()) for one in given for other in expected]
    return any(matches)


def signature(key: bytes, message_id: str, timestamp: str, body: bytes) -> str:
    """Return the signature of a message, without its version."""
    signed = f"{message_id}.{timestamp}.".encode() + body
    return base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
