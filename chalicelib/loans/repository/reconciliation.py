"""Reads of the loans table for reconciliation and rebuilds."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib.dynamodb.database import Database
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.models.distribution import DistributionItem
from chalicelib.loans.models.loan import LoanItem
from chalicelib.loans.repository.mapping import loan_key, loan_of
from chalicelib.shared.money import Money

_LOAN: Final = "LOAN"
_DISTRIBUTION: Final = "DIST#"


def loan_of_image(image: Mapping[str, Any]) -> Loan | None:
    """Return the loan of an item in DynamoDB's notation; None for other items of a loan."""
    return loan_of(LoanItem.from_raw_data(image)) if image["sk"]["S"] == _LOAN else None


class LoanReconciliationRepository:
    """Reads of all loans, for reconciliation and rebuilds only."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def scan(self, segment: int, segments: int) -> Iterator[Loan]:
        """Read all loans of one of ``segments`` parts of the table."""
        for page in self._database.scan(LoanItem, segment, segments, only=LoanItem.sk == _LOAN):
            for item in page.items:
                yield loan_of(LoanItem.from_raw_data(item))

    def undistributed(self, loan_id: str) -> Money:
        """Return the amount of payments and refunds that is not yet credited to investors."""
        where = DistributionItem.sk.startswith(_DISTRIBUTION)
        chunks = self._database.query_all(DistributionItem, loan_key(loan_id), where, consistent=True)
        waiting = (credit for chunk in chunks for credit in chunk.credits[chunk.done :])
        return Money(sum(int(cents) + int(refund) for _, cents, _, refund in waiting))
