"""Release of reservations: of single offers in the caller's transaction, and of all offers of a stopped rule."""

from collections.abc import Sequence
from functools import partial
from typing import Final

from chalicelib.auto_invest.domain import AutoInvestRule, MatchResult, Outcome, Reason
from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.outbox import RELEASE_RULE, OutboxRepository
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock
from chalicelib.shared.money import Money
from chalicelib.wallets.service import WalletService

BATCH: Final = 20
"""Offers in a transaction: offer, loan, placement and result each, and items of the rule, the wallet, the job."""
_MAX_FORGOTTEN: Final = 90


class ReservationService:
    """Release reservations of offers that are not accepted; an accepted offer is owed to its borrower."""

    def __init__(
        self,
        loans: LoanRepository,
        rules: RuleRepository,
        outbox: OutboxRepository,
        wallets: WalletService,
        clock: Clock,
    ) -> None:
        self._loans = loans
        self._rules = rules
        self._outbox = outbox
        self._wallets = wallets
        self._clock = clock

    def add_release(
        self,
        writes: WriteTransaction,
        offers: Sequence[Offer],
        outcome: Outcome,
        reason: Reason,
        actor: Actor | None = None,
        *,
        is_new_offer: bool = False,
        accepted: Money | None = None,
    ) -> None:
        """Add the release of the reservations of one rule's offers; the caller adds the change of the offers.

        Args:
            writes: the transaction; it fails if an offer has no reservation any more.
            offers: offers of one rule, not accepted.
            outcome, reason: the result that the rule records for each loan.
            actor: the lender, if the release is on request; the lender's wallet is checked with its change.
            is_new_offer: whether the lender makes another offer instead: the loans must still be open, and the
                lender's account active.
            accepted: the accepted part of the loan that makes a smaller new offer valid; None if any is.
        """
        now = self._clock()
        released = Money.total(offer.reserved for offer in offers)
        lender_id, rule_id = offers[0].lender_id, offers[0].rule_id
        if rule_id is None:
            raise ValueError("only offers of rules have reservations")
        for offer in offers:
            self._rules.add_reservation_count(writes, offer.loan_id, by=-1, only_open=is_new_offer, accepted=accepted)
        self._wallets.add(writes, None, {lender_id: -released}, actor=actor, must_be_active=is_new_offer)
        results = [MatchResult(offer.loan_id, outcome, reason, offer.amount, now) for offer in offers]
        self._rules.add_ended(writes, lender_id, rule_id, results, freed=released)

    def lapse(self, loan_id: str, lender_id: str) -> bool:
        """Release a reservation whose last day has passed and delete its offer, unless it was accepted.

        Returns:
            True if the reservation has lapsed.
        """
        return retry_on_conflict(lambda: self._lapse(loan_id, lender_id))

    def _lapse(self, loan_id: str, lender_id: str) -> bool:
        found = self._loans.find_with_offer(loan_id, lender_id, consistent=True)
        offer = found[1] if found else None
        if offer is None or not offer.lapses_by(self._clock().date()):
            return False
        writes = self._rules.writes()
        self._loans.add_removed_offer(writes, offer)
        self.add_release(writes, [offer], Outcome.ENDED, Reason.LAPSED)
        writes.commit()
        return True

    def add_release_job(self, writes: WriteTransaction, rule: AutoInvestRule) -> BackgroundJob:
        """Add the job that releases a rule's reservations; ``rule`` is as the same transaction writes it."""
        job = BackgroundJob(RELEASE_RULE, rule.lender_id, f"{rule.id}-{rule.revision}")
        self._outbox.add_outbox(writes, job, self._clock())
        return job

    def release(self, job: BackgroundJob, *, limit: int | None = None) -> int:
        """Withdraw the offers of a stopped rule that are not accepted.

        The job may run twice, overlap with itself, or die at any point: the transaction that releases a
        reservation deletes its offer under the condition that it is as it was read.

        Args:
            job: the rule's release job.
            limit: how many of the newest placements to consider; the rest remains for the next run.

        Returns:
            The number of offers withdrawn.
        """
        rule_id = job.key.partition("-")[0]
        rule = self._rules.find(job.subject, rule_id)
        if rule is None or rule.is_active:  # it is deleted, or runs again
            retry_on_conflict(lambda: self._end(job, None))
            return 0
        loan_ids = [placement.loan_id for placement in self._rules.placements(job.subject, rule_id)]
        considered = loan_ids[:limit]
        batches = [considered[start : start + BATCH] for start in range(0, len(considered), BATCH)]
        released = sum(retry_on_conflict(partial(self._release_batch, rule, batch)) for batch in batches)
        if len(considered) == len(loan_ids):
            while retry_on_conflict(lambda: self._end(job, rule)) and limit is None:
                pass
        return released

    def release_lender(self, lender_id: str) -> int:
        """Release the reservations of all rules of a lender whose deposit was returned; the rules stay active.

        Returns:
            The number of offers withdrawn.
        """
        released, after = 0, None
        while True:
            page = self._rules.page_of_lender(lender_id, limit=BATCH, after=after)
            for rule in page.items:
                loan_ids = [placement.loan_id for placement in self._rules.placements(lender_id, rule.id)]
                batches = [loan_ids[start : start + BATCH] for start in range(0, len(loan_ids), BATCH)]
                released += sum(
                    retry_on_conflict(partial(self._release_batch, rule, batch, Reason.DEPOSIT_RETURNED))
                    for batch in batches
                )
            after = page.last_key
            if after is None:
                return released

    def _release_batch(self, rule: AutoInvestRule, loan_ids: Sequence[str], reason: Reason = Reason.STOPPED) -> int:
        found = [offer for _, _, offer in self._rules.with_loans(rule.lender_id, loan_ids) if offer is not None]
        offers = [offer for offer in found if offer.rule_id == rule.id and offer.reserved and not offer.is_accepted]
        if not offers:
            return 0
        writes = self._rules.writes()
        for offer in offers:
            self._loans.add_removed_offer(writes, offer)
        self.add_release(writes, offers, Outcome.ENDED, reason)
        writes.commit()
        return len(offers)

    def _end(self, job: BackgroundJob, rule: AutoInvestRule | None) -> bool:
        """Delete the job, and a deleted rule with its records; return whether records remain."""
        if not self._outbox.is_pending(job):
            return False
        writes = self._rules.writes()
        if rule is not None and rule.is_deleted:
            if self._rules.add_forgotten(writes, rule, limit=_MAX_FORGOTTEN):
                writes.commit()
                return True
            remaining = self._rules.find(rule.lender_id, rule.id)
            if remaining is not None:
                self._rules.add_removed(writes, remaining)
        self._outbox.add_outbox_done(writes, job)
        writes.commit()
        return False
