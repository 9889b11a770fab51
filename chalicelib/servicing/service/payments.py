"""Repayment: the borrower pays, the investors receive, in one transaction."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.dynamodb.database import with_consistent_read_fallback
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.errors import LoanNotActive, LoanNotFound
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_instalments, position_credits
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.loan_account import Payoff
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.domain.visibility import LoanView, require_borrower
from chalicelib.loans.repository.loans import MOST_IN_SCHEDULE, LoanRepository
from chalicelib.loans.repository.outbox import OutboxRepository
from chalicelib.servicing.domain.payment import PaymentAllocation, allocate_payment, apply_payment
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.servicing.service.distributions import DISTRIBUTION
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
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


@dataclass(frozen=True, slots=True)
class PaymentOutcome:
    """A payment that was made, and the loan after it."""

    payment: PaymentRecord
    view: LoanView


class PaymentService:
    """Payments and payoff quotes of funded loans."""

    def __init__(
        self,
        repository: LoanRepository,
        work: OutboxRepository,
        wallets: WalletService,
        markers: IdempotencyStore,
        clock: Clock,
    ) -> None:
        self._repository = repository
        self._work = work
        self._wallets = wallets
        self._markers = markers
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

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, LoanNotActive, ExceedsPayoff, InsufficientFunds,
            AccountFrozen
        """

        def pay(consistent: bool) -> PaymentOutcome:
            servicing = self._active(actor, loan_id, consistent, with_positions=True)
            now = self._clock()
            settled = allocate_payment(servicing.account, amount, strategy, now)
            after = apply_payment(servicing, settled, now)
            payment = _record(settled, now)
            writes = self._repository.writes()
            self._markers.add(writes, idempotency_key, {"loan": loan_id, "payment": payment.id})
            self._repository.add_servicing(writes, after)
            self._repository.add_payment(writes, loan_id, payment)
            self._add_credits(writes, servicing, after, settled, payment)
            writes.commit()
            return PaymentOutcome(payment, LoanView(after.loan))

        return self._markers.execute(idempotency_key, lambda: with_consistent_read_fallback(pay), self._read)

    def payoff(self, actor: Actor, loan_id: str) -> Payoff:
        """What closes the loan today.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, LoanNotActive
        """
        return self._active(actor, loan_id, consistent=True).account.payoff(self._clock().date())

    def _add_credits(
        self,
        writes: WriteTransaction,
        before: FundedLoan,
        after: FundedLoan,
        settled: PaymentAllocation,
        payment: PaymentRecord,
    ) -> None:
        """Add the movement of the money: to a few investors at once, to many through escrow and the worker."""
        loan_id = before.loan.id
        credits = position_credits(before.positions, after.positions)
        if len(after.positions) <= MOST_IN_SCHEDULE:
            credited = [(wallet_account(lender_id), amount) for lender_id, amount in credits]
            self._wallets.add(writes, _journal(before.loan, settled, payment, credited))
            return
        escrowed = ((loan_account(loan_id), settled.principal + settled.interest),)
        self._wallets.add(writes, _journal(before.loan, settled, payment, escrowed))
        if credits:
            self._work.add_distribution(writes, loan_id, payment.id, credits)
            self._work.add_outbox(writes, BackgroundJob(DISTRIBUTION, loan_id, payment.id), payment.paid_at)

    def _active(self, actor: Actor, loan_id: str, consistent: bool, *, with_positions: bool = False) -> FundedLoan:
        """The actor's loan with its rows as they stand today."""
        actor.must_be(Role.BORROWER)
        found = self._repository.find_servicing(loan_id, consistent=consistent, with_positions=with_positions)
        loan = require_borrower(actor, found[0] if found else None)
        servicing = found[1] if found else None
        if servicing is None or loan.status not in (LoanStatus.FUNDED, LoanStatus.DEFAULTED):
            raise LoanNotActive
        return accrue_instalments(servicing, self._clock().date())

    def _read(self, result: Mapping[str, str]) -> PaymentOutcome:
        found = self._repository.find_servicing(result["loan"], consistent=True)
        payment = self._repository.find_payment(result["loan"], result["payment"])
        if found is None or payment is None:
            raise LoanNotFound
        return PaymentOutcome(payment, LoanView(found[0]))


def _journal(
    loan: Loan, settled: PaymentAllocation, payment: PaymentRecord, credits: Sequence[tuple[str, Money]]
) -> Journal:
    borrower = wallet_account(loan.borrower_id)
    lines: list[Line] = list(transfer(borrower, PLATFORM_FEES, settled.late_fee, EntryType.LATE_FEE))
    for account, amount in credits:
        lines += transfer(borrower, account, amount, EntryType.LOAN_PAYMENT)
    return Journal(payment.id, payment.paid_at, tuple(lines), f"Loan payment {payment.number}", loan.id)


def _record(settled: PaymentAllocation, now: datetime) -> PaymentRecord:
    row = settled.account.instalments[settled.number - 1]
    return PaymentRecord(
        id=new_id(now),
        number=settled.number,
        principal=settled.principal,
        interest=settled.interest,
        late_fee=settled.late_fee,
        paid_at=now,
        instalment_status=row.status_on(now.date()),
    )
