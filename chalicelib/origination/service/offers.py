"""Offers: lenders make and withdraw them, the borrower accepts them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial

from chalicelib.auto_invest.domain import Outcome, Reason
from chalicelib.auto_invest.service.reservations import ReservationService
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict, with_consistent_read_fallback
from chalicelib.jobs.outbox import OutboxRepository
from chalicelib.loans.domain.errors import LoanNotFound, OfferAccepted, OfferExists, OfferNotFound
from chalicelib.loans.domain.offer import Offer, accept_offers, validate_offer
from chalicelib.loans.domain.visibility import LoanView, OfferView, require_borrower, view_for
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.origination.service.funding import auto_invest_funding_job
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate
from chalicelib.shared.settings import Settings
from chalicelib.wallets.service import WalletService


class OfferService:
    """Offers from the loan request until it is fully subscribed."""

    def __init__(
        self,
        loans: LoanRepository,
        outbox: OutboxRepository,
        reservations: ReservationService,
        wallets: WalletService,
        idempotency: IdempotencyStore,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._loans = loans
        self._outbox = outbox
        self._reservations = reservations
        self._wallets = wallets
        self._idempotency = idempotency
        self._clock = clock
        self._settings = settings

    def make(
        self,
        actor: Actor,
        loan_id: str,
        annual_rate: Rate,
        amount: Money | None,
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[OfferView]:
        """Offer the whole loan (``amount`` None) or a part of it at a rate up to the requested one.

        The offer replaces one that a rule of the lender has made, unless that is accepted.

        Raises:
            RoleRequired, LoanNotFound, LoanNotOpen, LoanBeingRefunded, OfferExists, RateTooHigh, OfferTooLarge,
            OfferTooSmall, TermsNotAmortisable, AccountFrozen, TokenRevoked
        """
        actor.must_be(Role.LENDER)
        least = self._settings.min_offer_amount

        def make(consistent: bool) -> OfferView:
            if consistent:
                found = self._loans.find_with_offer(loan_id, actor.user_id, consistent=True)
                loan, previous = found or (None, None)
            else:  # most likely the lender has no offer yet: read the loan alone
                loan, previous = self._loans.find(loan_id), None
            if loan is None:
                raise LoanNotFound
            loan.require_in_market()
            validate_offer(loan, annual_rate, amount or loan.amount, least)
            now = self._clock()
            offer = Offer(
                id=new_id(now),
                loan_id=loan.id,
                lender_id=actor.user_id,
                lender_username=actor.username,
                annual_rate=annual_rate,
                amount=amount or loan.amount,
                created_at=now,
                borrower_id=loan.borrower_id,
            )
            accepted = loan.accepted if offer.amount < least else None
            writes = self._loans.writes()
            self._idempotency.add(writes, idempotency_key, {"loan": loan.id, "offer": offer.id})
            if previous is None:
                self._loans.add_new_offer(writes, offer, accepted=accepted)
                self._wallets.add(writes, actor=actor, must_be_active=True)
            elif previous.is_accepted or not previous.reserved:
                raise OfferExists
            else:
                self._loans.add_offer(writes, offer, was=previous)
                reason = Reason.MANUAL_OFFER
                self._reservations.add_release(
                    writes, [previous], Outcome.SKIPPED, reason, actor, is_new_offer=True, accepted=accepted
                )
            writes.commit()
            return OfferView(offer, loan)

        def replay(result: Mapping[str, str]) -> OfferView:
            found = self._loans.find_with_offer(result["loan"], actor.user_id, consistent=True)
            loan, offer = found or (None, None)
            if loan is None or offer is None or offer.id != result["offer"]:  # withdrawn, and perhaps made again
                raise OfferNotFound
            return OfferView(offer, loan)

        return self._idempotency.execute(idempotency_key, partial(with_consistent_read_fallback, make), replay)

    def withdraw(
        self, actor: Actor, loan_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[None]:
        """Withdraw an offer that is not accepted; the reservation of a rule's offer is released immediately.

        A repeated request with the same key leaves an offer alone that the lender has made since.

        Raises:
            RoleRequired, OfferNotFound, OfferAccepted
        """
        actor.must_be(Role.LENDER)

        def withdraw() -> None:
            found = self._loans.find_with_offer(loan_id, actor.user_id, consistent=True)
            offer = found[1] if found else None
            if offer is None:
                raise OfferNotFound
            if offer.is_accepted:
                raise OfferAccepted
            writes = self._loans.writes()
            self._idempotency.add(writes, idempotency_key, {"offer": offer.id})
            if offer.reserved:
                self._loans.add_removed_offer(writes, offer)
                self._reservations.add_release(writes, [offer], Outcome.ENDED, Reason.WITHDRAWN, actor)
            else:
                self._loans.add_withdrawal(writes, offer)
                self._wallets.add(writes, actor=actor)
            writes.commit()

        return self._idempotency.execute(idempotency_key, partial(retry_on_conflict, withdraw), lambda _: None)

    def accept(
        self,
        actor: Actor,
        loan_id: str,
        offer_ids: Sequence[str],
        idempotency_key: IdempotencyKey | None = None,
        *,
        max_rate: Rate | None = None,
    ) -> IdempotentResult[LoanView]:
        """Accept offers in this order, all or none; the last one for as much as the loan still needs.

        The acceptance that subscribes the loan fully fixes the clearing rate.

        Args:
            actor: the borrower.
            loan_id: an open loan.
            offer_ids: 1 to 20 different offers on the loan.
            idempotency_key: the client's key, if it sent one.
            max_rate: the highest clearing rate that the borrower agrees to; None for the requested rate.

        Raises:
            RoleRequired, LoanNotFound, NotTheBorrower, LoanNotOpen, LoanBeingRefunded, OfferNotFound,
            OfferAccepted, OfferNotNeeded, ClearingRateExceeded, TermsNotAmortisable, AccountFrozen, TokenRevoked
        """
        actor.must_be(Role.BORROWER)

        def accept(consistent: bool) -> LoanView:
            found = self._loans.find_with_offers(loan_id, consistent=consistent)
            loan = require_borrower(actor, found[0] if found else None)
            before = found[1] if found else []
            loan.require_open()
            if sum(offer.is_accepted for offer in before) != loan.accepted_offers:
                raise OptimisticLockError  # a read may return the loan and not yet all its offers
            now = self._clock()
            after, offers = accept_offers(
                loan, before, offer_ids, max_rate=max_rate, now=now, funding_days=self._settings.funding_days
            )
            writes = self._loans.writes()
            self._idempotency.add(writes, idempotency_key, {"loan": loan.id})
            self._loans.add_loan(writes, after)
            for old, new in zip(before, offers, strict=True):
                if new is not old:
                    self._loans.add_offer(writes, new, was=old)
            self._wallets.add(writes, actor=actor, must_be_active=True)
            if (job := auto_invest_funding_job(after)) is not None:
                self._outbox.add_outbox(writes, job, now)
            writes.commit()
            return view_for(actor, after, offers)

        def replay(result: Mapping[str, str]) -> LoanView:
            found = self._loans.find_with_offers(result["loan"], consistent=True)
            if found is None:
                raise LoanNotFound
            return view_for(actor, *found)

        return self._idempotency.execute(idempotency_key, partial(with_consistent_read_fallback, accept), replay)
