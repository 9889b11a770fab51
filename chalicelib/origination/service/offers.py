"""Offers: made and withdrawn by lenders, accepted by the borrower."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import timedelta

from chalicelib.auto_invest.domain import Outcome, Reason
from chalicelib.auto_invest.service.reservations import ReservationService
from chalicelib.dynamodb.database import OptimisticLockError, retry_on_conflict, with_consistent_read_fallback
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.lending_math.distribution import fee_share
from chalicelib.loans.domain.borrowing_costs import estimated_costs
from chalicelib.loans.domain.errors import LoanNotFound, OfferAccepted, OfferExists, OfferNotFound
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.offer import Offer, clearing_rate, validate_offer
from chalicelib.loans.domain.visibility import LoanView, require_borrower, view_for
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.outbox import OutboxRepository
from chalicelib.origination.service.subscription_funding import fund_auto_invest_offers
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate
from chalicelib.shared.settings import Settings


class OfferService:
    """The market between request and coverage."""

    def __init__(
        self,
        repository: LoanRepository,
        work: OutboxRepository,
        holds: ReservationService,
        markers: IdempotencyStore,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._repository = repository
        self._work = work
        self._holds = holds
        self._markers = markers
        self._clock = clock
        self._settings = settings

    def make(
        self,
        actor: Actor,
        loan_id: str,
        annual_rate: Rate,
        amount: Money | None,
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[Offer]:
        """Offer the whole amount (None) or a part of it at a rate up to the requested one.

        It takes the place of an offer that a rule of the lender has made and nobody has accepted.

        Raises:
            RoleRequired, LoanNotFound, LoanNotOpen, OfferExists, RateTooHigh, OfferTooLarge
        """
        actor.must_be(Role.LENDER)

        def make(consistent: bool) -> Offer:
            loan, standing = self._market(actor, loan_id, consistent)
            loan.require_open()
            offer = self._new_offer(actor, loan, annual_rate, amount or loan.amount)
            writes = self._repository.writes()
            self._markers.add(writes, idempotency_key, {"loan": loan.id, "offer": offer.id})
            if standing is None:
                self._repository.add_new_offer(writes, offer)
            else:
                self._add_instead(writes, offer, standing)
            writes.commit()
            return offer

        return self._markers.execute(
            idempotency_key, lambda: with_consistent_read_fallback(make), lambda result: self._own_offer(actor, result)
        )

    def withdraw(
        self, actor: Actor, loan_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[None]:
        """Take back an offer that is not accepted; what a rule's offer holds is free again at once.

        Asked again with its key, it leaves an offer alone that the lender has made since.

        Raises:
            RoleRequired, OfferNotFound, OfferAccepted
        """
        actor.must_be(Role.LENDER)

        def withdraw() -> None:
            retry_on_conflict(lambda: self._withdraw(actor, loan_id, idempotency_key))

        return self._markers.execute(idempotency_key, withdraw, lambda _: None)

    def accept(
        self, actor: Actor, loan_id: str, offer_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[LoanView]:
        """Take an offer, or as much of it as the loan still needs; the last one fixes the clearing rate.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, LoanNotOpen, OfferNotFound, OfferAccepted
        """
        actor.must_be(Role.BORROWER)

        def accept(consistent: bool) -> LoanView:
            found = self._repository.find_with_offers(loan_id, consistent=consistent)
            loan = require_borrower(actor, found[0] if found else None)
            offers = found[1] if found else []
            loan.require_open()
            offer = next((offer for offer in offers if offer.id == offer_id), None)
            if offer is None:
                raise OfferNotFound
            taken = _taken(loan, offer)
            accepted = [other for other in offers if other.is_accepted]
            if len(accepted) != loan.accepted_offers:  # a read may show the loan and not yet all its offers
                raise OptimisticLockError
            after = self._with_acceptance(loan, [*accepted, taken], taken)
            writes = self._repository.writes()
            self._markers.add(writes, idempotency_key, {"loan": loan.id})
            self._repository.add_loan(writes, after)
            self._repository.add_offer(writes, taken, was=offer)
            if (work := fund_auto_invest_offers(after)) is not None:
                self._work.add_outbox(writes, work, self._clock())
            writes.commit()
            return view_for(actor, after, [taken if o.id == offer_id else o for o in offers])

        def replay(result: Mapping[str, str]) -> LoanView:
            found = self._repository.find_with_offers(result["loan"], consistent=True)
            if found is None:
                raise LoanNotFound
            return view_for(actor, *found)

        return self._markers.execute(idempotency_key, lambda: with_consistent_read_fallback(accept), replay)

    def _market(self, actor: Actor, loan_id: str, consistent: bool) -> tuple[Loan, Offer | None]:
        """The loan, and on a consistent read the lender's own offer: at first there is most likely none."""
        if not consistent:
            loan, standing = self._repository.find(loan_id), None
        else:
            loan, standing = self._repository.find_with_offer(loan_id, actor.user_id, consistent=True) or (None, None)
        if loan is None:
            raise LoanNotFound
        return loan, standing

    def _add_instead(self, writes: WriteTransaction, offer: Offer, standing: Offer) -> None:
        """Add a manual offer in the place of a rule's: the rule gives way, and records that it did."""
        if standing.is_accepted or not standing.reserved:
            raise OfferExists
        self._repository.add_offer(writes, offer, was=standing)
        self._holds.add_release(writes, [standing], Outcome.SKIPPED, Reason.MANUAL_OFFER, only_open=True)

    def _withdraw(self, actor: Actor, loan_id: str, idempotency_key: IdempotencyKey | None) -> None:
        found = self._repository.find_with_offer(loan_id, actor.user_id, consistent=True)
        offer = found[1] if found else None
        if offer is None:
            raise OfferNotFound
        if offer.is_accepted:
            raise OfferAccepted
        writes = self._repository.writes()
        self._markers.add(writes, idempotency_key, {"offer": offer.id})
        if offer.reserved:
            self._repository.add_removed_offer(writes, offer)
            self._holds.add_release(writes, [offer], Outcome.ENDED, Reason.WITHDRAWN)
        else:
            self._repository.add_withdrawal(writes, offer)
        writes.commit()

    def _new_offer(self, actor: Actor, loan: Loan, annual_rate: Rate, amount: Money) -> Offer:
        validate_offer(loan, annual_rate, amount)
        now = self._clock()
        return Offer(
            id=new_id(now),
            loan_id=loan.id,
            lender_id=actor.user_id,
            lender_username=actor.username,
            annual_rate=annual_rate,
            amount=amount,
            created_at=now,
        )

    def _with_acceptance(self, loan: Loan, accepted: Sequence[Offer], taken: Offer) -> Loan:
        today = self._clock().date()
        lapses_on = today + timedelta(days=self._settings.funding_days)
        rate = clearing_rate(accepted)
        after = loan.with_acceptance(taken.accepted_amount, rate, lapses_on)
        if after.unsubscribed or rate == loan.annual_rate:
            return after
        costs = estimated_costs(loan.amount, rate, loan.term_months, loan.method, today)
        return replace(after, costs=costs)

    def _own_offer(self, actor: Actor, result: Mapping[str, str]) -> Offer:
        found = self._repository.find_with_offer(result["loan"], actor.user_id, consistent=True)
        offer = found[1] if found else None
        if offer is None or offer.id != result["offer"]:  # withdrawn since; the lender may have made another
            raise OfferNotFound
        return offer


def _taken(loan: Loan, offer: Offer) -> Offer:
    """The offer, accepted for itself or for what the loan still needs, with its share of the fee."""
    part = min(offer.amount, loan.unsubscribed)
    share = fee_share(loan.fee, loan.amount, loan.accepted, part)
    return offer.accept(part, loan.accepted_offers + 1, share)
