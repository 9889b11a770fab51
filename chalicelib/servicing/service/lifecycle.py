"""Apply the calendar to loans: requests expire, funding lapses, instalments become overdue, loans default."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import Final

from chalicelib.auto_invest.service.reservations import ReservationService
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.jobs.deadline import Deadline
from chalicelib.jobs.queue import BackgroundJob, JobQueue
from chalicelib.loans.domain.autopay import AttemptStatus
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_account, remind_borrower
from chalicelib.loans.domain.loan import CANCELLABLE, LoanStatus, UnwindKind
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.next_actions import NextActionQueue, NextActionRepository
from chalicelib.observability.logging import logger
from chalicelib.origination.service.unfunded_loans import UnfundedLoanService
from chalicelib.servicing.service.payments import PaymentService
from chalicelib.shared.clock import Clock
from chalicelib.wallets.domain.wallet import InsufficientFunds

ACT_ON_LOAN: Final = "ACT_ON_LOAN"
CONTINUE_DUE_LOANS: Final = "CONTINUE_DUE_LOANS"
_LISTING_SECONDS: Final = 10
_FIRST_PAGE: Final = 100
_PAGE: Final = 500


class LifecycleAction(StrEnum):
    NOTHING = "nothing"
    EXPIRED = "expired"
    LAPSED = "lapsed"
    RELEASED = "released"
    ACCRUED = "accrued"
    REMINDED = "reminded"
    DEFAULTED = "defaulted"
    SETTLED = "settled"
    AUTOPAID = "autopaid"
    AUTOPAY_FAILED = "autopay_failed"


_OF_UNFUNDED: Final = {
    UnwindKind.EXPIRY: LifecycleAction.EXPIRED,
    UnwindKind.LAPSE: LifecycleAction.LAPSED,
    None: LifecycleAction.REMINDED,
}
_WITHOUT_PAYMENT: Final = (LifecycleAction.ACCRUED, LifecycleAction.REMINDED)


class LifecycleService:
    """Daily jobs on loans whose next action is due, found by the index of next actions.

    Acting twice, or days late, gives the same cents. A loan that was acted on leaves the index; the next run
    finds what an interrupted run has left. The first page is processed immediately, the rest by the queue.
    """

    def __init__(
        self,
        loans: LoanRepository,
        next_actions: NextActionRepository,
        unfunded: UnfundedLoanService,
        reservations: ReservationService,
        payments: PaymentService,
        queue: JobQueue,
        clock: Clock,
    ) -> None:
        self._loans = loans
        self._next_actions = next_actions
        self._unfunded = unfunded
        self._reservations = reservations
        self._payments = payments
        self._queue = queue
        self._clock = clock

    def check_overdue(self) -> dict[str, int]:
        """Act on funded loans: autopay, reminders, overdue instalments, late fees, default, small remainders.

        Each happens once.
        """
        return self._process_due(NextActionQueue.RUNNING)

    def expire_stale(self) -> dict[str, int]:
        """Act on loans that are not funded: requests expire, lenders are reminded, funding and reservations lapse."""
        return self._process_due(NextActionQueue.UNFUNDED, NextActionQueue.RESERVED)

    def act_on_loan(self, job: BackgroundJob) -> int:
        self.act(job.subject)
        return 1

    def continue_due_loans(self, job: BackgroundJob) -> int:
        """Queue the remaining loans of a long list."""
        return self._queue_remaining(job.subject, job.key)

    def act(self, subject: str) -> LifecycleAction:
        """Take the action that the date of a loan (or of an offer, `loan#lender`) demands, if it is due."""
        loan_id, _, lender_id = subject.partition("#")
        if lender_id:
            lapsed = self._reservations.lapse(loan_id, lender_id)
            return LifecycleAction.RELEASED if lapsed else LifecycleAction.NOTHING
        return retry_on_conflict(lambda: self._act(loan_id))

    def _act(self, loan_id: str) -> LifecycleAction:
        found = self._loans.find_funded_loan(loan_id, consistent=True)
        if found is None or not found[0].is_action_due(self._clock().date()):
            return LifecycleAction.NOTHING
        loan, funded_loan = found
        if loan.status in CANCELLABLE:
            return _OF_UNFUNDED[self._unfunded.act(loan_id)]
        return self._service(funded_loan) if funded_loan else LifecycleAction.NOTHING

    def _service(self, before: FundedLoan) -> LifecycleAction:
        """Collect due instalments by autopay, oldest first, until one fails; without autopay, accrue.

        A failed attempt and the accrual of its day are one transaction, which requires the version that was read.
        """
        loan, account, today = before.loan, before.account, self._clock().date()
        unpaid = account.first_unpaid
        if unpaid is None or not loan.collects_on(account, today):
            return self._accrue(before)
        try:
            paid = self._payments.collect(loan.id)
        except InsufficientFunds as failure:
            failed = loan.with_attempt(today, unpaid.number, AttemptStatus.FAILED, failure.code)
            action = self._accrue(replace(before, loan=failed))
            return LifecycleAction.AUTOPAY_FAILED if action in _WITHOUT_PAYMENT else action
        if paid is None:
            return self._accrue(before)
        is_due = paid.next_action_on is not None and paid.next_action_on <= today
        return self._act(loan.id) if is_due else LifecycleAction.AUTOPAID

    def _accrue(self, before: FundedLoan) -> LifecycleAction:
        """Accrue a loan to today and record the reminder that is due, in one transaction.

        It requires the version that was read and moves the next action on, so each reminder is recorded once.
        """
        now = self._clock()
        today = now.date()
        after = remind_borrower(accrue_account(before, today), now)
        settlement = after.account.settlement_due_on(today)
        if settlement and settlement <= today and self._payments.settle_remainder(before.loan.id):
            return LifecycleAction.SETTLED
        writes = self._loans.writes()
        if after.account.is_stored_like(before.account):
            self._loans.add_loan(writes, after.loan)
        else:
            self._loans.add_funded_loan(writes, after)
        writes.commit()
        if after.loan.status is LoanStatus.DEFAULTED and before.loan.status is LoanStatus.FUNDED:
            return LifecycleAction.DEFAULTED
        is_overdue = after.loan.next_due_date is not None and after.loan.next_due_date < today
        return LifecycleAction.ACCRUED if is_overdue else LifecycleAction.REMINDED

    def _process_due(self, *queues: NextActionQueue) -> dict[str, int]:
        counts: Counter[str] = Counter({"due": 0, "queued": 0, "failed": 0})
        today = self._clock().date()
        for partition in [partition for queue in queues for partition in self._next_actions.partitions(queue)]:
            first, rest = self._next_actions.due(partition, today, limit=_FIRST_PAGE)
            queued = self._queue_remaining(partition, rest)
            counts["due"] += len(first) + queued
            counts["queued"] += queued
            counts.update(self._act_on_all(first))
        return dict(counts)

    def _queue_remaining(self, partition: str, after: str | None) -> int:
        """Queue the loans after the first page; return their number. The queue continues a very long list."""
        queued, deadline = 0, Deadline(_LISTING_SECONDS)
        while after is not None:
            if deadline.is_over:
                self._queue.send([BackgroundJob(CONTINUE_DUE_LOANS, partition, after)])
                break
            loan_ids, after = self._next_actions.due(partition, self._clock().date(), limit=_PAGE, after=after)
            self._queue.send([BackgroundJob(ACT_ON_LOAN, loan_id) for loan_id in loan_ids])
            queued += len(loan_ids)
        return queued

    def _act_on_all(self, loan_ids: Iterable[str]) -> Counter[str]:
        counts: Counter[str] = Counter()
        for loan_id in loan_ids:
            try:
                counts[self.act(loan_id).value] += 1
            except Exception:  # noqa: BLE001 - the guard of one loan: the others follow, and the next run finds it
                logger().exception("acting on a loan failed", extra={"loan": loan_id})
                counts["failed"] += 1
        return counts
