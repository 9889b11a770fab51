"""Act by the calendar on loans that are not funded: requests expire, lenders are reminded, the funding lapses."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import Loan, LoanStatus, UnwindKind
from chalicelib.loans.domain.offer import Offer, OfferReminder, is_backed
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.origination.service.unwind import UnwindService
from chalicelib.shared.clock import Clock
from chalicelib.wallets.service import WalletService

BATCH: Final = 50
"""Offers whose reminders a transaction records."""
_ONE_DAY: Final = timedelta(days=1)


class UnfundedLoanService:
    """Ends requests and fundings that are overdue, and reminds lenders of loans that are fully subscribed.

    A reminder is recorded on the offer, once a day at most, under the condition that the offer is as it was read. The
    transaction of the last ones moves the loan's next action on. So runs that overlap, are repeated or die record
    each reminder once.
    """

    def __init__(self, loans: LoanRepository, unwind: UnwindService, wallets: WalletService, clock: Clock) -> None:
        self._loans = loans
        self._unwind = unwind
        self._wallets = wallets
        self._clock = clock

    def act(self, loan_id: str) -> UnwindKind | None:
        """Do what is due of a loan. Returns the kind of the unwind, or None if lenders were reminded or nothing is due.

        Raises:
            OptimisticLockError: the loan or an offer has changed since it was read.
        """
        found = self._loans.find_with_offers(loan_id, consistent=True)
        if found is None or not found[0].is_action_due(self._clock().date()):
            return None
        loan, offers = found
        if loan.status is LoanStatus.PENDING_FUNDING and self._days_left(loan) > 0:
            self._remind(loan, offers)
            return None
        kind = UnwindKind.EXPIRY if loan.status is LoanStatus.REQUESTED else UnwindKind.LAPSE
        writes = self._loans.writes()
        self._unwind.add_unwind(writes, loan, offers, kind)
        writes.commit()
        return kind

    def check_offers(self, job: BackgroundJob) -> int:
        """Record which offers of a loan that was fully subscribed a moment ago are not backed; return their number."""
        return retry_on_conflict(lambda: self._check_offers(job.subject))

    def _check_offers(self, loan_id: str) -> int:
        found = self._loans.find_with_offers(loan_id, consistent=True)
        if found is None or found[0].status is not LoanStatus.PENDING_FUNDING or found[0].refunding is not None:
            return 0
        unbacked = [pair for pair in self._reminders(*found) if not pair[1].is_backed]
        for start in range(0, len(unbacked), BATCH):
            writes = self._loans.writes()
            for offer, reminder in unbacked[start : start + BATCH]:
                self._loans.add_offer_reminder(writes, offer, reminder)
            writes.commit()
        return len(unbacked)

    def _remind(self, loan: Loan, offers: Sequence[Offer]) -> None:
        reminders = self._reminders(loan, offers)
        for start in range(0, len(reminders) or 1, BATCH):
            writes = self._loans.writes()
            for offer, reminder in reminders[start : start + BATCH]:
                self._loans.add_offer_reminder(writes, offer, reminder)
            if start + BATCH >= len(reminders):
                days = 1 if self._days_left(loan) > 1 else 0
                self._loans.add_loan(writes, replace(loan, next_action_on=_lapse_date(loan) - days * _ONE_DAY))
            writes.commit()

    def _reminders(self, loan: Loan, offers: Sequence[Offer]) -> list[tuple[Offer, OfferReminder]]:
        """Return each accepted offer that is not funded, and was not reminded today, with its reminder."""
        now, days_left = self._clock(), self._days_left(loan)
        owed = [offer for offer in offers if offer.is_accepted and not offer.is_funded]
        owed = [offer for offer in owed if offer.reminder is None or offer.reminder.days_left != days_left]
        wallets = self._wallets.balances_of(offer.lender_id for offer in owed)
        return [
            (offer, OfferReminder(days_left, is_backed(loan, offer, wallets.get(offer.lender_id)), now))
            for offer in owed
        ]

    def _days_left(self, loan: Loan) -> int:
        """Return the number of days until the funding lapses."""
        return (_lapse_date(loan) - self._clock().date()).days


def _lapse_date(loan: Loan) -> date:
    if loan.funding_lapses_on is None:
        raise ValueError("only fully subscribed loans lapse")
    return loan.funding_lapses_on
