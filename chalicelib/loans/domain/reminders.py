"""Reminders of the oldest unpaid instalment of a running loan."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta

from chalicelib.loans.domain.loan_account import REMINDER_DAYS, LoanAccount
from chalicelib.shared.money import Money


@dataclass(frozen=True, slots=True)
class Reminder:
    """The latest reminder of a loan.

    Args:
        due_date: of the oldest unpaid instalment.
        days: the reminder's day, one of ``REMINDER_DAYS``, counted from the due date; negative before it.
        number: the instalment.
        amount: what was unpaid of it, with late fee and late interest.
        at: the time at which the job recorded the reminder. It is after the reminder's day if the job ran late.
    """

    due_date: date
    days: int
    number: int
    amount: Money
    at: datetime


def reminder_days(account: LoanAccount, since: date | None, today: date) -> int | None:
    """Return the latest of ``REMINDER_DAYS`` that falls on a day from ``since`` to ``today``; None if none does.

    Args:
        account: the account of a running loan, accrued to ``today``. It has no reminders after a default, nor of a
            small remainder that the platform pays.
        since: the day of the loan's next action as it is stored: everything before that day is done.
        today: the business day.
    """
    due_date = account.next_due_date
    if since is None or due_date is None or account.defaulted_on or account.settlement_due_on(today):
        return None
    return max((days for days in REMINDER_DAYS if since <= due_date + timedelta(days=days) <= today), default=None)


def due_reminder(account: LoanAccount, since: date | None, now: datetime) -> Reminder | None:
    """Return the reminder that a job has to record now, if there is one. See `reminder_days` for the arguments."""
    days, unpaid = reminder_days(account, since, now.date()), account.first_unpaid
    return (
        None if days is None or unpaid is None else Reminder(unpaid.due_date, days, unpaid.number, unpaid.unpaid, now)
    )
