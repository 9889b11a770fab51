"""Endpoints to repay a loan, and to see what is due."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import Cached, RequestContext, Router
from chalicelib.cache.service import RESOURCE_SECONDS
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key
from chalicelib.dynamodb.idempotency import IdempotencyKeyReused, IdempotentResult
from chalicelib.loans.domain.cache_namespaces import loan_namespace
from chalicelib.loans.domain.errors import LoanNotActive, LoanNotFound, NotTheBorrower
from chalicelib.loans.schemas import AutopayResponse
from chalicelib.servicing.domain.payment import ApplyTo
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
from chalicelib.wallets.domain.wallet import InsufficientFunds

router: Final = Router(__name__, get_container)


@router.endpoint(
    "POST",
    "/api/loans/{id}/pay",
    "Make a payment",
    body=PayLoanRequest,
    response=PayLoanResponse,
    errors=(
        LoanNotFound,
        NotTheBorrower,
        LoanNotActive,
        InsufficientFunds,
        IdempotencyKeyReused,
    ),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def pay_loan(context: RequestContext[PayLoanRequest, NoQuery]) -> IdempotentResult[PayLoanResponse]:
    """Only the borrower may call this. Frozen borrowers may pay, too."""
    body, payments = context.body, get_container().payments
    apply_to = body.apply_to or ApplyTo.INSTALMENTS
    if body.dry_run:
        preview = payments.preview(context.actor, context.id(), body.amount, body.strategy, apply_to)
        return IdempotentResult(PayLoanResponse.of_preview(preview))
    payment = payments.pay(
        context.actor, context.id(), body.amount, body.strategy, context.idempotency_key, apply_to=apply_to
    )
    return payment.map(PayLoanResponse.of)


@router.endpoint(
    "PUT",
    "/api/loans/{id}/autopay",
    "Turn autopay on",
    response=AutopayResponse,
    errors=(LoanNotFound, NotTheBorrower, LoanNotActive),
    rate_limit=RateLimitPolicy.MONEY,
)
def enable_autopay(context: RequestContext[NoBody, NoQuery]) -> AutopayResponse:
    """Pay instalments from the wallet when they are due. Only the borrower may call this; repeating it is harmless."""
    loan = get_container().autopay.enable(context.actor, context.id())
    return AutopayResponse.of(loan.autopay, loan.status)


@router.endpoint(
    "DELETE",
    "/api/loans/{id}/autopay",
    "Turn autopay off",
    status=HTTPStatus.NO_CONTENT,
    errors=(LoanNotFound, NotTheBorrower, LoanNotActive, IdempotencyKeyReused),
    rate_limit=RateLimitPolicy.MONEY,
    idempotent=True,
)
def disable_autopay(context: RequestContext[NoBody, NoQuery]) -> IdempotentResult[None]:
    """Only the borrower may call this. If autopay is off, nothing changes."""
    return get_container().autopay.disable(context.actor, context.id(), context.idempotency_key)


@router.endpoint(
    "GET",
    "/api/loans/{id}/payoff",
    "Get the payoff amount",
    response=PayoffResponse,
    errors=(LoanNotFound, NotTheBorrower, LoanNotActive),
)
def show_payoff(context: RequestContext[NoBody, NoQuery]) -> PayoffResponse:
    """Return the amount that repays the loan in full today. Only the borrower may call this."""
    return PayoffResponse.of(get_container().payments.payoff(context.actor, context.id()))


@router.endpoint(
    "GET",
    "/api/loans/{id}/schedule",
    "List instalments",
    response=ScheduleResponse,
    errors=(LoanNotFound, LoanNotActive),
    cached=Cached(
        lambda context: loan_namespace(context.id()), RESOURCE_SECONDS, varies_by=lambda: get_container().today()
    ),
)
def show_schedule(context: RequestContext[NoBody, NoQuery]) -> ScheduleResponse:
    """Only parties to the loan may call this, once the loan is funded."""
    loan, account = get_container().loan_queries.schedule(context.actor, context.id())
    return ScheduleResponse.of(loan, account, get_container().today())


@router.endpoint(
    "GET",
    "/api/loans/{id}/payments",
    "List payments",
    query=ListQuery,
    response=PaymentList,
    errors=(LoanNotFound,),
    paginated=Key,
)
def list_payments(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List payments, newest first. Only parties to the loan may call this."""
    page = get_container().loan_queries.payments(
        context.actor, context.id(), limit=context.query.limit, after=context.position
    )
    return CursorPage([PaymentResponse.of(payment) for payment in page.items], page.last_key)


@router.endpoint(
    "GET",
    "/api/loans/pending-payments",
    "List my unpaid instalments",
    query=ListQuery,
    response=DueInstalmentList,
    paginated=tuple[str, str, int],
)
def list_pending_payments(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List the unpaid instalments of all the caller's loans by due date. Only borrowers may call this."""
    instalments, position = get_container().loan_queries.pending_payments(
        context.actor, limit=context.query.limit, after=context.position
    )
    today = get_container().today()
    items = [
        DueInstalmentResponse.of(each.instalment, each.balance, today, loan_id=each.loan_id) for each in instalments
    ]
    return CursorPage(items, position)
