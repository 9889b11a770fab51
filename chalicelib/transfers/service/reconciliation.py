"""Reads over many transfers, for callers that have checked the permission."""

from chalicelib.dynamodb.database import Key, Page
from chalicelib.shared.money import Money
from chalicelib.transfers.domain.transfer import Transfer
from chalicelib.transfers.repository.reconciliation import TransferReconciliationRepository


class TransferReconciliationReader:
    """The stored transfers, for the reconciliation of the ledger."""

    def __init__(self, repository: TransferReconciliationRepository) -> None:
        self._repository = repository

    def scan(self, segment: int, segments: int, *, limit: int, after: Key | None) -> Page[Transfer]:
        """Read one page of one of ``segments`` parts of all transfers, in no order; ``segment`` counts from 0."""
        return self._repository.scan(segment, segments, limit=limit, after=after)

    def open_withdrawals(self, user_id: str) -> Money:
        """Return the money that a user's requested and submitted withdrawals reserve. Recent ones may be missing."""
        return self._repository.open_withdrawals(user_id)
