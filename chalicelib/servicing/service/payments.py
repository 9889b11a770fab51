"""Payments: the borrower pays, and the lenders are credited, in one transaction or through the worker."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final

from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict, with_consistent_read_fallback
from chalicelib.dynamodb.transaction import TransactionTooLarge, WriteTransaction
from chalicelib.jobs.outbox import OutboxRepository
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.autopay import AttemptStatus
from chalicelib.loans.domain.errors import LoanNotActive, LoanNotFound
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_account, accrue_loan, position_credits
from chalicelib.loans.domain.loan import PAYABLE, Loan
from chalicelib.loans.domain.loan_account import LoanAccount, Payoff
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.domain.visibility import LoanView, require_borrower
from chalicelib.loans.repository.loans import MAX_SCHEDULE_INVESTORS, LoanRepository
from chalicelib.servicing.domain.payment import (
    ApplyTo,
    allocate_payment,
    apply_payment,
    payment_record,
    payoff_saving,
)
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import derived_id, moment_of, new_id
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import (
    PLATFORM_ADJUSTMENTS,
    PLATFORM_FEES,
    EntryType,
    Journal,
    Line,
    loan_account,
    transfer,
    wallet_account,
)
from chalicelib.wallets.domain.wallet import BorrowingChange
from chalicelib.wallets.service import WalletService

DISTRIBUTION: Final = "DISTRIBUTION"
SETTLEMENT: Final = "SETTLEMENT"
AUTOPAY: Final = "AUTOPAY"
BATCH: Final = 40
"""Lenders in a distribution's transaction: a wallet and a posting each, and three items of the distribution."""
SMALL_BATCH: Final = 20
"""Lenders in a distribution's transaction that pays their receivables: two postings more for each."""


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    payment: PaymentRecord
    view: LoanView


@dataclass(frozen=True, slots=True)
class PaymentPreview:
    """The effect that a payment would have today.

    ``payoff_saving`` is what a payoff today would save, compared with this payment and then the schedule; None
    unless the payment would pay an instalment ahead.
    """

    payment: PaymentRecord
    view: LoanView
    account: LoanAccount
    payoff_saving: Money | None
    today: date


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
        *,
        apply_to: ApplyTo = ApplyTo.INSTALMENTS,
    ) -> IdempotentResult[PaymentOutcome]:
        """Pay the first unpaid instalment, or an amount, of which at most the payoff is charged.

        Up to 20 lenders are credited in the same transaction; for more, the payment waits in the loan's escrow
        until the worker has distributed it.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, LoanNotActive, InsufficientFunds, TokenRevoked
        """

        def pay(consistent: bool) -> PaymentOutcome:
            before = self._find(actor, loan_id, consistent, with_positions=True)
            now = self._clock()
            allocation = allocate_payment(before.account, amount, strategy, now, apply_to)
            payment, after = payment_record(allocation, new_id(now), now), apply_payment(before, allocation, now)
            writes = self._loans.writes()
            self._idempotency.add(writes, idempotency_key, {"loan": loan_id, "payment": payment.id})
            self._add_payment(writes, wallet_account(actor.user_id), (before, after), payment, actor)
            writes.commit()
            return PaymentOutcome(payment, LoanView(after.loan, autopay=after.loan.autopay))

        def replay(result: Mapping[str, str]) -> PaymentOutcome:
            found = self._loans.find_funded_loan(result["loan"], consistent=True)
            payment = self._loans.find_payment(result["loan"], result["payment"])
            if found is None or payment is None:
                raise LoanNotFound
            return PaymentOutcome(payment, LoanView(found[0], autopay=found[0].autopay))

        return self._idempotency.execute(idempotency_key, partial(with_consistent_read_fallback, pay), replay)

    def preview(
        self,
        actor: Actor,
        loan_id: str,
        amount: Money | None = None,
        strategy: Strategy = Strategy.REDUCE_TERM,
        apply_to: ApplyTo = ApplyTo.INSTALMENTS,
    ) -> PaymentPreview:
        """Calculate what ``pay`` would charge today, and the loan after it; changes nothing.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, LoanNotActive
        """
        before = self._find(actor, loan_id, consistent=True, with_positions=True)
        now = self._clock()
        allocation = allocate_payment(before.account, amount, strategy, now, apply_to)
        after = apply_payment(before, allocation, now)
        return PaymentPreview(
            payment=payment_record(allocation, new_id(now), now),
            view=LoanView(after.loan, autopay=after.loan.autopay),
            account=after.account,
            payoff_saving=payoff_saving(before.account, allocation, now.date()),
            today=now.date(),
        )

    def settle_remainder(self, loan_id: str) -> bool:
        """Pay a small remainder of a loan after its last due date from the platform's account, and close the loan.

        Returns:
            Whether the loan had such a remainder.
        """
        found = self._loans.find_funded_loan(loan_id, consistent=True, with_positions=True)
        funded_loan, now = found[1] if found else None, self._clock()
        if funded_loan is None or funded_loan.loan.status not in PAYABLE:
            return False
        before = accrue_account(funded_loan, now.date())
        due_on = before.account.settlement_due_on(now.date())
        if due_on is None or due_on > now.date():
            return False
        amount = before.account.payoff(now.date()).amount
        allocation = allocate_payment(before.account, amount, Strategy.REDUCE_TERM, now)
        after = apply_payment(before, allocation, now)
        writes = self._loans.writes()
        payment = payment_record(allocation, derived_id(now, SETTLEMENT, loan_id), now)
        self._add_payment(writes, PLATFORM_ADJUSTMENTS, (before, after), payment)
        writes.commit()
        return True

    def collect(self, loan_id: str) -> Loan | None:
        """Pay the oldest due instalment from the borrower's wallet, if autopay is to be attempted today.

        The payment and its attempt are one transaction, which requires the version of the loan that was read. So an
        instalment is paid once, however often and wherever this runs.

        Returns:
            The loan after the payment; None if there is nothing to collect today.

        Raises:
            InsufficientFunds: the wallet has less than the instalment. The attempt is not recorded.
            OptimisticLockError: the loan has changed since it was read.
        """
        found = self._loans.find_funded_loan(loan_id, consistent=True, with_positions=True)
        funded_loan, now = found[1] if found else None, self._clock()
        if funded_loan is None:
            return None
        before = accrue_loan(funded_loan, now.date())
        if before.account.first_unpaid is None or not before.loan.collects_on(before.account, now.date()):
            return None
        allocation = allocate_payment(before.account, None, Strategy.REDUCE_TERM, now)
        paid = before.loan.with_attempt(now.date(), allocation.number, AttemptStatus.PAID)
        after = apply_payment(replace(before, loan=paid), allocation, now)
        payment = payment_record(allocation, derived_id(now, AUTOPAY, loan_id, str(allocation.number)), now)
        writes = self._loans.writes()
        self._add_payment(writes, wallet_account(after.loan.borrower_id), (before, after), payment)
        writes.commit()
        return after.loan

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
        if funded_loan is None or loan.status not in PAYABLE:
            raise LoanNotActive
        return accrue_account(funded_loan, self._clock().date())

    def _add_payment(
        self,
        writes: WriteTransaction,
        payer: str,
        states: tuple[FundedLoan, FundedLoan],
        payment: PaymentRecord,
        actor: Actor | None = None,
    ) -> None:
        """Add the loan after a payment, the payment's record, and its journal.

        Up to 20 lenders are credited directly, more through escrow and the worker. ``payer`` is the account that pays:
        the borrower's wallet or the platform's. ``states`` are the loan before and after. Jobs have no actor.
        """
        before, after = states
        loan = before.loan
        self._loans.add_funded_loan(writes, after)
        self._loans.add_payment(writes, loan.id, payment)
        credits = position_credits(before, after)
        recipients = [(wallet_account(each.lender_id), each.amount, each.interest, each.refund) for each in credits]
        if len(after.positions) > MAX_SCHEDULE_INVESTORS:
            refunds, interest = Money.total(each.refund for each in credits), payment.interest
            recipients = [(loan_account(loan.id), payment.principal + interest, interest, refunds)]
            if credits:
                self._loans.distributions.add_distribution(writes, loan.id, payment.id, credits)
                self._outbox.add_outbox(writes, BackgroundJob(DISTRIBUTION, loan.id, payment.id), payment.paid_at)
        lines: list[Line] = list(transfer(payer, PLATFORM_FEES, payment.late_fee, EntryType.LATE_FEE))
        for account, amount, interest, refund in recipients:
            lines += transfer(payer, account, amount, EntryType.LOAN_PAYMENT, interest)
            lines += transfer(PLATFORM_FEES, account, refund, EntryType.REFUND)
        text = "Remainder of a loan" if payer == PLATFORM_ADJUSTMENTS else f"Loan payment {payment.number}"
        journal = Journal(payment.id, payment.paid_at, tuple(lines), text, loan.id)
        repaid = {loan.borrower_id: BorrowingChange(exposure=-payment.principal)}
        self._wallets.add(writes, journal, actor=actor, is_repayment=True, borrowing=repaid)

    def _distribute_batch(self, job: BackgroundJob, most: int = BATCH) -> int | None:
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
        then = min(current.done + most, len(current.credits))
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
        journal = Journal(journal_id, at, tuple(lines), "Loan payment", job.subject, payment_id=job.key)
        self._wallets.add(writes, journal)
        try:
            writes.commit()
        except TransactionTooLarge:
            return self._distribute_batch(job, SMALL_BATCH)
        return len(batch)
