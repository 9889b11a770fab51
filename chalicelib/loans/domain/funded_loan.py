"""A funded loan as a whole: the loan, its account, and its investors' positions, which change together."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time

from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.position import Credit, Position
from chalicelib.loans.domain.reminders import due_reminder, reminder_days
from chalicelib.shared.money import ZERO


@dataclass(frozen=True, slots=True)
class FundedLoan:
    """A funded loan with its account, its positions, and the version of the schedule that was read."""

    loan: Loan
    account: LoanAccount
    positions: tuple[Position, ...]
    schedule_version: int


def accrue_loan(funded_loan: FundedLoan, today: date) -> FundedLoan:
    """Return the loan with its account accrued to a day, and with the figures of that account."""
    found = accrue_account(funded_loan, today)
    return replace(found, loan=with_current_figures(found.loan, found.account, today))


def accrue_account(funded_loan: FundedLoan, today: date) -> FundedLoan:
    """Return the loan with its account accrued to a day, for callers that change the account afterwards.

    The loan already shows that it was past due for more than 90 days, which no later payment undoes.
    """
    account, loan = funded_loan.account.accrue(today), funded_loan.loan
    next_due_date = account.next_due_date
    if loan.past_due_90_on is None and next_due_date and next_due_date < today:
        loan = replace(loan, past_due_90_on=account.past_due_90_on(today))
    return replace(funded_loan, loan=loan, account=account)


def remind_borrower(funded_loan: FundedLoan, now: datetime) -> FundedLoan:
    """Return an accrued loan with the reminder that is due, if one is, and with all that is due by now as done.

    If the job did not run for some days, only the latest reminder of them is recorded.
    """
    loan, account = funded_loan.loan, funded_loan.account
    reminder = due_reminder(account, loan.next_action_on, now) or loan.reminder
    done = replace(loan, reminder=reminder, next_action_on=None)
    return replace(funded_loan, loan=with_current_figures(done, account, now.date()))


def with_current_figures(loan: Loan, account: LoanAccount, today: date) -> Loan:
    """Return the loan with the figures that lists contain, taken from its account.

    A reminder that is due remains due, so that a payment of a part doesn't prevent it.
    """
    defaulted = account.defaulted_on is not None
    if defaulted and loan.status is LoanStatus.FUNDED:
        loan = _defaulted(loan, account)
    outstanding, next_action_on = account.outstanding, account.next_action_on(today)
    if loan.autopay.since and not defaulted and (attempt_on := loan.autopay.next_attempt_on(account, today)):
        next_action_on = min(attempt_on, next_action_on or attempt_on)
    stored = loan.next_action_on
    if stored is not None and stored <= today and reminder_days(account, stored, today) is not None:
        next_action_on = stored
    return replace(
        loan,
        costs=replace(loan.costs, total_interest=account.total_interest),
        outstanding=ZERO if defaulted else outstanding,
        written_off=outstanding if defaulted else ZERO,
        remaining=account.remaining,
        next_due_date=account.next_due_date,
        next_action_on=next_action_on,
    )


def _defaulted(loan: Loan, account: LoanAccount) -> Loan:
    """Return the loan in default since the start of the day on which its account defaulted."""
    since = datetime.combine(account.defaulted_on, time(), UTC) if account.defaulted_on else None
    return replace(loan.with_status(LoanStatus.DEFAULTED), defaulted_at=since)


def position_credits(before: FundedLoan, after: FundedLoan) -> tuple[Credit, ...]:
    """Return what each investor received between two states of a loan; investors without a credit are omitted.

    The step that completes the loan also refunds the part of the platform fee that the interest has not earned.
    """
    closes, credits = after.loan.status is LoanStatus.COMPLETED, []
    for old, new in zip(before.positions, after.positions, strict=True):
        interest, refund = new.received_interest - old.received_interest, new.refund if closes else ZERO
        if new.received != old.received or refund:
            credits.append(Credit(new.lender_id, new.received - old.received, interest, refund))
    return tuple(credits)
