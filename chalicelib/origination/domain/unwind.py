"""Undoing what was put together for a loan that is not funded: refunds, released holds, void acceptances."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class OfferUnwind:
    """What winding back does to one offer: ``after`` is None where the offer is deleted."""

    before: Offer
    after: Offer | None
    refund: Money
    released: Money


def unwind_offers(target: LoanStatus, offers: Iterable[Offer]) -> list[OfferUnwind]:
    """What is left to undo before the loan is ``target``.

    CANCELLED: everything paid in goes back and every hold is released. REQUESTED (funding lapsed): besides,
    every acceptance is void; who was accepted and did not pay in loses the offer, the others stand again. An
    offer of a rule does not stand without its hold: it is deleted, and the rule looks at the loan anew.
    """
    return [_step(target, offer) for offer in offers if _concerns(target, offer)]


def after_unwind(target: LoanStatus, offers: Sequence[Offer]) -> list[Offer]:
    """The offers once everything is undone."""
    changed = {step.before.id: step.after for step in unwind_offers(target, offers)}
    kept = (changed.get(offer.id, offer) for offer in offers)
    return [offer for offer in kept if offer is not None]


def unwound(loan: Loan, done: Sequence[OfferUnwind], *, target: LoanStatus, is_last: bool) -> Loan:
    """The loan after some steps; after the last of them it is in its target state.

    Open again it has nothing accepted; cancelled it keeps its acceptances as history.
    """
    refunded = Money.total(step.before.accepted_amount for step in done if step.before.is_funded)
    holds = loan.reservations - sum(1 for step in done if step.released)
    left = replace(loan, funded=loan.funded - refunded, reservations=holds)
    if not is_last:
        return replace(left, refunding=target)
    ended = replace(left, refunding=None, funding_round=loan.funding_round + 1)
    if target is loan.status:
        return ended
    if target is LoanStatus.CANCELLED:
        return ended.with_status(target)
    return replace(
        ended.with_status(target),
        annual_rate=loan.requested_rate,
        accepted=ZERO,
        accepted_offers=0,
    )


def _concerns(target: LoanStatus, offer: Offer) -> bool:
    if target is LoanStatus.CANCELLED:
        return offer.is_funded or offer.reserved > ZERO
    return offer.is_accepted


def _step(target: LoanStatus, offer: Offer) -> OfferUnwind:
    refund = offer.amount_due if offer.is_funded else ZERO
    if target is LoanStatus.CANCELLED:
        # Its acceptance stands as history: whoever was accepted may still see the loan.
        return OfferUnwind(offer, replace(offer, funded_at=None, reserved=ZERO), refund, offer.reserved)
    void = replace(
        offer, accepted_amount=ZERO, acceptance_order=0, fee_share=ZERO, funded_at=None, reserved=ZERO, rule_id=None
    )
    deleted = offer.rule_id is not None or not offer.is_funded
    return OfferUnwind(offer, None if deleted else void, refund, offer.reserved)
