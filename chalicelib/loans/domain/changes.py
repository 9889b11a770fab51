"""Changes of loans and offers: the states before and after a transaction."""

from dataclasses import dataclass

from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.offer import Offer


@dataclass(frozen=True, slots=True)
class LoanChange:
    """A change of a loan; ``before`` is None if it is new."""

    before: Loan | None
    after: Loan


@dataclass(frozen=True, slots=True)
class OfferChange:
    """A change of an offer; ``before`` is None if it is new, ``after`` is None if it was deleted."""

    before: Offer | None
    after: Offer | None
