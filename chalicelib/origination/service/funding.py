"""Fund loans: accepted lenders pay their parts into the loan's escrow, and the last of them starts the loan."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from typing import Final

from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict, with_consistent_read_fallback
from chalicelib.dynamodb.transaction import TransactionTooLarge, WriteTransaction
from chalicelib.jobs.outbox import OutboxRepository
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.lending_math.schedule import build_schedule
from chalicelib.loans.domain.borrowing_costs import costs_of
from chalicelib.loans.domain.errors import AlreadyFunded, LoanNotFound, LoanNotReady
from chalicelib.loans.domain.funded_loan import FundedLoan, with_current_figures
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.position import starting_positions
from chalicelib.loans.domain.visibility import LoanView, view_for
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.domain.ledger import (
    PLATFORM_FEES,
    EntryType,
    Journal,
    Line,
    loan_account,
    transfer,
    wallet_account,
)
from chalicelib.wallets.domain.wallet import AccountFrozen, AccountRestricted, BorrowingChange, InsufficientFunds
from chalicelib.wallets.service import WalletService

FUND_AUTO_INVEST_OFFERS: Final = "FUND_AUTO_INVEST_OFFERS"
BATCH: Final = 25
"""Lenders in a transaction: a wallet, a posting and an offer each, and the items of the last funding."""
SMALL_BATCH: Final = 15
"""Lenders in a transaction whose released money pays their receivables: two postings more for each."""


@dataclass(slots=True)
class _Progress:
    """State of one run of the worker: lenders in the next batch, and lenders whose wallet refused."""

    batch_size: int = BATCH
    refused: set[str] = field(default_factory=set)


class FundingService:
    """Funding by lenders, and by the worker for offers that auto-invest rules have reserved money for."""

    def __init__(
        self,
        loans: LoanRepository,
        outbox: OutboxRepository,
        wallets: WalletService,
        idempotency: IdempotencyStore,
        clock: Clock,
    ) -> None:
        self._loans = loans
        self._outbox = outbox
        self._wallets = wallets
        self._idempotency = idempotency
        self._clock = clock

    def fund(
        self, actor: Actor, loan_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[LoanView]:
        """Pay the lender's accepted part and fee share, from the reservation if a rule made the offer.

        The last funding pays the borrower and fixes the schedule.

        Raises:
            RoleRequired, LoanNotFound, LoanNotReady, AlreadyFunded, LoanBeingRefunded, InsufficientFunds,
            AccountFrozen, AccountRestricted
        """
        actor.must_be(Role.LENDER)

        def fund(consistent: bool) -> LoanView:
            found = self._loans.find_with_offer(loan_id, actor.user_id, consistent=consistent)
            if found is None:
                raise LoanNotFound
            loan, offer = found
            if offer is None or not offer.is_accepted:
                raise LoanNotReady if loan.status is LoanStatus.REQUESTED else LoanNotFound
            if offer.is_funded:
                raise AlreadyFunded
            loan.require_fundable()
            writes = self._loans.writes()
            self._idempotency.add(writes, idempotency_key, {"loan": loan.id})
            after, funded = self.add_funding(writes, loan, [offer], self._clock(), actor)
            writes.commit()
            return view_for(actor, after, funded)

        def replay(result: Mapping[str, str]) -> LoanView:
            found = self._loans.find_with_offer(result["loan"], actor.user_id, consistent=True)
            if found is None:
                raise LoanNotFound
            loan, offer = found
            return view_for(actor, loan, [offer] if offer else [])

        return self._idempotency.execute(idempotency_key, partial(with_consistent_read_fallback, fund), replay)

    def fund_auto_invest_offers(self, job: BackgroundJob) -> int:
        """Fund or release every reserved offer of a fully subscribed loan.

        The job may run twice, overlap with itself, or die at any point: each transaction changes its offers
        under the condition that they are as they were read. A lender whose account is frozen or restricted is
        skipped; the job then stays in the outbox and is repeated until the funding lapses.

        Returns:
            The number of offers that were funded or released.
        """
        progress, processed = _Progress(), 0
        while (count := retry_on_conflict(lambda: self._process_batch(job, progress))) is not None:
            processed += count
        return processed

    def add_funding(
        self,
        writes: WriteTransaction,
        loan: Loan,
        offers: Sequence[Offer],
        now: datetime,
        actor: Actor | None = None,
    ) -> tuple[Loan, tuple[Offer, ...]]:
        """Add the funding of accepted offers to a transaction, from their reservations if they have any.

        Args:
            writes: the transaction.
            loan: a loan that waits for funding.
            offers: accepted offers that are not funded yet; up to 25.
            now: the time of the funding.
            actor: the lender who funds; None in the worker.

        Returns:
            The loan and the offers after the transaction.
        """
        borrowing: dict[str, BorrowingChange] = {}
        funded_cents, escrow = loan.funded.cents, loan_account(loan.id)
        lines: list[Line] = []
        releases: dict[str, Money] = {}
        for offer in offers:
            funded_cents += offer.accepted_amount.cents
            lender = wallet_account(offer.lender_id)
            lines += transfer(lender, escrow, offer.accepted_amount, EntryType.LOAN_FUNDING)
            lines += transfer(lender, escrow, offer.fee_share, EntryType.PLATFORM_FEE)
            if offer.reserved:
                releases[offer.lender_id] = -offer.reserved
        after = replace(loan, funded=Money(funded_cents), reservations=loan.reservations - len(releases))
        funded = tuple(replace(offer, funded_at=now, reserved=ZERO) for offer in offers)
        if after.funded == loan.amount:
            after = self._add_disbursement(writes, after, funded, now)
            borrowing[loan.borrower_id] = BorrowingChange(open_requests=-1)
            lines += transfer(escrow, wallet_account(loan.borrower_id), loan.amount, EntryType.LOAN_FUNDING)
            lines += transfer(escrow, PLATFORM_FEES, loan.fee, EntryType.PLATFORM_FEE)
        else:
            self._loans.add_loan(writes, after)
        journal = Journal(new_id(now), now, tuple(lines), "Loan funding", loan.id)
        self._wallets.add(writes, journal, releases, actor=actor, borrowing=borrowing)
        for before, offer in zip(offers, funded, strict=True):
            self._loans.add_offer(writes, offer, was=before)
        return after, funded

    def _add_disbursement(self, writes: WriteTransaction, loan: Loan, last: Sequence[Offer], now: datetime) -> Loan:
        """Add the start of the loan: its status, schedule and positions. ``last`` are the last offers funded."""
        accepted = [offer for offer in last if offer.is_accepted]
        if len(accepted) != loan.accepted_offers:
            found = self._loans.find_with_offers(loan.id, consistent=True)
            accepted = [offer for offer in found[1] if offer.is_accepted] if found else []
        if len(accepted) != loan.accepted_offers:  # a read may return the loan and not yet all its offers
            raise OptimisticLockError
        schedule = build_schedule(
            loan.amount, loan.annual_rate, loan.term_months, start_date=now.date(), method=loan.method
        )
        account = LoanAccount.from_schedule(schedule, loan.annual_rate, loan.arrears_terms, loan.default_days)
        started = replace(loan.with_status(LoanStatus.FUNDED), costs=costs_of(schedule), funded_at=now)
        started = with_current_figures(started, account, now.date())
        positions = starting_positions(accepted, schedule)
        self._loans.add_funded_loan(writes, FundedLoan(started, account, positions, 0))
        return started

    def _process_batch(self, job: BackgroundJob, progress: _Progress) -> int | None:
        """Fund or release the next offers; return their number, or None if nothing is left to do now."""
        if not self._outbox.is_pending(job):
            return None
        found = self._loans.find_with_offers(job.subject, consistent=True)
        writes = self._loans.writes()
        if found is None or not _belongs_to(job, found[0]):
            return self._commit_batch(writes, job, (), is_last=True)
        loan, offers = found
        reserved = [offer for offer in offers if offer.reserved]
        not_accepted = [offer for offer in reserved if not offer.is_accepted][: progress.batch_size]
        if not_accepted:
            self._add_release(writes, loan, not_accepted)
            is_last = len(not_accepted) == len(reserved)
            try:
                return self._commit_batch(writes, job, not_accepted, is_last=is_last)
            except TransactionTooLarge:
                progress.batch_size = min(progress.batch_size, SMALL_BATCH)
                return 0
        batch = [offer for offer in reserved if offer.lender_id not in progress.refused][: progress.batch_size]
        if not batch and progress.refused:
            return None
        return self._fund_batch(writes, job, loan, batch, progress, is_last=len(batch) == len(reserved))

    def _fund_batch(
        self,
        writes: WriteTransaction,
        job: BackgroundJob,
        loan: Loan,
        batch: Sequence[Offer],
        progress: _Progress,
        *,
        is_last: bool,
    ) -> int | None:
        """Fund offers together; after a refusal one by one, to find out whose wallet refuses."""
        if batch:
            self.add_funding(writes, loan, batch, self._clock())
        try:
            return self._commit_batch(writes, job, batch, is_last=is_last)
        except (AccountFrozen, AccountRestricted, InsufficientFunds):
            if len(batch) == 1:
                progress.refused.add(batch[0].lender_id)
            progress.batch_size = 1
            return 0

    def _commit_batch(
        self, writes: WriteTransaction, job: BackgroundJob, batch: Sequence[Offer], *, is_last: bool
    ) -> int | None:
        if is_last:
            self._outbox.add_outbox_done(writes, job)
        writes.commit()
        return len(batch) or None

    def _add_release(self, writes: WriteTransaction, loan: Loan, offers: Sequence[Offer]) -> None:
        """Add the deletion of offers that were not accepted, and the release of their reservations."""
        self._loans.add_loan(writes, replace(loan, reservations=loan.reservations - len(offers)))
        for offer in offers:
            self._loans.add_removed_offer(writes, offer)
        self._wallets.add(writes, None, {offer.lender_id: -offer.reserved for offer in offers})


def auto_invest_funding_job(loan: Loan) -> BackgroundJob | None:
    """Return the job that funds a fully subscribed loan's reserved offers; None if it has none."""
    if loan.status is not LoanStatus.PENDING_FUNDING or not loan.reservations:
        return None
    return BackgroundJob(FUND_AUTO_INVEST_OFFERS, loan.id, str(loan.funding_round))


def _belongs_to(job: BackgroundJob, loan: Loan) -> bool:
    """Return whether the job is of the loan's current round; an unwind begins another and releases everything."""
    is_subscribed = loan.status not in (LoanStatus.REQUESTED, LoanStatus.CANCELLED)
    return str(loan.funding_round) == job.key and loan.refunding is None and is_subscribed
