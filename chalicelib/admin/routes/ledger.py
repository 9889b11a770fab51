"""The trial balance, and the accounts of the ledger one by one."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import unquote

from chalice.app import Blueprint

from chalicelib.admin.domain.errors import UnknownAccount
from chalicelib.admin.domain.paging import LinePosition
from chalicelib.admin.schemas import LedgerAccountResponse, TrialBalanceResponse
from chalicelib.admin.service.ledger_accounts import AccountPage, AccountPosition
from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.routing import AccessLevel, RequestContext, endpoint
from chalicelib.container import get_container
from chalicelib.shared.actor import Actor
from chalicelib.shared.money import Money

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "GET",
    "/api/admin/ledger/trial-balance",
    "Every account's balance",
    answer=TrialBalanceResponse,
    access=AccessLevel.OPERATOR,
)
def show_trial_balance(call: RequestContext[NoBody, NoQuery]) -> TrialBalanceResponse:
    """They sum to zero where the books are right."""
    return TrialBalanceResponse.of(get_container().general_ledger.trial_balance(call.actor))


@endpoint(
    blueprint,
    "GET",
    "/api/admin/ledger/accounts/{id}",
    "An account of the ledger with its rows",
    query=ListQuery,
    answer=LedgerAccountResponse,
    refusals=(UnknownAccount,),
    access=AccessLevel.OPERATOR,
)
def show_account(call: RequestContext[NoBody, ListQuery]) -> LedgerAccountResponse:
    """`wallet:<user id>`, `loan:<loan id>`, `platform:fees` or `external:cash`; newest first, pages may be short."""
    account = unquote(call.path["id"])
    scope = account_scope(call.actor, account)
    position = _opened(get_container().cursors.open(scope, call.query.cursor)) if call.query.cursor else None
    page = get_container().ledger_accounts.page(call.actor, account, limit=call.query.limit, position=position)
    return account_answer(call.actor, page)


def account_answer(actor: Actor, page: AccountPage) -> LedgerAccountResponse:
    """A page of an account with the cursor that goes on at the account's own address."""
    scope = account_scope(actor, page.account)
    cursor = get_container().cursors.seal(scope, _sealed(page.position)) if page.position else None
    return LedgerAccountResponse.of(page, cursor)


def account_scope(actor: Actor, account: str) -> str:
    """Whose list of which account a cursor belongs to."""
    return f"admin-account:{actor.user_id}:{account}"


def _sealed(position: AccountPosition) -> Mapping[str, Any]:
    return {
        "balance": position.balance.cents,
        "after": [position.after.transaction_id, position.after.line] if position.after else None,
        "days": [str(position.day), str(position.first_day)] if position.day and position.first_day else None,
    }


def _opened(key: Mapping[str, Any]) -> AccountPosition:
    day, first_day = map(date.fromisoformat, key["days"]) if key["days"] else (None, None)
    after = LinePosition(*key["after"]) if key["after"] else None
    return AccountPosition(Money(key["balance"]), after, day, first_day)
