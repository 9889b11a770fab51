"""Loans and reserved offers on which a scheduled job must act, from a sparse index by day."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.dynamodb.database import Database
from chalicelib.loans.models.loan import LoanItem
from chalicelib.loans.repository.mapping import ACTION, EXPIRY, RESERVATION

_ONE_DAY: Final = timedelta(days=1)


class NextActionQueue(StrEnum):
    RUNNING = ACTION
    UNFUNDED = EXPIRY
    RESERVED = RESERVATION


class NextActionRepository:
    """Reads of the index by next action."""

    def __init__(self, database: Database, *, status_shards: int) -> None:
        self._database = database
        self._shards = status_shards

    def partitions(self, queue: NextActionQueue) -> list[str]:
        return [f"{queue.value}{shard}" for shard in range(self._shards)]

    def due(self, partition: str, today: date, *, limit: int, after: str | None = None) -> tuple[list[str], str | None]:
        """Read what is due by ``today``, oldest first.

        Returns:
            Loan ids, for offers `loan#lender`, and the value of ``after`` for the next page (None at the end).
        """
        upto = (today + _ONE_DAY).isoformat()
        where = LoanItem.next_action.between(after + "~", upto) if after else LoanItem.next_action < upto
        page = self._database.query(LoanItem, partition, where, index=LoanItem.by_next_action, limit=limit)
        last = page.items[-1].next_action if page.last_key and page.items else None
        return [item.next_action.partition("#")[2] for item in page.items], last
