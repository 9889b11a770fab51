"""Standing rules of lenders."""

from __future__ import annotations

from http import HTTPStatus

from chalicelib.common.api import Call, Limited, Reply, endpoint, identifier
from chalicelib.common.fields import ListQuery, NoBody, NoQuery
from chalicelib.common.idempotency import Done, IdempotencyKeyReused
from chalicelib.loans.domain.refusals import RuleNotFound, TooManyRules
from chalicelib.loans.routes.blueprint import loans
from chalicelib.loans.schemas.auto_invest import RuleAnswer, RuleBody, RuleChangeBody, RuleList
from chalicelib.loans.service.auto_investing import RuleView
from chalicelib.wiring import platform


@endpoint(
    loans,
    "GET",
    "/api/loans/auto-invest",
    "My standing rules and what they did",
    query=ListQuery,
    answer=RuleList,
)
def list_rules(call: Call[NoBody, ListQuery]) -> RuleList:
    """Lenders; newest first, each with its exposure as it stands and its latest effects."""
    scope = f"auto-invest:{call.actor.user_id}"
    cursors = platform().cursors
    after = cursors.open(scope, call.query.cursor) if call.query.cursor else None
    page = platform().loans.auto_invest.page(call.actor, limit=call.query.limit, after=after)
    return RuleList(
        items=[RuleAnswer.of(view) for view in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )


@endpoint(
    loans,
    "POST",
    "/api/loans/auto-invest",
    "Set a standing rule",
    body=RuleBody,
    answer=RuleAnswer,
    status=HTTPStatus.CREATED,
    refusals=(TooManyRules, IdempotencyKeyReused),
    limited=Limited.MONEY,
    idempotent=True,
)
def create_rule(call: Call[RuleBody, NoQuery]) -> Reply:
    """Lenders; while it is active, it offers money on open loans that fit it, at the rate asked for."""
    done = platform().loans.auto_invest.create(call.actor, call.body.terms(), active=call.body.active, once=call.once)
    return _shown(done)


@endpoint(
    loans,
    "PATCH",
    "/api/loans/auto-invest/{rule_id}",
    "Change, stop or resume a rule",
    body=RuleChangeBody,
    answer=RuleAnswer,
    refusals=(RuleNotFound, IdempotencyKeyReused),
    limited=Limited.MONEY,
    idempotent=True,
)
def change_rule(call: Call[RuleChangeBody, NoQuery]) -> Reply:
    """Its lender. Stopping it releases what its offers hold, except those that a borrower has accepted."""
    rule_id = identifier(call, "rule_id")
    return _shown(platform().loans.auto_invest.change(call.actor, rule_id, call.body.change(), call.once))


@endpoint(
    loans,
    "DELETE",
    "/api/loans/auto-invest/{rule_id}",
    "Stop a rule and forget it",
    status=HTTPStatus.NO_CONTENT,
    refusals=(RuleNotFound, IdempotencyKeyReused),
    limited=Limited.MONEY,
    idempotent=True,
)
def delete_rule(call: Call[NoBody, NoQuery]) -> Reply:
    """Its lender. What it has invested goes on."""
    done = platform().loans.auto_invest.delete(call.actor, identifier(call, "rule_id"), call.once)
    return Reply(None, replayed=done.replayed)


def _shown(done: Done[RuleView]) -> Reply:
    return Reply(RuleAnswer.of(done.value), replayed=done.replayed)
