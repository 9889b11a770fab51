"""Giving back what a rule's offers hold: one by hand, or all of a rule that was stopped."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from typing import Final

from chalicelib.auto_invest.domain import AutoInvestRule, MatchResult, Outcome, Reason
from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.dynamodb.database import retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.outbox import RELEASE_RULE, OutboxRepository
from chalicelib.shared.clock import Clock
from chalicelib.shared.money import Money
from chalicelib.wallets.service import WalletService

BATCH: Final = 20
"""Offers in a transaction: offer, loan, record and entry each, and the rule's, the wallet's, the work's items."""
_FORGOTTEN_AT_ONCE: Final = 90


class ReservationService:
    """Releases holds of offers that are not accepted. What was accepted stays: it is owed to a borrower."""

    def __init__(
        self,
        loans: LoanRepository,
        rules: RuleRepository,
        work: OutboxRepository,
        wallets: WalletService,
        clock: Clock,
    ) -> None:
        self._loans = loans
        self._rules = rules
        self._work = work
        self._wallets = wallets
        self._clock = clock

    def add_release(
        self,
        writes: WriteTransaction,
        offers: Sequence[Offer],
        outcome: Outcome,
        reason: Reason,
        *,
        only_open: bool = False,
    ) -> None:
        """Add the release of what offers of one rule hold; the caller adds what becomes of the offers.

        With ``only_open`` the loans must still be open. Stale where an offer holds nothing any more.
        """
        now = self._clock()
        freed = Money.total(offer.reserved for offer in offers)
        lender_id, rule_id = offers[0].lender_id, offers[0].rule_id
        if rule_id is None:
            raise ValueError("only offers of rules hold money")
        for offer in offers:
            self._rules.add_hold_count(writes, offer.loan_id, by=-1, only_open=only_open)
        self._wallets.add_reservations(writes, {lender_id: -freed})
        ended = [MatchResult(offer.loan_id, outcome, reason, offer.amount, now) for offer in offers]
        self._rules.add_ended(writes, lender_id, rule_id, ended, freed=freed)

    def add_stop(self, writes: WriteTransaction, rule: AutoInvestRule) -> BackgroundJob:
        """Add that the holds of a rule are to be released; ``rule`` is as the same transaction writes it."""
        work = BackgroundJob(RELEASE_RULE, rule.lender_id, f"{rule.id}-{rule.revision}")
        self._work.add_outbox(writes, work, self._clock())
        return work

    def release(self, work: BackgroundJob, *, most: int | None = None) -> int:
        """Withdraw the offers of a stopped rule that are not accepted; gives how many were.

        It may run twice, at once with itself, or die anywhere: each offer is deleted, under the condition that
        it still is as it was read, by the transaction that gives its hold back. With ``most`` it looks at so
        many of the newest placements and leaves the rest to the next run.
        """
        rule_id = work.key.partition("-")[0]
        rule = self._rules.find(work.subject, rule_id)
        if rule is None or rule.is_active:  # it is deleted, or runs again
            retry_on_conflict(lambda: self._end(work, None))
            return 0
        loan_ids = [placed.loan_id for placed in self._rules.placements(work.subject, rule_id)]
        seen = loan_ids[:most]
        batches = [seen[start : start + BATCH] for start in range(0, len(seen), BATCH)]
        released = sum(retry_on_conflict(partial(self._release, rule, batch)) for batch in batches)
        if len(seen) == len(loan_ids):
            while retry_on_conflict(lambda: self._end(work, rule)) and most is None:
                pass
        return released

    def _release(self, rule: AutoInvestRule, loan_ids: Sequence[str]) -> int:
        found = self._rules.with_loans(rule.lender_id, loan_ids)
        offers = [offer for _, _, offer in found if offer is not None and _is_releasable(rule, offer)]
        if not offers:
            return 0
        writes = self._rules.writes()
        for offer in offers:
            self._loans.add_removed_offer(writes, offer)
        self.add_release(writes, offers, Outcome.ENDED, Reason.STOPPED)
        writes.commit()
        return len(offers)

    def _end(self, work: BackgroundJob, rule: AutoInvestRule | None) -> bool:
        """Take the work out of the outbox, and a deleted rule with its records away; gives whether more is left."""
        if not self._work.is_pending(work):
            return False
        writes = self._rules.writes()
        if rule is not None and rule.is_deleted:
            if self._rules.add_forgotten(writes, rule, limit=_FORGOTTEN_AT_ONCE):
                writes.commit()
                return True
            left = self._rules.find(rule.lender_id, rule.id)
            if left is not None:
                self._rules.add_removed(writes, left)
        self._work.add_outbox_done(writes, work)
        writes.commit()
        return False


def _is_releasable(rule: AutoInvestRule, offer: Offer) -> bool:
    return offer.rule_id == rule.id and bool(offer.reserved) and not offer.is_accepted
