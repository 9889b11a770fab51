"""Permissions to read a loan and its offers."""

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.loans.domain.autopay import Autopay
from chalicelib.loans.domain.errors import LoanNotFound, NotTheBorrower
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.reschedule_proposal import RescheduleProposal
from chalicelib.shared.actor import Actor


@dataclass(frozen=True, slots=True)
class LoanView:
    """A loan with the offers, the autopay mandate and the open proposal of a reschedule that one user may see."""

    loan: Loan
    offers: tuple[Offer, ...] = ()
    proposal: RescheduleProposal | None = None
    autopay: Autopay | None = None


@dataclass(frozen=True, slots=True)
class OfferView:
    """An offer with its loan.

    ``backed`` tells the borrower whether the lender could fund it now; it is None where that is not looked up.
    """

    offer: Offer
    loan: Loan
    backed: bool | None = None


def view_for(actor: Actor, loan: Loan, offers: Iterable[Offer]) -> LoanView:
    """Return the loan as the actor may see it: borrower and operators see all offers, lenders their own.

    Lenders of the loan see the attempts of autopay, but not why one failed.

    Raises:
        LoanNotFound: the loan is not open, and the actor is not a party.
    """
    if actor.is_operator or actor.user_id == loan.borrower_id:
        every_offer = tuple(sorted(offers, key=lambda offer: (offer.annual_rate, offer.id)))
        return LoanView(loan, every_offer, autopay=loan.autopay)
    own = tuple(offer for offer in offers if offer.lender_id == actor.user_id)
    if any(offer.is_accepted for offer in own):
        autopay = loan.autopay.without_codes() if loan.autopay.attempts else loan.autopay
        return LoanView(loan, own, autopay=autopay)
    if loan.is_public or (own and loan.status is LoanStatus.REQUESTED):
        return LoanView(loan, own)
    raise LoanNotFound


def require_party(actor: Actor, loan: Loan, own_offer: Offer | None) -> None:
    """Check that the actor is the borrower, a lender with an accepted offer, or an operator.

    Raises:
        LoanNotFound: the actor is neither of them.
    """
    accepted = own_offer is not None and own_offer.is_accepted
    if not (actor.is_operator or actor.user_id == loan.borrower_id or accepted):
        raise LoanNotFound


def require_borrower(actor: Actor, loan: Loan | None, own_offer: Offer | None = None) -> Loan:
    """Return the loan if it exists and the actor is its borrower.

    Raises:
        NotTheBorrower: the actor may see the loan, which belongs to another borrower.
        LoanNotFound: the actor may not see it.
    """
    if loan is None:
        raise LoanNotFound
    if actor.user_id == loan.borrower_id:
        return loan
    if loan.is_public or actor.is_operator or (own_offer and own_offer.is_accepted):
        raise NotTheBorrower
    raise LoanNotFound
