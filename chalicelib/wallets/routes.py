"""The wallet calls of the API."""

from __future__ import annotations

from typing import Any

from chalice.app import Blueprint

from chalicelib.common.api import Call, Limited, Reply, endpoint
from chalicelib.common.cache import SHOWN_SECONDS
from chalicelib.common.fields import NoBody, NoQuery
from chalicelib.common.idempotency import Done, IdempotencyKeyReused
from chalicelib.wallets.domain.history import HistoryPosition
from chalicelib.wallets.domain.wallet import AccountFrozen, InsufficientFunds
from chalicelib.wallets.schemas import (
    ExchangeAnswer,
    ExchangeBody,
    HistoryQuery,
    StatementAnswer,
    StatementQuery,
    TransactionAnswer,
    TransactionList,
    WalletAnswer,
    month_to_date,
)
from chalicelib.wallets.service import Movement, wallet_account
from chalicelib.wallets.statement_csv import statement_csv
from chalicelib.wiring import platform

wallets = Blueprint(__name__)


@endpoint(wallets, "GET", "/api/wallets", "Show my wallet", answer=WalletAnswer)
def show_wallet(call: Call[NoBody, NoQuery]) -> Reply:
    """The caller's balances."""
    actor, here = call.actor, platform()

    def build() -> str:
        answer = WalletAnswer.of(here.wallets.find(actor), actor.username, here.settings.currency)
        return answer.model_dump_json()

    text = here.cache.read(wallet_account(actor.user_id), "view", build, seconds=SHOWN_SECONDS)
    return Reply(None, text=text)


@endpoint(
    wallets,
    "POST",
    "/api/wallets/deposit",
    "Bring money in",
    body=ExchangeBody,
    answer=ExchangeAnswer,
    refusals=(IdempotencyKeyReused,),
    limited=Limited.MONEY,
    idempotent=True,
)
def deposit(call: Call[ExchangeBody, NoQuery]) -> Reply:
    """Credit the wallet from outside."""
    done = platform().wallets.deposit(call.actor, call.body.amount, call.body.description, call.once)
    return _moved(call, "Deposit successful", done)


@endpoint(
    wallets,
    "POST",
    "/api/wallets/withdraw",
    "Take money out",
    body=ExchangeBody,
    answer=ExchangeAnswer,
    refusals=(InsufficientFunds, AccountFrozen, IdempotencyKeyReused),
    limited=Limited.MONEY,
    idempotent=True,
)
def withdraw(call: Call[ExchangeBody, NoQuery]) -> Reply:
    """Debit the wallet."""
    done = platform().wallets.withdraw(call.actor, call.body.amount, call.body.description, call.once)
    return _moved(call, "Withdrawal successful", done)


@endpoint(
    wallets,
    "GET",
    "/api/wallets/transactions",
    "My wallet's history",
    query=HistoryQuery,
    answer=TransactionList,
)
def list_transactions(call: Call[NoBody, HistoryQuery]) -> TransactionList:
    """Entries of the caller's wallet, newest first."""
    query = call.query
    scope = f"transactions:{call.actor.user_id}:{query.type}:{query.from_}:{query.to}"
    cursors = platform().cursors
    found = platform().wallets.history(
        call.actor,
        limit=query.limit,
        position=_position(cursors.open(scope, query.cursor)) if query.cursor else None,
        kind=query.type,
        first=query.from_,
        last=query.to,
    )
    return TransactionList(
        items=[TransactionAnswer.of(entry) for entry in found.entries],
        next_cursor=cursors.seal(scope, _sealed(found.position)) if found.position else None,
    )


@endpoint(
    wallets,
    "GET",
    "/api/wallets/statement",
    "A statement of my wallet; `Accept: text/csv` gives CSV",
    query=StatementQuery,
    answer=StatementAnswer,
    also=("text/csv",),
)
def show_statement(call: Call[NoBody, StatementQuery]) -> Reply:
    """Opening balance, entries, closing balance."""
    first, last = month_to_date(call.query, platform().clock().date())
    statement = platform().wallets.statement(call.actor, first, last)
    if "text/csv" in (call.incoming.header("accept") or ""):
        name = f"statement-{first}-{last}.csv"
        headers = {
            "Content-Type": "text/csv; charset=utf-8",
            "Content-Disposition": f'attachment; filename="{name}"',
        }
        return Reply(None, text=statement_csv(statement), headers=headers)
    return Reply(StatementAnswer.of(statement, platform().settings.currency))


def _moved(call: Call[Any, Any], message: str, done: Done[Movement]) -> Reply:
    answer = ExchangeAnswer.of(message, done.value, call.actor.username, platform().settings.currency)
    return Reply(answer, replayed=done.replayed)


def _position(key: dict[str, Any]) -> HistoryPosition:
    return HistoryPosition(key["after"], key["shown"])


def _sealed(position: HistoryPosition) -> dict[str, Any]:
    return {"after": position.after, "shown": position.shown}
