"""New terms for a running loan."""

from __future__ import annotations

from chalicelib.admin.domain.audit import Occasion
from chalicelib.admin.routes.blueprint import admin
from chalicelib.admin.schemas import RescheduleAnswer, RescheduleBody
from chalicelib.common.api import Access, Call, Reply, endpoint, identifier
from chalicelib.common.fields import NoQuery
from chalicelib.common.idempotency import Done, IdempotencyKeyReused
from chalicelib.loans.domain.errors import TermsNotAmortisable
from chalicelib.loans.domain.refusals import LoanNotFound, NothingToReschedule
from chalicelib.loans.domain.rescheduling import NewTerms
from chalicelib.loans.domain.view import LoanView
from chalicelib.loans.schemas.answers import LoanAnswer
from chalicelib.loans.schemas.servicing import ScheduleAnswer
from chalicelib.loans.service.rescheduling import Reschedule
from chalicelib.wiring import platform


@endpoint(
    admin,
    "POST",
    "/api/admin/loans/{id}/reschedule",
    "Give a running loan new terms, a new rate or a payment holiday",
    body=RescheduleBody,
    answer=RescheduleAnswer,
    refusals=(LoanNotFound, NothingToReschedule, TermsNotAmortisable, IdempotencyKeyReused),
    access=Access.OPERATOR,
    idempotent=True,
)
def reschedule_loan(call: Call[RescheduleBody, NoQuery]) -> Reply:
    """Overdue instalments stay due; what was paid stays paid."""
    body = call.body
    terms = NewTerms(body.remaining_terms, body.annual_interest_rate, body.holiday_months)
    desk, loan_id = platform().admin.reschedules, identifier(call, "id")
    if body.dry_run:
        return _shown(Done(desk.preview(call.actor, loan_id, terms)), applied=False)
    occasion = Occasion(body.reason, call.incoming.request_id)
    return _shown(desk.apply(call.actor, loan_id, terms, occasion, call.once), applied=True)


def _shown(done: Done[Reschedule], *, applied: bool) -> Reply:
    plan, today = done.value, platform().clock().date()
    loan = plan.after.loan
    answer = RescheduleAnswer(
        applied=applied,
        loan=LoanAnswer.of(LoanView(loan)),
        before=ScheduleAnswer.of(loan, plan.before, today),
        after=ScheduleAnswer.of(loan, plan.after.account, today),
    )
    return Reply(answer, replayed=done.replayed)
