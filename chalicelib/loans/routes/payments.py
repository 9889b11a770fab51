"""Paying a loan back, and what there is to pay."""

from __future__ import annotations

from chalicelib.common.api import Call, Limited, Reply, endpoint, identifier
from chalicelib.common.cache import SHOWN_SECONDS
from chalicelib.common.fields import ListQuery, NoBody, NoQuery
from chalicelib.common.idempotency import IdempotencyKeyReused
from chalicelib.loans.domain.refusals import ExceedsPayoff, LoanNotActive, LoanNotFound, NotTheBorrower
from chalicelib.loans.routes.blueprint import loans
from chalicelib.loans.schemas.answers import LoanAnswer
from chalicelib.loans.schemas.bodies import PayBody
from chalicelib.loans.schemas.servicing import PaidAnswer, PaymentAnswer, PaymentList, PayoffAnswer, ScheduleAnswer
from chalicelib.loans.service.reading import answers_about
from chalicelib.wallets.service import AccountFrozen, InsufficientFunds
from chalicelib.wiring import platform


@endpoint(
    loans,
    "POST",
    "/api/loans/{id}/pay",
    "Pay an instalment or an amount",
    body=PayBody,
    answer=PaidAnswer,
    refusals=(
        LoanNotFound,
        NotTheBorrower,
        LoanNotActive,
        ExceedsPayoff,
        InsufficientFunds,
        AccountFrozen,
        IdempotencyKeyReused,
    ),
    limited=Limited.MONEY,
    idempotent=True,
)
def pay_loan(call: Call[PayBody, NoQuery]) -> Reply:
    """The borrower; without an amount, the first unpaid instalment."""
    done = platform().loans.repayment.pay(
        call.actor, identifier(call, "id"), call.body.amount, call.body.strategy, call.once
    )
    answer = PaidAnswer(
        message="Payment successful",
        payment=PaymentAnswer.of(done.value.payment),
        loan=LoanAnswer.of(done.value.view),
    )
    return Reply(answer, replayed=done.replayed)


@endpoint(
    loans,
    "GET",
    "/api/loans/{id}/payoff",
    "What closes the loan today",
    answer=PayoffAnswer,
    refusals=(LoanNotFound, NotTheBorrower, LoanNotActive),
)
def show_payoff(call: Call[NoBody, NoQuery]) -> PayoffAnswer:
    """The borrower."""
    return PayoffAnswer.of(platform().loans.repayment.payoff(call.actor, identifier(call, "id")))


@endpoint(
    loans,
    "GET",
    "/api/loans/{id}/schedule",
    "All instalments of a loan",
    answer=ScheduleAnswer,
    refusals=(LoanNotFound, LoanNotActive),
)
def show_schedule(call: Call[NoBody, NoQuery]) -> Reply:
    """The loan's parties, once it is funded."""
    actor, loan_id, here = call.actor, identifier(call, "id"), platform()
    today = here.clock().date()

    def build() -> str:
        loan, account = here.loans.reader.schedule(actor, loan_id)
        return ScheduleAnswer.of(loan, account, today).model_dump_json()

    key = f"schedule:{actor.user_id}:{today}"
    return Reply(None, text=here.cache.read(answers_about(loan_id), key, build, seconds=SHOWN_SECONDS))


@endpoint(
    loans,
    "GET",
    "/api/loans/{id}/payments",
    "Payments of a loan, newest first",
    query=ListQuery,
    answer=PaymentList,
    refusals=(LoanNotFound,),
)
def list_payments(call: Call[NoBody, ListQuery]) -> PaymentList:
    """The loan's parties."""
    loan_id = identifier(call, "id")
    scope = f"payments:{call.actor.user_id}:{loan_id}"
    cursors = platform().cursors
    after = cursors.open(scope, call.query.cursor) if call.query.cursor else None
    page = platform().loans.reader.payments(call.actor, loan_id, limit=call.query.limit, after=after)
    return PaymentList(
        items=[PaymentAnswer.of(payment) for payment in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )
