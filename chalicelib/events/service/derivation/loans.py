"""Events of loans: their life from the request to the last payment, reminders, and attempts of autopay."""

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Final

from chalicelib.auto_invest.service.triggers import paused_rule_of
from chalicelib.events.domain.event import Event, EventData
from chalicelib.events.domain.loan_types import OFFER_DECLINED
from chalicelib.events.service.derivation.offers import ONE_DAY, events_of_offer
from chalicelib.events.service.derivation.stream_record import Record, time_of
from chalicelib.loans.domain.autopay import AttemptStatus
from chalicelib.loans.domain.changes import LoanChange, OfferChange
from chalicelib.loans.domain.loan import Loan, LoanStatus, UnwindKind
from chalicelib.loans.domain.reminders import Reminder
from chalicelib.loans.service.changes import change_of

_SHARED_REMINDER: Final = 1
"""Days after the due date of the reminder that the lenders get too."""


def derive(record: Record) -> Iterator[Event]:
    """Derive the events of a record of the table `loans`."""
    change = change_of(record)
    if isinstance(change, OfferChange):
        yield from events_of_offer(change, time_of(record))
    elif isinstance(change, LoanChange):
        yield from _events_of_loan(change, time_of(record))
    paused = paused_rule_of(record)
    if paused is not None:
        data: EventData = {"rule_id": paused.rule_id, "reason": paused.reason}
        yield Event.of("rule.paused", paused.since, data, subject=paused.rule_id, recipients=(paused.lender_id,))


def _events_of_loan(change: LoanChange, at: datetime) -> Iterator[Event]:
    before, after = change.before, change.after
    if before is None:
        yield _event("loan.requested", after, after.created_at, _request(after), is_shared=False)
        return
    if before.status is not after.status:
        yield from _status_events(after, at)
    if before.funding_round != after.funding_round:
        yield from _unwind_events(before, after, at)
    if before.reschedules != after.reschedules:
        yield _event("loan.rescheduled", after, at, _new_terms(after), discriminator=str(after.reschedules))
    if after.reminder is not None and before.reminder != after.reminder:
        yield _reminder(after, after.reminder)
    yield from _failed_attempts(before, after, at)


def _status_events(loan: Loan, at: datetime) -> Iterator[Event]:
    """Yield the events of a new status. Those of a cancelled or reopened loan depend on its unwind."""
    if loan.status is LoanStatus.PENDING_FUNDING:
        subscribed_at, funding_round = loan.subscribed_at or at, str(loan.funding_round)
        yield _event("loan.subscribed", loan, subscribed_at, _subscription(loan), discriminator=funding_round)
        declined: EventData = {"loan_id": loan.id, "reason": "subscribed"}
        yield Event.of(
            OFFER_DECLINED,
            subscribed_at,
            declined,
            subject=loan.id,
            discriminator=funding_round,
            lenders_of=loan.id,
        )
    elif loan.status is LoanStatus.FUNDED:
        yield _event("loan.funded", loan, loan.funded_at or at, _start(loan))
    elif loan.status is LoanStatus.DEFAULTED:
        yield _event("loan.defaulted", loan, at, _default(loan))
    elif loan.status is LoanStatus.COMPLETED:
        yield _event("loan.completed", loan, loan.completed_at or at, {"loan_id": loan.id, "amount": str(loan.amount)})


def _unwind_events(before: Loan, after: Loan, at: datetime) -> Iterator[Event]:
    if after.unwound is None:
        return
    kind = after.unwound.kind
    event = partial(_event, loan=after, at=after.unwound.at, discriminator=str(before.funding_round))
    data: EventData = {"loan_id": after.id, "amount": str(after.amount)}
    if kind is UnwindKind.CANCELLATION:
        yield event("loan.cancelled", data=data)
    elif kind is UnwindKind.EXPIRY:
        yield event("loan.expired", data={**data, "deadline": "request"})
    elif kind is UnwindKind.LAPSE:
        yield event("loan.expired", data={**data, "deadline": "funding"})


def _reminder(loan: Loan, reminder: Reminder) -> Event:
    """Make the event of a reminder. The days are counted from the day on which it was recorded."""
    days_overdue = (reminder.at.date() - reminder.due_date).days
    is_overdue = reminder.days > 0
    data: EventData = {
        "loan_id": loan.id,
        "number": reminder.number,
        "amount": str(reminder.amount),
        "due_date": reminder.due_date.isoformat(),
        **({"days_overdue": days_overdue} if is_overdue else {"days_until_due": -days_overdue}),
    }
    return _event(
        "loan.overdue" if is_overdue else "payment.due_soon",
        loan,
        reminder.at,
        data,
        discriminator=f"{reminder.number}#{reminder.due_date}#{reminder.days}",
        is_shared=reminder.days == _SHARED_REMINDER,
    )


def _failed_attempts(before: Loan, after: Loan, at: datetime) -> Iterator[Event]:
    """Yield an event for each attempt of autopay that failed; there is at most one a day."""
    known = set(before.autopay.attempts)
    for attempt in after.autopay.attempts:
        if attempt.status is AttemptStatus.FAILED and attempt not in known:
            data: EventData = {
                "loan_id": after.id,
                "number": attempt.number,
                "reason": attempt.code,
            }
            day = f"{attempt.number}#{attempt.on}"
            yield _event("payment.failed", after, at, data, discriminator=day, is_shared=False)


def _event(
    type_name: str, loan: Loan, at: datetime, data: EventData, *, discriminator: str = "", is_shared: bool = True
) -> Event:
    """Make an event of the borrower; if it ``is_shared``, also of the lenders."""
    return Event.of(
        type_name,
        at,
        data,
        subject=loan.id,
        discriminator=discriminator,
        recipients=(loan.borrower_id,),
        lenders_of=loan.id if is_shared else None,
    )


def _request(loan: Loan) -> EventData:
    return {
        "loan_id": loan.id,
        "amount": str(loan.amount),
        "requested_rate": str(loan.requested_rate),
        "term_months": loan.term_months,
        "expires_on": loan.request_expires_on.isoformat() if loan.request_expires_on else None,
    }


def _subscription(loan: Loan) -> EventData:
    return {
        "loan_id": loan.id,
        "amount": str(loan.amount),
        "annual_interest_rate": str(loan.annual_rate),
        "term_months": loan.term_months,
        "funding_deadline": (loan.funding_lapses_on - ONE_DAY).isoformat() if loan.funding_lapses_on else None,
    }


def _start(loan: Loan) -> EventData:
    return {
        "loan_id": loan.id,
        "amount": str(loan.amount),
        "annual_interest_rate": str(loan.annual_rate),
        "term_months": loan.term_months,
        "monthly_payment": str(loan.costs.monthly_payment),
        "next_due_date": loan.next_due_date.isoformat() if loan.next_due_date else None,
    }


def _default(loan: Loan) -> EventData:
    return {"loan_id": loan.id, "amount": str(loan.amount), "written_off": str(loan.written_off)}


def _new_terms(loan: Loan) -> EventData:
    return {**_start(loan), "ground": loan.reschedule_ground.value if loan.reschedule_ground else None}
