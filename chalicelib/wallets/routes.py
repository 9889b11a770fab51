"""The wallet calls of the API."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.routing import RateLimitPolicy, Reply, RequestContext, endpoint
from chalicelib.cache.service import SHOWN_SECONDS
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.wallets.domain.history import HistoryPosition
from chalicelib.wallets.domain.ledger import wallet_account
from chalicelib.wallets.domain.wallet import AccountFrozen, InsufficientFunds
from chalicelib.wallets.schemas import (
    ExchangeBody,
    HistoryQuery,
    StatementQuery,
    StatementResponse,
    TransactionList,
    TransactionResponse,
    WalletMovementResponse,
    WalletResponse,
    month_to_date,
)
from chalicelib.wallets.service import WalletMovement
from chalicelib.wallets.statement_csv import statement_csv

wallets = Blueprint(__name__)


@endpoint(wallets, "GET", "/api/wallets", "Show my wallet", answer=WalletResponse)
def show_wallet(call: RequestContext[NoBody, NoQuery]) -> Reply:
    """The caller's balances."""
    actor, here = call.actor, get_container()

    def build() -> str:
        answer = WalletResponse.of(here.wallets.find(actor), actor.username, here.settings.currency)
        return answer.model_dump_json()

    text = here.cache.read(wallet_account(actor.user_id), "view", build, seconds=SHOWN_SECONDS)
    return Reply(None, text=text)


@endpoint(
    wallets,
    "POST",
    "/api/wallets/deposit",
    "Bring money in",
    body=ExchangeBody,
    answer=WalletMovementResponse,
    refusals=(IdempotencyKeyReused,),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def deposit(call: RequestContext[ExchangeBody, NoQuery]) -> Reply:
    """Credit the wallet from outside."""
    done = get_container().wallets.deposit(call.actor, call.body.amount, call.body.description, call.idempotency_key)
    return _moved(call, "Deposit successful", done)


@endpoint(
    wallets,
    "POST",
    "/api/wallets/withdraw",
    "Take money out",
    body=ExchangeBody,
    answer=WalletMovementResponse,
    refusals=(InsufficientFunds, AccountFrozen, IdempotencyKeyReused),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def withdraw(call: RequestContext[ExchangeBody, NoQuery]) -> Reply:
    """Debit the wallet."""
    done = get_container().wallets.withdraw(call.actor, call.body.amount, call.body.description, call.idempotency_key)
    return _moved(call, "Withdrawal successful", done)


@endpoint(
    wallets,
    "GET",
    "/api/wallets/transactions",
    "My wallet's history",
    query=HistoryQuery,
    answer=TransactionList,
)
def list_transactions(call: RequestContext[NoBody, HistoryQuery]) -> TransactionList:
    """Entries of the caller's wallet, newest first."""
    query = call.query
    scope = f"transactions:{call.actor.user_id}:{query.type}:{query.from_}:{query.to}"
    cursors = get_container().cursors
    found = get_container().wallets.history(
        call.actor,
        limit=query.limit,
        position=_position(cursors.open(scope, query.cursor)) if query.cursor else None,
        kind=query.type,
        first=query.from_,
        last=query.to,
    )
    return TransactionList(
        items=[TransactionResponse.of(entry) for entry in found.entries],
        next_cursor=cursors.seal(scope, _sealed(found.position)) if found.position else None,
    )


@endpoint(
    wallets,
    "GET",
    "/api/wallets/statement",
    "A statement of my wallet; `Accept: text/csv` gives CSV",
    query=StatementQuery,
    answer=StatementResponse,
    also=("text/csv",),
)
def show_statement(call: RequestContext[NoBody, StatementQuery]) -> Reply:
    """Opening balance, entries, closing balance."""
    first, last = month_to_date(call.query, get_container().clock().date())
    statement = get_container().wallets.statement(call.actor, first, last)
    if "text/csv" in (call.incoming.header("accept") or ""):
        name = f"statement-{first}-{last}.csv"
        headers = {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return Reply(None, text=statement_csv(statement), headers=headers)
    return Reply(StatementResponse.of(statement, get_container().settings.currency))


def _moved(call: RequestContext[Any, Any], message: str, done: IdempotentResult[WalletMovement]) -> Reply:
    answer = WalletMovementResponse.of(message, done.value, call.actor.username, get_container().settings.currency)
    return Reply(answer, replayed=done.replayed)


def _position(key: dict[str, Any]) -> HistoryPosition:
    return HistoryPosition(key["after"], key["shown"])


def _sealed(position: HistoryPosition) -> dict[str, Any]:
    return {"after": position.after, "shown": position.shown}
