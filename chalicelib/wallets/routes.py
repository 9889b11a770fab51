"""Wallet routes."""

from typing import Final

from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import CSV, Cached, RequestContext, Router, TextResponse
from chalicelib.cache.service import RESOURCE_SECONDS
from chalicelib.container import get_container
from chalicelib.wallets.domain.history import HistoryPosition
from chalicelib.wallets.domain.ledger import wallet_account
from chalicelib.wallets.schemas import (
    HistoryQuery,
    StatementQuery,
    StatementResponse,
    TransactionList,
    TransactionResponse,
    WalletResponse,
    month_to_date,
)
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
