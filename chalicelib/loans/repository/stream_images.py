"""Parse images of the table's stream."""

from collections.abc import Mapping
from typing import Any

from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.models.loan import LoanItem, OfferItem
from chalicelib.loans.repository.mapping import OFFER, loan_of, offer_of


def entity_of_image(image: Mapping[str, Any]) -> Loan | Offer | None:
    """Return the loan or the offer of an item in DynamoDB's notation; None for other items."""
    sort = str(image["sk"]["S"])
    if sort == "LOAN":
        return loan_of(LoanItem.from_raw_data(image))
    return offer_of(OfferItem.from_raw_data(image)) if sort.startswith(OFFER) else None
