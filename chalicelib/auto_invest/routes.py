"""Standing rules of lenders."""

from __future__ import annotations

from http import HTTPStatus
from typing import Final

from chalice.app import Blueprint

from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.routing import RateLimitPolicy, Reply, RequestContext, endpoint, identifier
from chalicelib.auto_invest.schemas import (
    AutoInvestRuleList,
    AutoInvestRuleRequest,
    AutoInvestRuleResponse,
    AutoInvestRuleUpdateRequest,
)
from chalicelib.auto_invest.service.rules import RuleView
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.loans.domain.errors import RuleNotFound, TooManyRules

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "GET",
    "/api/loans/auto-invest",
    "My standing rules and what they did",
    query=ListQuery,
    answer=AutoInvestRuleList,
)
def list_rules(call: RequestContext[NoBody, ListQuery]) -> AutoInvestRuleList:
    """Lenders; newest first, each with its exposure as it stands and its latest effects."""
    scope = f"auto-invest:{call.actor.user_id}"
    cursors = get_container().cursors
    after = cursors.open(scope, call.query.cursor) if call.query.cursor else None
    page = get_container().auto_invest.page(call.actor, limit=call.query.limit, after=after)
    return AutoInvestRuleList(
        items=[AutoInvestRuleResponse.of(view) for view in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )


@endpoint(
    blueprint,
    "POST",
    "/api/loans/auto-invest",
    "Set a standing rule",
    body=AutoInvestRuleRequest,
    answer=AutoInvestRuleResponse,
    status=HTTPStatus.CREATED,
    refusals=(TooManyRules, IdempotencyKeyReused),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def create_rule(call: RequestContext[AutoInvestRuleRequest, NoQuery]) -> Reply:
    """Lenders; while it is active, it offers money on open loans that fit it, at the rate asked for."""
    done = get_container().auto_invest.create(
        call.actor, call.body.terms(), active=call.body.active, idempotency_key=call.idempotency_key
    )
    return _shown(done)


@endpoint(
    blueprint,
    "PATCH",
    "/api/loans/auto-invest/{rule_id}",
    "Change, stop or resume a rule",
    body=AutoInvestRuleUpdateRequest,
    answer=AutoInvestRuleResponse,
    refusals=(RuleNotFound, IdempotencyKeyReused),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def change_rule(call: RequestContext[AutoInvestRuleUpdateRequest, NoQuery]) -> Reply:
    """Its lender. Stopping it releases what its offers hold, except those that a borrower has accepted."""
    rule_id = identifier(call, "rule_id")
    return _shown(get_container().auto_invest.change(call.actor, rule_id, call.body.change(), call.idempotency_key))


@endpoint(
    blueprint,
    "DELETE",
    "/api/loans/auto-invest/{rule_id}",
    "Stop a rule and forget it",
    status=HTTPStatus.NO_CONTENT,
    refusals=(RuleNotFound, IdempotencyKeyReused),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def delete_rule(call: RequestContext[NoBody, NoQuery]) -> Reply:
    """Its lender. What it has invested goes on."""
    done = get_container().auto_invest.delete(call.actor, identifier(call, "rule_id"), call.idempotency_key)
    return Reply(None, replayed=done.replayed)


def _shown(done: IdempotentResult[RuleView]) -> Reply:
    return Reply(AutoInvestRuleResponse.of(done.value), replayed=done.replayed)
