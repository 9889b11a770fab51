"""Unwind loans that are cancelled or released, expire or lapse: refund each lender once, release reservations."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.dynamodb.transaction import TransactionTooLarge, WriteTransaction
from chalicelib.jobs.outbox import OutboxRepository
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.borrowing_costs import estimated_costs
from chalicelib.loans.domain.loan import Loan, LoanStatus, UnwindKind
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.origination.domain.unwind import OfferUnwind, unwind_loan, unwind_offers
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.wallets.domain.ledger import EntryType, Journal, Line, loan_account, transfer, wallet_account
from chalicelib.wallets.domain.wallet import BorrowingChange
from chalicelib.wallets.service import WalletService

UNWIND_LOAN: Final = "UNWIND_LOAN"
BATCH: Final = 25
"""Lenders in a transaction: a wallet, a posting and an offer each, and the loan's own items."""
SMALL_BATCH: Final = 15
"""Lenders in a transaction whose refunds pay their receivables: two postings more for each."""


class UnwindService:
    """Start an unwind in the caller's transaction, and complete it batch by batch in the worker."""

    def __init__(self, loans: LoanRepository, outbox: OutboxRepository, wallets: WalletService, clock: Clock) -> None:
        self._loans = loans
        self._outbox = outbox
        self._wallets = wallets
        self._clock = clock

    def add_unwind(
        self,
        writes: WriteTransaction,
        loan: Loan,
        offers: Sequence[Offer],
        kind: UnwindKind,
        *,
        actor: Actor | None = None,
        most: int = 1,
    ) -> Loan:
        """Add the unwind to a transaction: all of it if few lenders are affected, else only its start.

        Args:
            writes: the transaction.
            loan: a loan that is not funded.
            offers: all offers of the loan, read consistently after it or together with it.
            kind: the reason for the unwind.
            actor: the borrower who asks for it; None in jobs.
            most: lenders that the transaction may refund or release; up to 25.

        Returns:
            The loan after the transaction; ``refunding`` is set while the worker has to complete the unwind.
        """
        remaining = unwind_offers(kind, offers)
        if len(remaining) <= most:
            return self._add_batch(writes, loan, remaining, kind, is_last=True, actor=actor)
        started = replace(loan, refunding=kind, next_action_on=None)
        self._loans.add_loan(writes, started)
        self._outbox.add_outbox(writes, _job_for(loan), self._clock())
        self._wallets.add(writes, actor=actor)
        return started

    def unwind(self, job: BackgroundJob) -> int:
        """Complete an unwind; return the number of lenders that were refunded or released.

        The job may run twice, overlap with itself, or die at any point: each transaction changes its offers
        under the condition that they are as they were read.
        """
        processed = 0
        while (count := retry_on_conflict(lambda: self._process_batch(job))) is not None:
            processed += count
        return processed

    def _process_batch(self, job: BackgroundJob, most: int = BATCH) -> int | None:
        """Unwind the next offers; return their number, or None if the loan is unwound."""
        found = self._loans.find_with_offers(job.subject, consistent=True)
        if found is None or found[0].refunding is None or _job_for(found[0]) != job:
            return None
        loan, offers = found
        kind = found[0].refunding
        remaining = unwind_offers(kind, offers)
        batch, is_last = remaining[:most], len(remaining) <= most
        writes = self._loans.writes()
        self._add_batch(writes, loan, batch, kind, is_last=is_last)
        if is_last:
            self._outbox.add_outbox_done(writes, job)
        try:
            writes.commit()
        except TransactionTooLarge:
            return self._process_batch(job, SMALL_BATCH)
        return len(batch)

    def _add_batch(
        self,
        writes: WriteTransaction,
        loan: Loan,
        batch: Sequence[OfferUnwind],
        kind: UnwindKind,
        *,
        is_last: bool,
        actor: Actor | None = None,
    ) -> Loan:
        now = self._clock()
        after = unwind_loan(loan, batch, kind=kind, is_last=is_last, now=now)
        if is_last and after.status is LoanStatus.REQUESTED:  # open again, with its first estimate and expiry
            costs = estimated_costs(loan.amount, loan.requested_rate, loan.term_months, loan.method, now.date())
            after = replace(after, costs=costs, next_action_on=loan.request_expires_on)
        elif is_last:
            after = replace(after, next_action_on=None)
        self._loans.add_loan(writes, after)
        lines: list[Line] = []
        for step in batch:
            if step.after is None:
                self._loans.add_removed_offer(writes, step.before)
            else:
                self._loans.add_offer(writes, step.after, was=step.before)
            if step.refund:
                lender = wallet_account(step.before.lender_id)
                lines += transfer(loan_account(loan.id), lender, step.refund, EntryType.REFUND)
        releases = {step.before.lender_id: -step.released for step in batch if step.released}
        journal = Journal(new_id(now), now, tuple(lines), "Loan refund", loan.id) if lines else None
        ended: dict[str, BorrowingChange] = {}
        if after.status is LoanStatus.CANCELLED:
            ended[loan.borrower_id] = BorrowingChange(open_requests=-1, exposure=-loan.amount)
        self._wallets.add(writes, journal, releases, actor=actor, borrowing=ended)
        return after


def _job_for(loan: Loan) -> BackgroundJob:
    return BackgroundJob(UNWIND_LOAN, loan.id, str(loan.funding_round))
