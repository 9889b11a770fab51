"""The trial balance and the accounts of the ledger."""

from typing import Final
from urllib.parse import unquote

from chalicelib.admin.domain.errors import UnknownAccount
from chalicelib.admin.schemas import LedgerAccountResponse, TrialBalanceResponse
from chalicelib.admin.service.ledger_accounts import AccountPosition
from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.wallets.schemas import TransactionResponse

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/admin/ledger/trial-balance",
    "Get the trial balance",
    response=TrialBalanceResponse,
    access=AccessLevel.OPERATOR,
)
def show_trial_balance(context: RequestContext[NoBody, NoQuery]) -> TrialBalanceResponse:
    """Return the balance of every ledger account. The balances of a correct ledger sum to zero."""
    return TrialBalanceResponse.of(get_container().general_ledger.trial_balance(context.actor))


@router.endpoint(
    "GET",
    "/api/admin/ledger/accounts/{id}",
    "Get a ledger account",
    query=ListQuery,
    response=LedgerAccountResponse,
    paginated=AccountPosition,
    errors=(UnknownAccount,),
    access=AccessLevel.OPERATOR,
)
def show_account(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """Return the balance and entries, newest first, of an account.

    Accounts are `wallet:<user id>`, `receivable:<user id>`, `loan:<loan id>`, `platform:fees`, `platform:suspense`,
    `platform:adjustments` and `external:cash`. A page may have fewer items than `limit`.
    """
    page = get_container().ledger_accounts.page(
        context.actor, unquote(context.path["id"]), limit=context.query.limit, position=context.position
    )
    return CursorPage(
        [TransactionResponse.of(entry) for entry in page.entries],
        page.position,
        {"account": page.account, "balance": page.balance},
    )
