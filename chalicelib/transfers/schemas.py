"""Requests, queries and responses of the routes of transfers."""

from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.fields import (
    Amount,
    Day,
    Identifier,
    IdentifierInput,
    ListQuery,
    PositiveAmount,
    RequestModel,
    ResponseModel,
    Text,
    Timestamp,
)
from chalicelib.transfers.domain.instructions import DepositInstructions
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus
from chalicelib.transfers.qr_code import qr_svg
from chalicelib.wallets.schemas import TransactionResponse, WalletResponse
from chalicelib.wallets.service import WalletMovement


class DepositRequest(RequestModel):
    """The amount to deposit."""

    amount: PositiveAmount
    description: Annotated[Text, Field(max_length=255)] = ""


class WithdrawalRequest(RequestModel):
    """The amount to withdraw, and the bank account that receives it, which all providers except `instant` require."""

    amount: PositiveAmount
    description: Annotated[Text, Field(max_length=255)] = ""
    bank_account_id: IdentifierInput | None = None


class TransferQuery(ListQuery):
    """Filters of a list of transfers."""

    direction: Direction | None = None
    status: TransferStatus | None = None


class TransferResponse(ResponseModel):
    """A deposit or a withdrawal. `reference` is null if it was settled immediately."""

    id: Identifier
    direction: Direction
    amount: Amount
    currency: str
    status: TransferStatus
    description: str
    reference: str | None
    bank_account_id: Identifier | None
    failure_code: str | None
    created_at: Timestamp
    settled_at: Timestamp | None
    returned_at: Timestamp | None
    transaction_id: Identifier | None

    @classmethod
    def of(cls, transfer: Transfer, currency: str) -> Self:
        return cls(
            id=transfer.id,
            direction=transfer.direction,
            amount=transfer.amount,
            currency=currency,
            status=transfer.status,
            description=transfer.description,
            reference=transfer.reference or None,
            bank_account_id=transfer.bank_account_id,
            failure_code=transfer.failure_code,
            created_at=transfer.created_at,
            settled_at=transfer.settled_at,
            returned_at=transfer.returned_at,
            transaction_id=transfer.transaction_id,
        )


class InstructionsResponse(ResponseModel):
    """Instructions for paying a deposit by bank transfer.

    `reference` belongs to this deposit; `permanent_reference` to the user, for payments of any amount. `qr_svg` is a
    QR code for banking apps (EPC069-12), for payments in euros.
    """

    account_name: str
    iban: str
    bic: str | None
    reference: str
    permanent_reference: str
    amount: Amount
    currency: str
    expires_on: Day
    qr_svg: str | None

    @classmethod
    def of(cls, instructions: DepositInstructions) -> Self:
        return cls(
            account_name=instructions.account_name,
            iban=instructions.iban,
            bic=instructions.bic,
            reference=instructions.reference,
            permanent_reference=instructions.permanent_reference,
            amount=instructions.amount,
            currency=instructions.currency,
            expires_on=instructions.expires_on,
            qr_svg=qr_svg(instructions),
        )


class TransferDetailResponse(TransferResponse):
    """A transfer; a deposit that waits for its payment also has instructions."""

    instructions: InstructionsResponse | None = None


class WalletMovementResponse(ResponseModel):
    """A deposit or withdrawal that was settled immediately, and the wallet after it."""

    message: str
    transaction: TransactionResponse
    wallet: WalletResponse
    transfer: TransferResponse

    @classmethod
    def of(cls, message: str, movement: WalletMovement, transfer: Transfer, username: str, currency: str) -> Self:
        return cls(
            message=message,
            transaction=TransactionResponse.of(movement.entry),
            wallet=WalletResponse.of(movement.wallet, username, currency),
            transfer=TransferResponse.of(transfer, currency),
        )


class StartedTransferResponse(ResponseModel):
    """A transfer that waits for the bank, and for a deposit the instructions for paying it."""

    message: str
    transfer: TransferResponse
    instructions: InstructionsResponse | None


class TransferList(ResponseModel):
    """A page of transfers, newest first."""

    items: list[TransferResponse]
    next_cursor: str | None


class NotificationResponse(ResponseModel):
    """The receipt of a notification."""

    status: str
