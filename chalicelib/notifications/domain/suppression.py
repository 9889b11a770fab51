"""Addresses that get no email."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.shared.errors import NotFound


class SuppressionReason(StrEnum):
    """BOUNCE: the address does not exist or accepts no emails. COMPLAINT: its owner reported an email as spam."""

    BOUNCE = "BOUNCE"
    COMPLAINT = "COMPLAINT"


class SuppressedAddressNotFound(NotFound):
    code = "suppressed_address_not_found"
    detail = "Suppressed address not found."


@dataclass(frozen=True, slots=True)
class SuppressedAddress:
    """An address that gets no email.

    Args:
        id: derived from the address by a key; the address itself is not stored.
        user_id: the user who was written to; None if the email had no key.
        reason: what was reported.
        suppressed_at: when it was reported, in real time.
    """

    id: str
    user_id: str | None
    reason: SuppressionReason
    suppressed_at: datetime


def masked_address(address: str) -> str:
    """Return an address with the first character of its local part and its domain: ``a…@example.com``."""
    local, _, domain = address.rpartition("@")
    return f"{local[:1]}…@{domain}"
