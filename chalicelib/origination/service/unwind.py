"""Winding a loan back: the borrower cancels, a request expires, funding lapses. Money put in goes back once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Final

from chalicelib.dynamodb.database import retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.borrowing_costs import estimated_costs
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.outbox import OutboxRepository
from chalicelib.origination.domain.unwind import OfferUnwind, unwind_offers, unwound
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import EntryType, Journal, Line, loan_account, transfer, wallet_account
from chalicelib.wallets.service import WalletService

UNWIND_LOAN: Final = "REFUND"
BATCH: Final = 25
"""Lenders in a transaction: a wallet, a posting and an offer each, and the loan's own items."""


class UnwindService:
    """Begins to wind a loan back, and does it batch by batch."""

    def __init__(self, loans: LoanRepository, work: OutboxRepository, wallets: WalletService, clock: Clock) -> None:
        self._loans = loans
        self._work = work
        self._wallets = wallets
        self._clock = clock

    def add(self, writes: WriteTransaction, loan: Loan, offers: Sequence[Offer], target: LoanStatus) -> Loan:
        """Add the winding back to a transaction: all of it for up to one lender, else its beginning.

        ``offers`` are all offers of the loan, read consistently after or with it.
        """
        left = unwind_offers(target, offers)
        if len(left) <= 1:
            return self._add_batch(writes, loan, left, target, is_last=True)
        begun = replace(loan, refunding=target, next_action_on=None)
        self._loans.add_loan(writes, begun)
        self._work.add_outbox(writes, _work(loan), self._clock())
        return begun

    def wind_back(self, work: BackgroundJob) -> int:
        """Do what is left; gives how many lenders were served.

        It may run twice, at once with itself, or die anywhere: each lender is served by a transaction that
        changes its offer under the condition that nobody has.
        """
        served = 0
        while (batch := retry_on_conflict(lambda: self._next_batch(work))) is not None:
            served += batch
        return served

    def _next_batch(self, work: BackgroundJob) -> int | None:
        """Serve the next lenders; None where the loan is wound back."""
        found = self._loans.find_with_offers(work.subject, consistent=True)
        if found is None or found[0].refunding is None or _work(found[0]) != work:
            return None
        loan, offers = found
        target = found[0].refunding
        left = unwind_offers(target, offers)
        batch, is_last = left[:BATCH], len(left) <= BATCH
        writes = self._loans.writes()
        self._add_batch(writes, loan, batch, target, is_last=is_last)
        if is_last:
            self._work.add_outbox_done(writes, work)
        writes.commit()
        return len(batch)

    def _add_batch(
        self, writes: WriteTransaction, loan: Loan, batch: Sequence[OfferUnwind], target: LoanStatus, *, is_last: bool
    ) -> Loan:
        now = self._clock()
        after = unwound(loan, batch, target=target, is_last=is_last)
        if is_last:
            after = _ready(after, now.date())
        self._loans.add_loan(writes, after)
        lines: list[Line] = []
        for step in batch:
            if step.after is None:
                self._loans.add_removed_offer(writes, step.before)
            else:
                self._loans.add_offer(writes, step.after, was=step.before)
            lines += _refund_lines(loan, step)
        released = {step.before.lender_id: -step.released for step in batch if step.released}
        if lines:
            journal = Journal(new_id(now), now, tuple(lines), "Loan refund", loan.id)
            self._wallets.add(writes, journal, released)
        else:
            self._wallets.add_reservations(writes, released)
        return after


def _ready(loan: Loan, today: date) -> Loan:
    """The loan at the end: open again with its first estimate and expiry, or ended."""
    if loan.status is not LoanStatus.REQUESTED:
        return replace(loan, next_action_on=None)
    costs = estimated_costs(loan.amount, loan.requested_rate, loan.term_months, loan.method, today)
    return replace(loan, costs=costs, next_action_on=loan.request_expires_on)


def _refund_lines(loan: Loan, step: OfferUnwind) -> tuple[Line, ...]:
    if step.refund == Money(0):
        return ()
    return transfer(loan_account(loan.id), wallet_account(step.before.lender_id), step.refund, EntryType.REFUND)


def _work(loan: Loan) -> BackgroundJob:
    return BackgroundJob(UNWIND_LOAN, loan.id, str(loan.funding_round))
