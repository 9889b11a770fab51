"""A funded loan as a whole: the loan, its rows, and its investors' positions, moved together."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.position import Position
from chalicelib.shared.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class FundedLoan:
    """A funded loan with its rows, its investors, and the version of the schedule that was read."""

    loan: Loan
    account: LoanAccount
    positions: tuple[Position, ...]
    schedule_version: int


def accrued(servicing: FundedLoan, today: date) -> FundedLoan:
    """The loan and its rows with what time has done by today."""
    found = accrue_instalments(servicing, today)
    return replace(found, loan=with_current_figures(found.loan, found.account, today))


def accrue_instalments(servicing: FundedLoan, today: date) -> FundedLoan:
    """The rows alone with what time has done by today; whoever changes them then sums the loan up."""
    return replace(servicing, account=servicing.account.accrue(today))


def with_current_figures(loan: Loan, account: LoanAccount, today: date) -> Loan:
    """The loan with the figures that lists show, taken from its rows."""
    defaulted = account.defaulted_on is not None
    if defaulted and loan.status is LoanStatus.FUNDED:
        loan = loan.with_status(LoanStatus.DEFAULTED)
    return replace(
        loan,
        costs=replace(
            loan.costs,
            monthly_payment=account.monthly_payment or loan.costs.monthly_payment,
            total_interest=account.total_interest,
        ),
        outstanding=ZERO if defaulted else account.outstanding,
        written_off=account.outstanding if defaulted else ZERO,
        remaining=account.remaining,
        next_due_date=account.next_due_date,
        next_action_on=account.next_action_on(today),
    )


def position_credits(before: Sequence[Position], after: Sequence[Position]) -> tuple[tuple[str, Money], ...]:
    """What each investor got between two states of the positions, by lender id; nobody with nothing."""
    credits = ((new.lender_id, new.received - old.received) for old, new in zip(before, after, strict=True))
    return tuple((lender_id, amount) for lender_id, amount in credits if amount)
