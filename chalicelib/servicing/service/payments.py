"""Payments: the borrower pays, and the lenders are credited, in one transaction or through the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import partial
from typing import Final

from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict, with_consistent_read_fallback
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.outbox import OutboxRepository
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.errors import LoanNotActive, LoanNotFound
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_account, position_credits
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.loan_account import Payoff
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.domain.visibility import LoanView, require_borrower
from chalicelib.loans.repository.loans import MAX_SCHEDULE_INVESTORS, LoanRepository
from chalicelib.servicing.domain.payment import PaymentAllocation, allocate_payment, apply_payment
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import derived_id, moment_of, new_id
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import (
    PLATFORM_FEES,
    EntryType,
    Journal,
    Line,
    loan_account,
    transfer,
    wallet_account,
)
from chalicelib.wallets.service import WalletService

DISTRIBUTION: Final = "DISTRIBUTION"
BATCH: Final = 40
"""Lenders in a distribution's transaction: a wallet and a posting each, and three items of the distribution."""


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    payment: PaymentRecord
    view: LoanView


class PaymentService:
    """Payments and payoff quotes of funded loans, and the distribution of payments to lenders."""

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

    def pay(
        self,
        actor: Actor,
        loan_id: str,
        amount: Money | None = None,
        strategy: Strategy = Strategy.REDUCE_TERM,
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[PaymentOutcome]:
        """Pay the first unpaid instalment, or an amount.

        Up to 20 lenders are credited in the same transaction; for more, the payment waits in the loan's escrow
        until the worker has distributed it.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, LoanNotActive, ExceedsPayoff, InsufficientFunds,
            TokenRevoked
        """

        def pay(consistent: bool) -> PaymentOutcome:
            before = self._find(actor, loan_id, consistent, with_positions=True)
            now = self._clock()
            allocation = allocate_payment(before.account, amount, strategy, now)
            after = apply_payment(before, allocation, now)
            payment = PaymentRecord(
                id=new_id(now),
                number=allocation.number,
                principal=allocation.principal,
                interest=allocation.interest,
                late_fee=allocation.late_fee,
                paid_at=now,
                instalment_status=allocation.account.instalments[allocation.number - 1].status_on(now.date()),
            )
            writes = self._loans.writes()
            self._idempotency.add(writes, idempotency_key, {"loan": loan_id, "payment": payment.id})
            self._loans.add_funded_loan(writes, after)
            self._loans.add_payment(writes, loan_id, payment)
            self._add_credits(writes, actor, before, after, allocation, payment)
            writes.commit()
            return PaymentOutcome(payment, LoanView(after.loan))

        def replay(result: Mapping[str, str]) -> PaymentOutcome:
            found = self._loans.find_funded_loan(result["loan"], consistent=True)
            payment = self._loans.find_payment(result["loan"], result["payment"])
            if found is None or payment is None:
                raise LoanNotFound
            return PaymentOutcome(payment, LoanView(found[0]))

        return self._idempotency.execute(idempotency_key, partial(with_consistent_read_fallback, pay), replay)

    def payoff(self, actor: Actor, loan_id: str) -> Payoff:
        """Calculate the amount that closes the loan today.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, LoanNotActive
        """
        return self._find(actor, loan_id, consistent=True).account.payoff(self._clock().date())

    def distribute(self, job: BackgroundJob) -> int:
        """Credit the lenders of a payment that are not credited yet; return their number.

        The job may run twice, overlap with itself, or die at any point: each batch moves a counter under a
        condition in the transaction that credits it, and the keys of its postings follow from payment and batch.
        """
        credited = 0
        while (count := retry_on_conflict(lambda: self._distribute_batch(job))) is not None:
            credited += count
        return credited

    def _find(self, actor: Actor, loan_id: str, consistent: bool, *, with_positions: bool = False) -> FundedLoan:
        """Find the actor's funded loan, accrued to today."""
        actor.must_be(Role.BORROWER)
        found = self._loans.find_funded_loan(loan_id, consistent=consistent, with_positions=with_positions)
        loan = require_borrower(actor, found[0] if found else None)
        funded_loan = found[1] if found else None
        if funded_loan is None or loan.status not in (LoanStatus.FUNDED, LoanStatus.DEFAULTED):
            raise LoanNotActive
        return accrue_account(funded_loan, self._clock().date())

    def _add_credits(
        self,
        writes: WriteTransaction,
        actor: Actor,
        before: FundedLoan,
        after: FundedLoan,
        allocation: PaymentAllocation,
        payment: PaymentRecord,
    ) -> None:
        """Add the journal of a payment: to up to 20 lenders directly, to more through escrow and the worker."""
        loan = before.loan
        credits = position_credits(before, after)
        recipients = [(wallet_account(each.lender_id), each.amount, each.interest, each.refund) for each in credits]
        if len(after.positions) > MAX_SCHEDULE_INVESTORS:
            refunds, interest = Money.total(each.refund for each in credits), allocation.interest
            recipients = [(loan_account(loan.id), allocation.principal + interest, interest, refunds)]
            if credits:
                self._loans.distributions.add_distribution(writes, loan.id, payment.id, credits)
                self._outbox.add_outbox(writes, BackgroundJob(DISTRIBUTION, loan.id, payment.id), payment.paid_at)
        borrower = wallet_account(loan.borrower_id)
        lines: list[Line] = list(transfer(borrower, PLATFORM_FEES, allocation.late_fee, EntryType.LATE_FEE))
        for account, amount, interest, refund in recipients:
            lines += transfer(borrower, account, amount, EntryType.LOAN_PAYMENT, interest)
            lines += transfer(PLATFORM_FEES, account, refund, EntryType.REFUND)
        text = f"Loan payment {payment.number}"
        journal = Journal(payment.id, payment.paid_at, tuple(lines), text, loan.id)
        self._wallets.add(writes, journal, actor=actor, is_repayment=True)

    def _distribute_batch(self, job: BackgroundJob) -> int | None:
        """Credit the next lenders; return their number, or None if all are credited."""
        if not self._outbox.is_pending(job):
            return None
        chunks = self._loans.distributions.find_distribution(job.subject, job.key)
        current = next((chunk for chunk in chunks if not chunk.is_done), None)
        writes = self._loans.writes()
        if current is None:
            self._outbox.add_outbox_done(writes, job)
            writes.commit()
            return 0
        then = min(current.done + BATCH, len(current.credits))
        batch = current.credits[current.done : then]
        self._loans.distributions.add_credited(
            writes, job.subject, job.key, chunk=current.chunk, done=current.done, then=then
        )
        if current.chunk == chunks[-1].chunk and then == len(current.credits):
            self._outbox.add_outbox_done(writes, job)
        at, escrow, lines = moment_of(job.key), loan_account(job.subject), list[Line]()
        for credit in batch:
            account = wallet_account(credit.lender_id)
            lines += transfer(escrow, account, credit.amount, EntryType.LOAN_PAYMENT, credit.interest)
            lines += transfer(escrow, account, credit.refund, EntryType.REFUND)
        journal_id = derived_id(at, DISTRIBUTION, job.key, str(current.chunk), str(current.done))
        self._wallets.add(writes, Journal(journal_id, at, tuple(lines), "Loan payment", job.subject))
        writes.commit()
        return len(batch)
