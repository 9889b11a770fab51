"""Unwind of a loan that is not funded: refunds, released reservations, void acceptances."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.loans.domain.loan import Loan, LoanStatus, Unwind, UnwindKind
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class OfferUnwind:
    """Effect of the unwind on one offer; ``after`` is None if the offer is deleted."""

    before: Offer
    after: Offer | None
    refund: Money
    released: Money


def unwind_offers(kind: UnwindKind, offers: Iterable[Offer]) -> list[OfferUnwind]:
    """List the offers that remain to be unwound.

    CANCELLATION and EXPIRY: every funded offer is refunded and every reservation released; acceptances remain as
    history, so that their lenders can still read the loan.

    LAPSE: in addition, every acceptance becomes void. A lender who was accepted and did not fund loses the
    offer; other offers remain. A rule's offer does not remain without its reservation: it is deleted, and the
    rule considers the loan again.

    RELEASE: every accepted offer is deleted, also the funded ones; other offers remain, with their reservations.
    """
    steps = []
    for offer in offers:
        refund = offer.amount_due if offer.is_funded else ZERO
        after: Offer | None
        if kind.ends_request:
            if not offer.is_funded and not offer.reserved:
                continue
            after = replace(offer, funded_at=None, reserved=ZERO)
        elif not offer.is_accepted:
            continue
        elif kind is UnwindKind.RELEASE or offer.rule_id is not None or not offer.is_funded:
            after = None
        else:
            after = replace(
                offer, accepted_amount=ZERO, acceptance_order=0, fee_share=ZERO, funded_at=None, accepted_at=None
            )
        steps.append(OfferUnwind(offer, after, refund, offer.reserved))
    return steps


def after_unwind(kind: UnwindKind, offers: Sequence[Offer]) -> list[Offer]:
    """Return the offers that remain once everything is unwound."""
    changed = {step.before.id: step.after for step in unwind_offers(kind, offers)}
    remaining = (changed.get(offer.id, offer) for offer in offers)
    return [offer for offer in remaining if offer is not None]


def unwind_loan(loan: Loan, batch: Sequence[OfferUnwind], *, kind: UnwindKind, is_last: bool, now: datetime) -> Loan:
    """Return the loan after a batch; after the last one it is cancelled or open again, and begins a new round.

    An open loan has nothing accepted; a cancelled one keeps its acceptances as history.
    """
    refunded = Money.total(step.before.accepted_amount for step in batch if step.before.is_funded)
    reservations = loan.reservations - sum(1 for step in batch if step.released)
    remaining = replace(loan, funded=loan.funded - refunded, reservations=reservations)
    if not is_last:
        return replace(remaining, refunding=kind)
    unwound = Unwind(kind, now)
    ended = replace(
        remaining, refunding=None, funding_round=loan.funding_round + 1, unwound=unwound, subscribed_at=None
    )
    if kind.ends_request:
        return ended.with_status(LoanStatus.CANCELLED)
    reopened = replace(ended, annual_rate=loan.requested_rate, accepted=ZERO, accepted_offers=0)
    reopened = replace(reopened, funding_lapses_on=None)
    return reopened if loan.status is LoanStatus.REQUESTED else reopened.with_status(LoanStatus.REQUESTED)
