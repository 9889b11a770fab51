"""Autopay mandates: a borrower has the instalments of a loan paid from the wallet when they are due."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime

from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.loans.domain.errors import LoanNotActive
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_loan
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.visibility import require_borrower
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.wallets.service import WalletService


class AutopayService:
    """Turns mandates on and off. `PaymentService.collect` pays what they demand, for the job on due loans."""

    def __init__(
        self, loans: LoanRepository, wallets: WalletService, idempotency: IdempotencyStore, clock: Clock
    ) -> None:
        self._loans = loans
        self._wallets = wallets
        self._idempotency = idempotency
        self._clock = clock

    def enable(self, actor: Actor, loan_id: str) -> Loan:
        """Give a mandate for a running loan; a second one changes nothing. Frozen borrowers may repay, so they may too.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, TokenRevoked
            LoanNotActive: the loan is not funded, is repaid or is in default.
        """

        def enable() -> Loan:
            found, now = self._find(actor, loan_id), self._clock()
            if found.loan.autopay.since is not None:
                return found.loan
            writes = self._loans.writes()
            after = _with_mandate(found, since=now, now=now)
            self._loans.add_loan(writes, after)
            self._wallets.add(writes, actor=actor)
            writes.commit()
            return after

        return retry_on_conflict(enable)

    def disable(
        self, actor: Actor, loan_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[None]:
        """End a mandate; without one, nothing changes.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, TokenRevoked
            LoanNotActive: the loan is not funded, is repaid or is in default, which ends a mandate.
        """

        def disable() -> None:
            found = self._find(actor, loan_id)
            writes = self._loans.writes()
            self._idempotency.add(writes, idempotency_key, {"loan": loan_id})
            if found.loan.autopay.since is not None:
                self._loans.add_loan(writes, _with_mandate(found, since=None, now=self._clock()))
            self._wallets.add(writes, actor=actor)
            writes.commit()

        def replay(_: Mapping[str, str]) -> None:
            return None

        return self._idempotency.execute(idempotency_key, lambda: retry_on_conflict(disable), replay)

    def _find(self, actor: Actor, loan_id: str) -> FundedLoan:
        """Find the actor's running loan as it is stored."""
        actor.must_be(Role.BORROWER)
        found = self._loans.find_funded_loan(loan_id, consistent=True)
        require_borrower(actor, found[0] if found else None)
        stored = found[1] if found else None
        if stored is None or accrue_loan(stored, self._clock().date()).loan.status is not LoanStatus.FUNDED:
            raise LoanNotActive("Autopay is for running loans. This one is not funded, is repaid or is in default.")
        return stored


def _with_mandate(found: FundedLoan, *, since: datetime | None, now: datetime) -> Loan:
    """Return the stored loan with or without a mandate. An action that is due remains due."""
    today, loan = now.date(), replace(found.loan, autopay=replace(found.loan.autopay, since=since))
    if loan.next_action_on is not None and loan.next_action_on <= today:
        return loan
    return replace(loan, next_action_on=accrue_loan(replace(found, loan=loan), today).loan.next_action_on)
