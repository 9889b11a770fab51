"""A loan is covered: offers of rules are funded from what they hold, and those not taken give theirs back."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from chalicelib.dynamodb.database import retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.outbox import OutboxRepository
from chalicelib.origination.service.loan_funding import LoanFunding
from chalicelib.shared.clock import Clock
from chalicelib.wallets.domain.wallet import AccountFrozen, InsufficientFunds
from chalicelib.wallets.service import WalletService

FUND_AUTO_INVEST_OFFERS: Final = "COVER"
BATCH: Final = 25
"""Lenders in a transaction: a wallet, a posting and an offer each, and what the last funding writes."""
_NOT_COVERED: Final = (LoanStatus.REQUESTED, LoanStatus.CANCELLED)


@dataclass(slots=True)
class _Run:
    """How a run gets on: whose wallet refused, and how many lenders go together."""

    size: int = BATCH
    refused: set[str] = field(default_factory=set)


class SubscriptionFundingService:
    """The worker's part of funding."""

    def __init__(
        self,
        loans: LoanRepository,
        work: OutboxRepository,
        paying_in: LoanFunding,
        wallets: WalletService,
        clock: Clock,
    ) -> None:
        self._loans = loans
        self._work = work
        self._paying_in = paying_in
        self._wallets = wallets
        self._clock = clock

    def cover(self, work: BackgroundJob) -> int:
        """Fund or release every offer of the covered loan that holds money; gives how many were served.

        It may run twice, at once with itself, or die anywhere: each offer is served by a transaction that
        changes it under the condition that nobody has. A lender whose account is frozen is passed over, and
        the work stays in the outbox, to be tried again until the funding lapses.
        """
        run, served = _Run(), 0
        while (batch := retry_on_conflict(lambda: self._next_batch(work, run))) is not None:
            served += batch
        return served

    def _next_batch(self, work: BackgroundJob, run: _Run) -> int | None:
        """Serve the next offers; None where nothing is left to do now."""
        if not self._work.is_pending(work):
            return None
        found = self._loans.find_with_offers(work.subject, consistent=True)
        if found is None or not _is_of(work, found[0]):
            self._end(work)
            return None
        loan, offers = found
        held = [offer for offer in offers if offer.reserved]
        closed = [offer for offer in held if not offer.is_accepted]
        writes = self._loans.writes()
        if closed:
            self._add_release(writes, loan, closed[:BATCH])
            return self._commit(writes, work, closed[:BATCH], held)
        taken = [offer for offer in held if offer.lender_id not in run.refused][: run.size]
        if taken:
            self._paying_in.add(writes, loan, taken, self._clock())
            return self._commit_funding(writes, work, taken, held, run)
        if not run.refused:
            self._end(work)
        return None

    def _add_release(self, writes: WriteTransaction, loan: Loan, closed: Sequence[Offer]) -> None:
        """Add that offers give back what they hold, for which the loan has no use, and are closed."""
        self._loans.add_loan(writes, replace(loan, reservations=loan.reservations - len(closed)))
        for offer in closed:
            self._loans.add_removed_offer(writes, offer)
        self._wallets.add_reservations(writes, {offer.lender_id: -offer.reserved for offer in closed})

    def _commit_funding(
        self, writes: WriteTransaction, work: BackgroundJob, taken: Sequence[Offer], held: Sequence[Offer], run: _Run
    ) -> int:
        """Carry it out; where a wallet refuses, go on one by one to find out whose."""
        try:
            return self._commit(writes, work, taken, held)
        except (AccountFrozen, InsufficientFunds):
            if len(taken) == 1:
                run.refused.add(taken[0].lender_id)
            run.size = 1
            return 0

    def _commit(
        self, writes: WriteTransaction, work: BackgroundJob, batch: Sequence[Offer], held: Sequence[Offer]
    ) -> int:
        """Carry a batch out, with the end of the work where no other offer holds money."""
        if len(batch) == len(held):
            self._work.add_outbox_done(writes, work)
        writes.commit()
        return len(batch)

    def _end(self, work: BackgroundJob) -> None:
        writes = self._work.writes()
        self._work.add_outbox_done(writes, work)
        writes.commit()


def fund_auto_invest_offers(loan: Loan) -> BackgroundJob | None:
    """The work that a loan leaves which has just been covered; None where no offer holds money."""
    if loan.status is not LoanStatus.PENDING_FUNDING or not loan.reservations:
        return None
    return BackgroundJob(FUND_AUTO_INVEST_OFFERS, loan.id, str(loan.funding_round))


def _is_of(work: BackgroundJob, loan: Loan) -> bool:
    """Whether the work is still the loan's: winding it back begins another attempt, and releases every hold."""
    return str(loan.funding_round) == work.key and loan.refunding is None and loan.status not in _NOT_COVERED
