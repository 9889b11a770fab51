"""What of a loan a person may see."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.loans.domain.errors import LoanNotFound, NotTheBorrower
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.actor import Actor


@dataclass(frozen=True, slots=True)
class LoanView:
    """A loan with the offers that one person may see."""

    loan: Loan
    offers: tuple[Offer, ...] = ()

    @property
    def investments(self) -> tuple[Offer, ...]:
        """The offers that were paid in."""
        return tuple(offer for offer in self.offers if offer.is_funded)


def view_for(actor: Actor, loan: Loan, offers: Iterable[Offer]) -> LoanView:
    """The loan as the actor may see it: the borrower and operators all offers, lenders their own.

    Raises:
        LoanNotFound: the loan is not open, and the actor is no party of it.
    """
    if actor.is_operator or actor.user_id == loan.borrower_id:
        return LoanView(loan, tuple(sorted(offers, key=lambda offer: (offer.annual_rate, offer.id))))
    own = tuple(offer for offer in offers if offer.lender_id == actor.user_id)
    if loan.status is LoanStatus.REQUESTED or any(offer.is_accepted for offer in own):
        return LoanView(loan, own)
    raise LoanNotFound


def require_party(actor: Actor, loan: Loan, own_offer: Offer | None) -> None:
    """Go on only for the borrower, a lender whose offer was accepted, or an operator.

    Raises:
        LoanNotFound: the actor is none of them.
    """
    accepted = own_offer is not None and own_offer.is_accepted
    if not (actor.is_operator or actor.user_id == loan.borrower_id or accepted):
        raise LoanNotFound


def require_borrower(actor: Actor, loan: Loan | None, own_offer: Offer | None = None) -> Loan:
    """Go on only for the borrower of an existing loan.

    Raises:
        NotTheBorrower: the actor may know of the loan, but it is another's.
        LoanNotFound: the actor may not know of it.
    """
    if loan is None:
        raise LoanNotFound
    if actor.user_id == loan.borrower_id:
        return loan
    if loan.status is LoanStatus.REQUESTED or actor.is_operator or (own_offer and own_offer.is_accepted):
        raise NotTheBorrower
    raise LoanNotFound
