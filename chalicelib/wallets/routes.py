"""Wallet routes."""

from collections.abc import Callable
from typing import Final

from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import CSV, Cached, RequestContext, Router, TextResponse
from chalicelib.cache.service import RESOURCE_SECONDS
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.shared.actor import Actor
from chalicelib.wallets.domain.history import HistoryPosition
from chalicelib.wallets.domain.ledger import wallet_account
from chalicelib.wallets.domain.wallet import AccountFrozen, AccountRestricted, InsufficientFunds
from chalicelib.wallets.schemas import (
    DepositRequest,
    HistoryQuery,
    StatementQuery,
    StatementResponse,
    TransactionList,
    TransactionResponse,
    WalletMovementResponse,
    WalletResponse,
    WithdrawalRequest,
    month_to_date,
)
from chalicelib.wallets.service import WalletMovement
from chalicelib.wallets.statement_csv import statement_csv

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/wallets",
    "Get my wallet",
    response=WalletResponse,
    cached=Cached(lambda context: wallet_account(context.actor.user_id), RESOURCE_SECONDS),
)
def show_wallet(context: RequestContext[NoBody, NoQuery]) -> WalletResponse:
    """Return the caller's balances."""
    wallet = get_container().wallets.find(context.actor)
    return WalletResponse.of(wallet, context.actor.username, get_container().settings.currency)


@router.endpoint(
    "POST",
    "/api/wallets/deposit",
    "Deposit money",
    body=DepositRequest,
    response=WalletMovementResponse,
    errors=(IdempotencyKeyReused,),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def deposit(context: RequestContext[DepositRequest, NoQuery]) -> IdempotentResult[WalletMovementResponse]:
    """Deposit money from outside the platform into the caller's wallet."""
    body = context.body
    movement = get_container().wallets.deposit(context.actor, body.amount, body.description, context.idempotency_key)
    return movement.map(_movement_response("Deposit successful", context.actor))


@router.endpoint(
    "POST",
    "/api/wallets/withdraw",
    "Withdraw money",
    body=WithdrawalRequest,
    response=WalletMovementResponse,
    errors=(InsufficientFunds, AccountFrozen, AccountRestricted, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def withdraw(context: RequestContext[WithdrawalRequest, NoQuery]) -> IdempotentResult[WalletMovementResponse]:
    """Withdraw money from the caller's wallet."""
    body = context.body
    movement = get_container().wallets.withdraw(context.actor, body.amount, body.description, context.idempotency_key)
    return movement.map(_movement_response("Withdrawal successful", context.actor))


@router.endpoint(
    "GET",
    "/api/wallets/transactions",
    "List my transactions",
    query=HistoryQuery,
    response=TransactionList,
    paginated=HistoryPosition,
)
def list_transactions(context: RequestContext[NoBody, HistoryQuery]) -> CursorPage:
    """List the transactions of the caller's wallet, newest first."""
    query = context.query
    found = get_container().wallets.history(
        context.actor,
        limit=query.limit,
        position=context.position,
        kind=query.type,
        first=query.from_,
        last=query.to,
    )
    return CursorPage([TransactionResponse.of(entry) for entry in found.entries], found.position)


@router.endpoint(
    "GET",
    "/api/wallets/statement",
    "Get my statement",
    query=StatementQuery,
    response=StatementResponse,
    other_media_types=(CSV,),
)
def show_statement(context: RequestContext[NoBody, StatementQuery]) -> StatementResponse | TextResponse:
    """Return the opening balance, the entries and the closing balance. Send `Accept: text/csv` to get CSV."""
    first, last = month_to_date(context.query, get_container().today())
    statement = get_container().wallets.statement(context.actor, first, last)
    if context.accepts(CSV):
        return TextResponse.csv(statement_csv(statement), f"statement-{first}-{last}.csv")
    return StatementResponse.of(statement, get_container().settings.currency)


def _movement_response(message: str, actor: Actor) -> Callable[[WalletMovement], WalletMovementResponse]:
    currency = get_container().settings.currency
    return lambda movement: WalletMovementResponse.of(message, movement, actor.username, currency)
