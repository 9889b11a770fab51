"""Responses of the payout routes."""

from typing import Self

from chalicelib.api.fields import Amount, Identifier, ResponseModel, Timestamp
from chalicelib.transfers.domain.payout import Payout


class SkippedWithdrawalResponse(ResponseModel):
    """A withdrawal that was not paid out, with the code of the reason."""

    transfer_id: Identifier
    code: str


class PayoutResponse(ResponseModel):
    """Withdrawals that were submitted to the bank together."""

    id: Identifier
    created_at: Timestamp
    count: int
    total: Amount
    currency: str
    transfers: list[Identifier]
    skipped: list[SkippedWithdrawalResponse]
    has_more: bool

    @classmethod
    def of(cls, payout: Payout, currency: str) -> Self:
        return cls(
            id=payout.id,
            created_at=payout.created_at,
            count=len(payout.transfer_ids),
            total=payout.total,
            currency=currency,
            transfers=list(payout.transfer_ids),
            skipped=[SkippedWithdrawalResponse(transfer_id=key, code=code) for key, code in payout.skipped.items()],
            has_more=payout.has_more,
        )


class PayoutList(ResponseModel):
    """Payouts, newest first."""

    items: list[PayoutResponse]
    next_cursor: str | None
