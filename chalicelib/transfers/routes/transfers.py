"""Deposits, withdrawals, and the caller's transfers."""

from collections.abc import Callable
from typing import Final

from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.shared.actor import Actor
from chalicelib.transfers.domain.bank_account import BankAccountNotFound, BankAccountNotUsableYet
from chalicelib.transfers.domain.transfer import PaymentsNotConfigured, TransferNotFound, TransferState
from chalicelib.transfers.schemas import (
    DepositRequest,
    InstructionsResponse,
    StartedTransferResponse,
    TransferDetailResponse,
    TransferList,
    TransferQuery,
    TransferResponse,
    WalletMovementResponse,
    WithdrawalRequest,
)
from chalicelib.transfers.service.requests import InstantTransfer, RequestedTransfer
from chalicelib.wallets.domain.wallet import AccountFrozen, AccountRestricted, InsufficientFunds

router: Final = Router(__name__, get_container)


@router.endpoint(
    "POST",
    "/api/wallets/deposit",
    "Deposit money",
    body=DepositRequest,
    response=WalletMovementResponse,
    accepted=StartedTransferResponse,
    errors=(PaymentsNotConfigured, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def deposit(
    context: RequestContext[DepositRequest, NoQuery],
) -> IdempotentResult[WalletMovementResponse | StartedTransferResponse]:
    """Deposit money from outside the platform into the caller's wallet.

    With the provider `instant` the wallet is credited immediately. With others the response has status 202 and the
    instructions for paying the deposit; the wallet is credited when the money has arrived.
    """
    body = context.body
    started = get_container().transfer_requests.deposit(
        context.actor, body.amount, body.description, context.idempotency_key
    )
    return started.map(_requested("Deposit successful", "Deposit started", context.actor))


@router.endpoint(
    "POST",
    "/api/wallets/withdraw",
    "Withdraw money",
    body=WithdrawalRequest,
    response=WalletMovementResponse,
    accepted=StartedTransferResponse,
    errors=(
        InsufficientFunds,
        AccountFrozen,
        AccountRestricted,
        BankAccountNotFound,
        BankAccountNotUsableYet,
        PaymentsNotConfigured,
        IdempotencyKeyReused,
    ),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def withdraw(
    context: RequestContext[WithdrawalRequest, NoQuery],
) -> IdempotentResult[WalletMovementResponse | StartedTransferResponse]:
    """Withdraw money from the caller's wallet.

    With the provider `instant` the wallet is debited immediately. With others the response has status 202: the amount
    is reserved until it is paid to the bank account.
    """
    body = context.body
    requested = get_container().transfer_requests.withdraw(
        context.actor, body.amount, body.description, body.bank_account_id, context.idempotency_key
    )
    return requested.map(_requested("Withdrawal successful", "Withdrawal requested", context.actor))


@router.endpoint(
    "GET",
    "/api/transfers",
    "List my transfers",
    query=TransferQuery,
    response=TransferList,
    paginated=str,
)
def list_transfers(context: RequestContext[NoBody, TransferQuery]) -> CursorPage:
    """List the caller's deposits and withdrawals, newest first. A page may have fewer items than `limit`."""
    query, currency = context.query, get_container().settings.currency
    page = get_container().transfer_queries.page(
        context.actor, limit=query.limit, before=context.position, direction=query.direction, status=query.status
    )
    return CursorPage([TransferResponse.of(each, currency) for each in page.transfers], page.position)


@router.endpoint(
    "GET",
    "/api/transfers/{id}",
    "Get one of my transfers",
    response=TransferDetailResponse,
    errors=(TransferNotFound,),
)
def show_transfer(context: RequestContext[NoBody, NoQuery]) -> TransferDetailResponse:
    """Return a transfer. A pending deposit has instructions for paying it."""
    container = get_container()
    transfer = container.transfer_queries.find(context.actor, context.id())
    instructions = container.transfer_requests.instructions_for(transfer)
    return TransferDetailResponse(
        **dict(TransferResponse.of(transfer, container.settings.currency)),
        instructions=InstructionsResponse.of(instructions) if instructions else None,
    )


@router.endpoint(
    "POST",
    "/api/transfers/{id}/cancel",
    "Cancel a transfer",
    response=TransferResponse,
    errors=(TransferNotFound, TransferState, IdempotencyKeyReused),
    idempotent=True,
)
def cancel_transfer(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[TransferResponse]:
    """Cancel a pending deposit, or a withdrawal that has not been submitted: its amount becomes available again."""
    currency = get_container().settings.currency
    cancelled = get_container().transfer_requests.cancel(context.actor, context.id(), context.idempotency_key)
    return cancelled.map(lambda transfer: TransferResponse.of(transfer, currency))


def _requested(
    settled: str, started: str, actor: Actor
) -> Callable[[RequestedTransfer], WalletMovementResponse | StartedTransferResponse]:
    currency = get_container().settings.currency

    def response(requested: RequestedTransfer) -> WalletMovementResponse | StartedTransferResponse:
        if isinstance(requested, InstantTransfer):
            return WalletMovementResponse.of(settled, requested.movement, requested.transfer, actor.username, currency)
        instructions = requested.instructions
        return StartedTransferResponse(
            message=started,
            transfer=TransferResponse.of(requested.transfer, currency),
            instructions=InstructionsResponse.of(instructions) if instructions else None,
        )

    return response
