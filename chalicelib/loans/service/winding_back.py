"""Winding a loan back: the borrower cancels, a request expires, funding lapses. Money put in goes back once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from chalicelib.common.clock import Clock
from chalicelib.common.dynamo import retrying
from chalicelib.common.ids import new_id
from chalicelib.common.money import Money
from chalicelib.common.transactions import Writes
from chalicelib.common.work import Work
from chalicelib.loans.domain.costs import estimated_costs
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.winding_back import Step, steps, wound_back
from chalicelib.loans.repository import LoanRepository, WorkRepository
from chalicelib.wallets.service import (
    EntryType,
    Journal,
    Line,
    WalletService,
    loan_account,
    transfer,
    wallet_account,
)

REFUND: Final = "REFUND"
BATCH: Final = 25
"""Lenders in a transaction: a wallet, a posting and an offer each, and the loan's own items."""


class WindBackService:
    """Begins to wind a loan back, and does it batch by batch."""

    def __init__(self, loans: LoanRepository, work: WorkRepository, wallets: WalletService, clock: Clock) -> None:
        self._loans = loans
        self._work = work
        self._wallets = wallets
        self._clock = clock

    def stage(self, writes: Writes, loan: Loan, offers: Sequence[Offer], target: LoanStatus) -> Loan:
        """Add the winding back to a transaction: all of it for up to one lender, else its beginning.

        ``offers`` are all offers of the loan, read consistently after or with it.
        """
        left = steps(target, offers)
        if len(left) <= 1:
            return self._stage_batch(writes, loan, left, target, is_last=True)
        begun = replace(loan, refunding=target, next_action_on=None)
        self._loans.stage_loan(writes, begun)
        self._work.stage_outbox(writes, _work(loan), self._clock())
        return begun

    def wind_back(self, work: Work) -> int:
        """Do what is left; gives how many lenders were served.

        It may run twice, at once with itself, or die anywhere: each lender is served by a transaction that
        changes its offer under the condition that nobody has.
        """
        served = 0
        while (batch := retrying(lambda: self._next_batch(work))) is not None:
            served += batch
        return served

    def _next_batch(self, work: Work) -> int | None:
        """Serve the next lenders; None where the loan is wound back."""
        found = self._loans.find_with_offers(work.subject, consistent=True)
        if found is None or found[0].refunding is None or _work(found[0]) != work:
            return None
        loan, offers = found
        target = found[0].refunding
        left = steps(target, offers)
        batch, is_last = left[:BATCH], len(left) <= BATCH
        writes = self._loans.writes()
        self._stage_batch(writes, loan, batch, target, is_last=is_last)
        if is_last:
            self._work.stage_outbox_done(writes, work)
        writes.commit()
        return len(batch)

    def _stage_batch(
        self, writes: Writes, loan: Loan, batch: Sequence[Step], target: LoanStatus, *, is_last: bool
    ) -> Loan:
        now = self._clock()
        after = wound_back(loan, batch, target=target, is_last=is_last)
        if is_last:
            after = _ready(after, now.date())
        self._loans.stage_loan(writes, after)
        lines: list[Line] = []
        for step in batch:
            if step.after is None:
                self._loans.stage_removed_offer(writes, step.before)
            else:
                self._loans.stage_offer(writes, step.after, was=step.before)
            lines += _refund_lines(loan, step)
        released = {step.before.lender_id: -step.released for step in batch if step.released}
        if lines:
            journal = Journal(new_id(now), now, tuple(lines), "Loan refund", loan.id)
            self._wallets.stage(writes, journal, released)
        else:
            self._wallets.stage_holds(writes, released)
        return after


def _ready(loan: Loan, today: date) -> Loan:
    """The loan at the end: open again with its first estimate and expiry, or ended."""
    if loan.status is not LoanStatus.REQUESTED:
        return replace(loan, next_action_on=None)
    costs = estimated_costs(loan.amount, loan.requested_rate, loan.term_months, loan.method, today)
    return replace(loan, costs=costs, next_action_on=loan.expires_on)


def _refund_lines(loan: Loan, step: Step) -> tuple[Line, ...]:
    if step.refund == Money(0):
        return ()
    return transfer(loan_account(loan.id), wallet_account(step.before.lender_id), step.refund, EntryType.REFUND)


def _work(loan: Loan) -> Work:
    return Work(REFUND, loan.id, str(loan.attempt))
