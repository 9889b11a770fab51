"""Responses about suppressed addresses."""

from typing import Self

from chalicelib.admin.service.suppressed_addresses import MaskedAddress
from chalicelib.api.fields import Identifier, ResponseModel, Timestamp
from chalicelib.notifications.domain.suppression import SuppressionReason


class SuppressedAddressResponse(ResponseModel):
    """An address that gets no email. `address` is masked, and null if the user's account has another one now."""

    id: Identifier
    user_id: Identifier | None
    address: str | None
    reason: SuppressionReason
    suppressed_at: Timestamp

    @classmethod
    def of(cls, found: MaskedAddress) -> Self:
        entry = found.address
        return cls(
            id=entry.id,
            user_id=entry.user_id,
            address=found.masked or None,
            reason=entry.reason,
            suppressed_at=entry.suppressed_at,
        )


class SuppressedAddressList(ResponseModel):
    """A page of suppressed addresses, newest first."""

    items: list[SuppressedAddressResponse]
    next_cursor: str | None
