"""Bank accounts to which users withdraw."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.transfers.domain.bank_account import BankAccountExists, BankAccountNotFound, TooManyBankAccounts
from chalicelib.transfers.schemas_bank_accounts import BankAccountList, BankAccountRequest, BankAccountResponse
from chalicelib.wallets.domain.wallet import AccountFrozen

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/bank-accounts",
    "List bank accounts",
    query=ListQuery,
    response=BankAccountList,
    paginated=Key,
)
def list_bank_accounts(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List the caller's bank accounts, newest first."""
    page = get_container().bank_accounts.page(context.actor, limit=context.query.limit, after=context.position)
    return CursorPage([BankAccountResponse.of(account) for account in page.items], page.last_key)


@router.endpoint(
    "POST",
    "/api/bank-accounts",
    "Add a bank account",
    body=BankAccountRequest,
    response=BankAccountResponse,
    status=HTTPStatus.CREATED,
    errors=(BankAccountExists, TooManyBankAccounts, AccountFrozen, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def add_bank_account(context: RequestContext[BankAccountRequest, NoQuery]) -> IdempotentResult[BankAccountResponse]:
    """Add a bank account, up to 10 in total. It can receive withdrawals from `usable_from` on."""
    account = get_container().bank_accounts.create(context.actor, context.body.details(), context.idempotency_key)
    return account.map(BankAccountResponse.of)


@router.endpoint(
    "DELETE",
    "/api/bank-accounts/{id}",
    "Delete a bank account",
    status=HTTPStatus.NO_CONTENT,
    errors=(BankAccountNotFound, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def delete_bank_account(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[None]:
    """Only the owner may call this. Withdrawals that were already requested are still paid to it."""
    return get_container().bank_accounts.delete(context.actor, context.id(), context.idempotency_key)
