"""Autopay: the borrower's mandate to pay the instalments of a loan from the wallet when they are due."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.loans.domain.loan_account import LoanAccount

RETRY_DAYS: Final = 5
"""Days after the first attempt's day on which an instalment is tried again, once a day."""
KEPT_ATTEMPTS: Final = RETRY_DAYS + 1
_ONE_DAY: Final = timedelta(days=1)


class AttemptStatus(StrEnum):
    PAID = "PAID"
    FAILED = "FAILED"


@dataclass(frozen=True, slots=True)
class AutopayAttempt:
    """An attempt to pay an instalment.

    Args:
        on: the business day.
        number: the instalment.
        status: whether it was paid.
        code: the error that prevented the payment; None if it was paid, or if the viewer may not see the reason.
    """

    on: date
    number: int
    status: AttemptStatus
    code: str | None = None


@dataclass(frozen=True, slots=True)
class Autopay:
    """The mandate of a loan and its latest attempts, oldest first. ``since`` is None while there is no mandate."""

    since: datetime | None = None
    attempts: tuple[AutopayAttempt, ...] = ()

    def with_attempt(self, attempt: AutopayAttempt) -> Autopay:
        return replace(self, attempts=(*self.attempts, attempt)[-KEPT_ATTEMPTS:])

    def without_codes(self) -> Autopay:
        """Return what lenders may see: a failure, and not its reason, which tells about the borrower's wallet."""
        return replace(self, attempts=tuple(replace(each, code=None) for each in self.attempts))

    def next_attempt_on(self, account: LoanAccount, today: date) -> date | None:
        """Return the next day, ``today`` or later, on which instalments are collected; None if there is none.

        An instalment is first tried on its due date, or on the mandate's first day if it was due before; after a
        failure once a day for ``RETRY_DAYS`` days. If no job ran in that time, the first attempt is made later.
        An attempt pays every due instalment, oldest first, so earlier ones are tried again with a later one.
        """
        if self.since is None:
            return None
        last = self.attempts[-1] if self.attempts else None
        failed_today = last is not None and last.status is AttemptStatus.FAILED and last.on >= today
        earliest = today + _ONE_DAY if failed_today else today
        for instalment in account.instalments:
            if not instalment.unpaid_cents:
                continue
            first = max(instalment.due_date, self.since.date())
            if first >= earliest:
                return first
            if earliest <= first + timedelta(days=RETRY_DAYS) or last is None or last.on < first:
                return earliest
        return None
