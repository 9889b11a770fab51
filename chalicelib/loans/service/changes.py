"""Changes of loans and offers from records of the table's stream, for readers in higher features."""

from collections.abc import Mapping
from typing import Any

from chalicelib.loans.domain.changes import LoanChange, OfferChange
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.repository.stream_images import entity_of_image


def change_of(record: Mapping[str, Any]) -> LoanChange | OfferChange | None:
    """Return the change that a record of the table `loans` means; None if it is of another item."""
    changed = record["dynamodb"]
    before, after = (entity_of_image(changed[name]) if changed.get(name) else None for name in ("OldImage", "NewImage"))
    if isinstance(after, Loan):
        return LoanChange(before if isinstance(before, Loan) else None, after)
    if isinstance(before, Offer) or isinstance(after, Offer):
        return OfferChange(before if isinstance(before, Offer) else None, after if isinstance(after, Offer) else None)
    return None
