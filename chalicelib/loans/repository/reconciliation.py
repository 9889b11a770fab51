"""What the books need of the loans table: loans from images and scans, and money that waits."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from chalicelib.dynamodb.database import Database, Key, Page
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.models.distribution import DistributionItem, OutboxItem
from chalicelib.loans.models.loan import LoanItem
from chalicelib.loans.repository.mapping import loan_key, loan_of
from chalicelib.shared.money import Money

_LOAN: Final = "LOAN"
_OF_A_LOAN: Final = loan_key("")
_DISTRIBUTION: Final = "DIST#"
_PENDING: Final = "PENDING#0"


def loan_of_image(image: Mapping[str, Any]) -> Loan | None:
    """The loan of an item in DynamoDB's own notation; None for items that only belong to one."""
    return loan_of(LoanItem.from_raw_data(dict(image))) if image["sk"]["S"] == _LOAN else None


class LoanReconciliationRepository:
    """Reads that go over many loans: for reconciliation and rebuild alone."""

    def __init__(self, database: Database) -> None:
        database.bind(LoanItem, DistributionItem, OutboxItem)
        self._database = database

    def scan(self, segment: int, segments: int) -> Iterator[Loan]:
        """Every loan of one of ``segments`` parts of the table."""
        pages = LoanItem.scan(
            LoanItem.sk == _LOAN, segment=segment, total_segments=segments, consistent_read=True
        ).page_iter
        for item in (item for page in pages for item in page["Items"]):
            yield loan_of(LoanItem.from_raw_data(item))

    def page_of_work(self, *, limit: int, after: Key | None) -> Page[str]:
        """Ids of the loans on which work waits in the outbox, oldest first."""
        page = self._database.query(OutboxItem, _PENDING, index="outbox", limit=limit, after=after)
        keys = dict.fromkeys(item.pk for item in page.items if item.pk.startswith(_OF_A_LOAN))
        return Page(tuple(key.removeprefix(_OF_A_LOAN) for key in keys), page.last_key)

    def undistributed(self, loan_id: str) -> Money:
        """What payments have set aside for investors who are not credited yet."""
        where = DistributionItem.sk.startswith(_DISTRIBUTION)
        chunks = self._database.query_all(DistributionItem, loan_key(loan_id), where, consistent=True)
        waiting = (credit for chunk in chunks for credit in chunk.credits[chunk.done :])
        return Money(sum(int(cents) for _, cents in waiting))
