"""Funding by hand: an accepted lender pays in, and the last of them sets the loan going."""

from __future__ import annotations

from collections.abc import Mapping

from chalicelib.dynamodb.database import with_consistent_read_fallback
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.loans.domain.errors import LoanNotFound, LoanNotReady
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.visibility import LoanView, view_for
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.origination.service.loan_funding import LoanFunding
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock


class FundingService:
    """Each accepted lender pays its part and its share of the fee into the loan's escrow, once."""

    def __init__(
        self, repository: LoanRepository, paying_in: LoanFunding, markers: IdempotencyStore, clock: Clock
    ) -> None:
        self._repository = repository
        self._paying_in = paying_in
        self._markers = markers
        self._clock = clock

    def fund(
        self, actor: Actor, loan_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[LoanView]:
        """Pay in the accepted part, out of what the offer holds if a rule made it.

        The last funding pays the borrower and starts the schedule.

        Raises:
            RoleRequired, LoanNotFound, LoanNotReady, AlreadyFunded, InsufficientFunds, AccountFrozen
        """
        actor.must_be(Role.LENDER)

        def fund(consistent: bool) -> LoanView:
            loan, offer = self._fundable(actor, loan_id, consistent)
            writes = self._repository.writes()
            self._markers.add(writes, idempotency_key, {"loan": loan.id})
            after, paid_in = self._paying_in.add(writes, loan, [offer], self._clock())
            writes.commit()
            return view_for(actor, after, paid_in)

        def replay(result: Mapping[str, str]) -> LoanView:
            found = self._repository.find_with_offer(result["loan"], actor.user_id, consistent=True)
            if found is None:
                raise LoanNotFound
            loan, offer = found
            return view_for(actor, loan, [offer] if offer else [])

        return self._markers.execute(idempotency_key, lambda: with_consistent_read_fallback(fund), replay)

    def _fundable(self, actor: Actor, loan_id: str, consistent: bool) -> tuple[Loan, Offer]:
        found = self._repository.find_with_offer(loan_id, actor.user_id, consistent=consistent)
        if found is None:
            raise LoanNotFound
        loan, offer = found
        if offer is None or not offer.is_accepted:
            if loan.status is not LoanStatus.REQUESTED:
                raise LoanNotFound
            raise LoanNotReady
        offer.require_fundable()
        loan.require_fundable()
        return loan, offer
