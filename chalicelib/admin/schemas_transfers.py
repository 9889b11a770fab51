"""Responses of the operators' routes of transfers."""

from typing import Self

from chalicelib.admin.schemas import Reason
from chalicelib.admin.service.transfers import OwnedTransfer
from chalicelib.api.fields import Amount, Identifier, RequestModel, ResponseModel, Timestamp
from chalicelib.transfers.domain.notification import Notification, NotificationType
from chalicelib.transfers.schemas import TransferResponse


class RejectWithdrawalRequest(RequestModel):
    """The reason, recorded in the audit log."""

    reason: Reason


class OwnedTransferResponse(TransferResponse):
    """A transfer and its user."""

    user_id: Identifier
    username: str
    submitted_at: Timestamp | None
    payout_id: str | None

    @classmethod
    def of_user(cls, owned: OwnedTransfer, currency: str) -> Self:
        transfer = owned.transfer
        return cls(
            **dict(TransferResponse.of(transfer, currency)),
            user_id=transfer.user_id,
            username=owned.username,
            submitted_at=transfer.submitted_at,
            payout_id=transfer.payout_id,
        )


class OwnedTransferList(ResponseModel):
    """A page of transfers of all users, newest first."""

    items: list[OwnedTransferResponse]
    next_cursor: str | None


class RefusedNotificationResponse(ResponseModel):
    """A notification from the provider that contradicts its transfer, with the reason. Nothing was changed."""

    id: str
    type: NotificationType
    transfer_id: Identifier
    amount: Amount | None
    failure_code: str | None
    reason: str
    received_at: Timestamp

    @classmethod
    def of(cls, notification: Notification) -> Self:
        return cls(
            id=notification.id,
            type=notification.event.type,
            transfer_id=notification.transfer_id,
            amount=notification.event.amount,
            failure_code=notification.event.failure_code,
            reason=notification.reason,
            received_at=notification.received_at,
        )


class RefusedNotificationList(ResponseModel):
    """A page of refused notifications, newest first."""

    items: list[RefusedNotificationResponse]
    next_cursor: str | None
