"""Take a frozen account out of the market, and bring its requests back when it is unfrozen."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Final

from chalicelib.auto_invest.service.rules import AutoInvestService
from chalicelib.dynamodb.database import every_page
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.jobs.outbox import OutboxRepository
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import CANCELLABLE, Loan
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import moment_of
from chalicelib.wallets.service import WalletService

INDEX_LAG: Final = timedelta(minutes=1)
"""Longer than an index lags behind the table."""
_PAGE: Final = 50


class FrozenAccountService:
    """Withdraws a frozen lender's offers, pauses its rules, and hides a frozen borrower's requests.

    The transaction that freezes an account already prevents new requests, offers and acceptances. An index may not show
    yet what was made just before. So the job stays in the outbox after its first run, and the hourly sweep repeats it.
    """

    def __init__(
        self,
        loans: LoanRepository,
        auto_invest: AutoInvestService,
        outbox: OutboxRepository,
        wallets: WalletService,
        clock: Clock,
    ) -> None:
        self._loans = loans
        self._auto_invest = auto_invest
        self._outbox = outbox
        self._wallets = wallets
        self._clock = clock

    def apply(self, job: BackgroundJob) -> int:
        """Apply the account's present state to its offers, rules and requests; return the number of changes.

        Accepted offers stand, and what was paused or withdrawn stays so after the account is unfrozen. The job may
        run twice, overlap with itself or with that of the opposite change, or die at any point: each transaction is
        conditional on the account's state.
        """
        return retry_on_conflict(lambda: self._apply(job))

    def _apply(self, job: BackgroundJob) -> int:
        user_id = job.subject
        is_frozen = self._wallets.balance_of(user_id).frozen
        changes = 0
        if is_frozen:
            changes += self._auto_invest.pause_frozen(user_id)
            for offer in self._open_offers(user_id):
                writes = self._loans.writes()
                self._wallets.add_frozen_check(writes, user_id, frozen=True)
                self._loans.add_removed_offer(writes, offer)
                writes.commit()
                changes += 1
        for loan in self._unfunded_loans(user_id):
            if loan.is_hidden is not is_frozen:
                writes = self._loans.writes()
                self._wallets.add_frozen_check(writes, user_id, frozen=is_frozen)
                self._loans.add_loan(writes, replace(loan, is_hidden=is_frozen))
                writes.commit()
                changes += 1
        is_repeated = self._clock() - moment_of(job.key) >= INDEX_LAG
        if is_repeated and self._outbox.is_pending(job):
            writes = self._loans.writes()
            self._outbox.add_outbox_done(writes, job)
            writes.commit()
        return changes

    def _open_offers(self, lender_id: str) -> Iterator[Offer]:
        """Yield the lender's offers that may still be accepted. Those of rules are released with their rule."""
        for page in every_page(
            lambda after: self._loans.page_of_lender(lender_id, invested=False, limit=_PAGE, after=after)
        ):
            for offer, loan in self._loans.find_offers_with_loans(lender_id, page.items, consistent=True):
                if loan.status in CANCELLABLE and not offer.is_accepted and not offer.reserved:
                    yield offer

    def _unfunded_loans(self, borrower_id: str) -> Iterator[Loan]:
        for page in every_page(lambda after: self._loans.page_of_borrower(borrower_id, limit=_PAGE, after=after)):
            found = self._loans.find_loans(page.items, consistent=True)
            yield from (each for each in found.values() if isinstance(each, Loan) and each.status in CANCELLABLE)
