"""The trial balance, and the accounts of the ledger one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any
from urllib.parse import unquote

from chalicelib.admin.domain.refusals import UnknownAccount
from chalicelib.admin.domain.rows import Mark
from chalicelib.admin.routes.blueprint import admin
from chalicelib.admin.schemas import AccountAnswer, TrialBalanceAnswer
from chalicelib.admin.service import AccountPage, AccountPosition
from chalicelib.common.actor import Actor
from chalicelib.common.api import Access, Call, endpoint
from chalicelib.common.fields import ListQuery, NoBody, NoQuery
from chalicelib.common.money import Money
from chalicelib.wiring import platform


@endpoint(
    admin,
    "GET",
    "/api/admin/ledger/trial-balance",
    "Every account's balance",
    answer=TrialBalanceAnswer,
    access=Access.OPERATOR,
)
def show_trial_balance(call: Call[NoBody, NoQuery]) -> TrialBalanceAnswer:
    """They sum to zero where the books are right."""
    return TrialBalanceAnswer.of(platform().books.trial_balance(call.actor))


@endpoint(
    admin,
    "GET",
    "/api/admin/ledger/accounts/{id}",
    "An account of the ledger with its rows",
    query=ListQuery,
    answer=AccountAnswer,
    refusals=(UnknownAccount,),
    access=Access.OPERATOR,
)
def show_account(call: Call[NoBody, ListQuery]) -> AccountAnswer:
    """`wallet:<user id>`, `loan:<loan id>`, `platform:fees` or `external:cash`; newest first, pages may be short."""
    account = unquote(call.path["id"])
    scope = account_scope(call.actor, account)
    position = _opened(platform().cursors.open(scope, call.query.cursor)) if call.query.cursor else None
    page = platform().admin.accounts.page(call.actor, account, limit=call.query.limit, position=position)
    return account_answer(call.actor, page)


def account_answer(actor: Actor, page: AccountPage) -> AccountAnswer:
    """A page of an account with the cursor that goes on at the account's own address."""
    scope = account_scope(actor, page.account)
    cursor = platform().cursors.seal(scope, _sealed(page.position)) if page.position else None
    return AccountAnswer.of(page, cursor)


def account_scope(actor: Actor, account: str) -> str:
    """Whose list of which account a cursor belongs to."""
    return f"admin-account:{actor.user_id}:{account}"


def _sealed(position: AccountPosition) -> Mapping[str, Any]:
    return {
        "balance": position.balance.cents,
        "mark": [position.mark.transaction_id, position.mark.rows] if position.mark else None,
        "days": [str(position.day), str(position.first_day)] if position.day and position.first_day else None,
    }


def _opened(key: Mapping[str, Any]) -> AccountPosition:
    day, first_day = map(date.fromisoformat, key["days"]) if key["days"] else (None, None)
    mark = Mark(*key["mark"]) if key["mark"] else None
    return AccountPosition(Money(key["balance"]), mark, day, first_day)
