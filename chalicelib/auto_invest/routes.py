"""Standing rules of lenders."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import RequestContext, Router
from chalicelib.auto_invest.schemas import (
    AutoInvestRuleList,
    AutoInvestRuleRequest,
    AutoInvestRuleResponse,
    AutoInvestRuleUpdateRequest,
)
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.loans.domain.errors import RuleNotFound, TooManyRules
from chalicelib.wallets.domain.wallet import AccountFrozen

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/loans/auto-invest",
    "List auto-invest rules",
    query=ListQuery,
    response=AutoInvestRuleList,
    paginated=Key,
)
def list_rules(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List rules, newest first, with their current exposure and latest results. Only lenders may call this."""
    page = get_container().auto_invest.page(context.actor, limit=context.query.limit, after=context.position)
    return CursorPage([AutoInvestRuleResponse.of(view) for view in page.items], page.last_key)


@router.endpoint(
    "POST",
    "/api/loans/auto-invest",
    "Create an auto-invest rule",
    body=AutoInvestRuleRequest,
    response=AutoInvestRuleResponse,
    status=HTTPStatus.CREATED,
    errors=(TooManyRules, AccountFrozen, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def create_rule(context: RequestContext[AutoInvestRuleRequest, NoQuery]) -> IdempotentResult[AutoInvestRuleResponse]:
    """Only lenders may call this. An active rule makes offers on matching open loans at its `min_rate`."""
    container = get_container()
    terms = context.body.terms(container.settings.min_loan_amount)
    rule = container.auto_invest.create(
        context.actor, terms, active=context.body.active, idempotency_key=context.idempotency_key
    )
    return rule.map(AutoInvestRuleResponse.of)


@router.endpoint(
    "PATCH",
    "/api/loans/auto-invest/{rule_id}",
    "Update an auto-invest rule",
    body=AutoInvestRuleUpdateRequest,
    response=AutoInvestRuleResponse,
    errors=(RuleNotFound, AccountFrozen, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def change_rule(
    context: RequestContext[AutoInvestRuleUpdateRequest, NoQuery],
) -> IdempotentResult[AutoInvestRuleResponse]:
    """Only the rule's owner may call this. Stopping a rule releases the funds held for unaccepted offers."""
    rule = get_container().auto_invest.change(
        context.actor, context.id("rule_id"), context.body.change(), context.idempotency_key
    )
    return rule.map(AutoInvestRuleResponse.of)


@router.endpoint(
    "DELETE",
    "/api/loans/auto-invest/{rule_id}",
    "Delete an auto-invest rule",
    status=HTTPStatus.NO_CONTENT,
    errors=(RuleNotFound, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def delete_rule(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[None]:
    """Only the rule's owner may call this. Existing investments are not affected."""
    return get_container().auto_invest.delete(context.actor, context.id("rule_id"), context.idempotency_key)
