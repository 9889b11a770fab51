"""Paying a loan back, and what there is to pay."""

from __future__ import annotations

from typing import Final

from chalice.app import Blueprint

from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.routing import RateLimitPolicy, Reply, RequestContext, endpoint, identifier
from chalicelib.cache.service import SHOWN_SECONDS
from chalicelib.container import get_container
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused
from chalicelib.loans.domain.errors import ExceedsPayoff, LoanNotActive, LoanNotFound, NotTheBorrower
from chalicelib.loans.repository.invalidation import loan_namespace
from chalicelib.loans.schemas import LoanResponse
from chalicelib.servicing.schemas import (
    DueInstalmentList,
    DueInstalmentResponse,
    PayLoanRequest,
    PayLoanResponse,
    PaymentList,
    PaymentResponse,
    PayoffResponse,
    ScheduleResponse,
)
from chalicelib.wallets.domain.wallet import AccountFrozen, InsufficientFunds

blueprint: Final = Blueprint(__name__)


@endpoint(
    blueprint,
    "POST",
    "/api/loans/{id}/pay",
    "Pay an instalment or an amount",
    body=PayLoanRequest,
    answer=PayLoanResponse,
    refusals=(
        LoanNotFound,
        NotTheBorrower,
        LoanNotActive,
        ExceedsPayoff,
        InsufficientFunds,
        AccountFrozen,
        IdempotencyKeyReused,
    ),
    limited=RateLimitPolicy.MONEY,
    idempotent=True,
)
def pay_loan(call: RequestContext[PayLoanRequest, NoQuery]) -> Reply:
    """The borrower; without an amount, the first unpaid instalment."""
    done = get_container().payments.pay(
        call.actor, identifier(call, "id"), call.body.amount, call.body.strategy, call.idempotency_key
    )
    answer = PayLoanResponse(
        message="Payment successful",
        payment=PaymentResponse.of(done.value.payment),
        loan=LoanResponse.of(done.value.view),
    )
    return Reply(answer, replayed=done.replayed)


@endpoint(
    blueprint,
    "GET",
    "/api/loans/{id}/payoff",
    "What closes the loan today",
    answer=PayoffResponse,
    refusals=(LoanNotFound, NotTheBorrower, LoanNotActive),
)
def show_payoff(call: RequestContext[NoBody, NoQuery]) -> PayoffResponse:
    """The borrower."""
    return PayoffResponse.of(get_container().payments.payoff(call.actor, identifier(call, "id")))


@endpoint(
    blueprint,
    "GET",
    "/api/loans/{id}/schedule",
    "All instalments of a loan",
    answer=ScheduleResponse,
    refusals=(LoanNotFound, LoanNotActive),
)
def show_schedule(call: RequestContext[NoBody, NoQuery]) -> Reply:
    """The loan's parties, once it is funded."""
    actor, loan_id, here = call.actor, identifier(call, "id"), get_container()
    today = here.clock().date()

    def build() -> str:
        loan, account = here.loan_queries.schedule(actor, loan_id)
        return ScheduleResponse.of(loan, account, today).model_dump_json()

    key = f"schedule:{actor.user_id}:{today}"
    return Reply(None, text=here.cache.read(loan_namespace(loan_id), key, build, seconds=SHOWN_SECONDS))


@endpoint(
    blueprint,
    "GET",
    "/api/loans/pending-payments",
    "My unpaid instalments by due date",
    query=ListQuery,
    answer=DueInstalmentList,
)
def list_pending_payments(call: RequestContext[NoBody, ListQuery]) -> DueInstalmentList:
    """Borrowers; of all their loans."""
    scope = f"pending-payments:{call.actor.user_id}"
    cursors = get_container().cursors
    start = cursors.open(scope, call.query.cursor)["after"] if call.query.cursor else None
    found, rest = get_container().loan_queries.pending_payments(
        call.actor, limit=call.query.limit, after=(start[0], start[1], start[2]) if start else None
    )
    today = get_container().clock().date()
    return DueInstalmentList(
        items=[DueInstalmentResponse.of(each.instalment, each.balance, today, loan_id=each.loan_id) for each in found],
        next_cursor=cursors.seal(scope, {"after": rest}) if rest else None,
    )


@endpoint(
    blueprint,
    "GET",
    "/api/loans/{id}/payments",
    "Payments of a loan, newest first",
    query=ListQuery,
    answer=PaymentList,
    refusals=(LoanNotFound,),
)
def list_payments(call: RequestContext[NoBody, ListQuery]) -> PaymentList:
    """The loan's parties."""
    loan_id = identifier(call, "id")
    scope = f"payments:{call.actor.user_id}:{loan_id}"
    cursors = get_container().cursors
    after = cursors.open(scope, call.query.cursor) if call.query.cursor else None
    page = get_container().loan_queries.payments(call.actor, loan_id, limit=call.query.limit, after=after)
    return PaymentList(
        items=[PaymentResponse.of(payment) for payment in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )
