"""Statuses of a loan: legal transitions, and the operations that each status allows."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from chalicelib.loans.domain.errors import (
    AlreadyFunded,
    LoanBeingRefunded,
    LoanNotCancellable,
    LoanNotOpen,
    LoanNotReady,
)
from chalicelib.loans.domain.loan import (
    TRANSITIONS,
    IllegalTransition,
    Loan,
    LoanStatus,
    UnwindKind,
    request_expiry_date,
)
from chalicelib.shared.errors import AppError
from chalicelib.shared.money import Money, Rate
from tests.unit.loans.loans_and_offers import open_loan

S = LoanStatus
LEGAL = {
    (S.REQUESTED, S.PENDING_FUNDING),
    (S.REQUESTED, S.CANCELLED),
    (S.PENDING_FUNDING, S.FUNDED),
    (S.PENDING_FUNDING, S.REQUESTED),
    (S.PENDING_FUNDING, S.CANCELLED),
    (S.FUNDED, S.COMPLETED),
    (S.FUNDED, S.DEFAULTED),
    (S.DEFAULTED, S.COMPLETED),
}
EVERY_STEP = [(before, after) for before in S for after in S]


@pytest.mark.parametrize(("before", "after"), EVERY_STEP, ids=str)
def test_only_legal_transitions_are_allowed(before: LoanStatus, after: LoanStatus) -> None:
    loan = replace(open_loan(), status=before)

    if (before, after) in LEGAL:
        assert loan.with_status(after).status is after
    else:
        with pytest.raises(IllegalTransition):
            loan.with_status(after)


def test_every_status_is_in_the_transition_table() -> None:
    assert set(TRANSITIONS) == set(S)
    assert {status for status, steps in TRANSITIONS.items() if not steps} == {S.COMPLETED, S.CANCELLED}


def error_of(check: Callable[[Loan], None], loan: Loan) -> type[AppError] | None:
    """The error that a check raises for a loan."""
    try:
        check(loan)
    except AppError as error:
        return type(error)
    return None


def test_status_determines_allowed_operations() -> None:
    funded_at = datetime(2026, 1, 15, tzinfo=UTC)

    def errors_by_status(check: Callable[[Loan], None]) -> list[type[AppError] | None]:
        started = {S.FUNDED, S.COMPLETED, S.DEFAULTED}
        loans = (
            replace(open_loan(), status=status, funded_at=funded_at if status in started else None) for status in S
        )
        return [error_of(check, loan) for loan in loans]

    assert errors_by_status(Loan.require_open) == [None] + [LoanNotOpen] * 5
    assert errors_by_status(Loan.require_cancellable) == [None, None] + [LoanNotCancellable] * 4
    assert errors_by_status(Loan.require_fundable) == [
        LoanNotReady, None, AlreadyFunded, AlreadyFunded, LoanNotReady, AlreadyFunded,
    ]  # fmt: skip


def test_refunding_loan_rejects_other_operations() -> None:
    loan = replace(open_loan(), status=S.PENDING_FUNDING, refunding=UnwindKind.CANCELLATION)

    for check in (Loan.require_open, Loan.require_fundable, Loan.require_cancellable):
        assert error_of(check, loan) is LoanBeingRefunded


def test_acceptances_add_up_to_full_subscription() -> None:
    loan = open_loan("1000.00", rate="12.00")

    part = loan.with_acceptance(Money.of("400.00"), Rate.percent("9"), date(2026, 1, 22))
    covered = part.with_acceptance(Money.of("600.00"), Rate.percent("11"), date(2026, 1, 22))

    assert (part.status, str(part.unsubscribed), str(part.annual_rate)) == (S.REQUESTED, "600.00", "12.00")
    assert (covered.status, str(covered.unsubscribed)) == (S.PENDING_FUNDING, "0.00")
    assert (str(covered.annual_rate), covered.next_action_on) == ("11.00", date(2026, 1, 20))
    assert covered.funding_lapses_on == date(2026, 1, 22)
    assert covered.accepted_offers == 2


def test_request_expires_after_whole_days() -> None:
    assert request_expiry_date(datetime(2026, 1, 15, 23, 59, tzinfo=UTC), 30) == date(2026, 2, 14)
