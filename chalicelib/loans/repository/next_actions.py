"""What the clock must act on: a sparse index by day, running loans apart from those that expire or lapse."""

from __future__ import annotations

from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from chalicelib.dynamodb.database import Database
from chalicelib.loans.models.loan import LoanItem
from chalicelib.loans.repository.mapping import ACTION, EXPIRY

_A_DAY: Final = timedelta(days=1)


class NextActionQueue(StrEnum):
    """The two lists."""

    RUNNING = ACTION
    UNFUNDED = EXPIRY


class NextActionRepository:
    """Reads of the index by next action: what is due is read, and nothing else, however many loans there are."""

    def __init__(self, database: Database, *, status_shards: int) -> None:
        database.bind(LoanItem)
        self._database = database
        self._shards = status_shards

    def partitions(self, agenda: NextActionQueue) -> list[str]:
        """Where an agenda is kept."""
        return [f"{agenda.value}{shard}" for shard in range(self._shards)]

    def due(self, partition: str, today: date, *, limit: int, after: str | None = None) -> tuple[list[str], str | None]:
        """Loans whose day has come, today or earlier, oldest first; and where the list goes on."""
        upto = (today + _A_DAY).isoformat()
        where = LoanItem.next_action.between(after + "~", upto) if after else LoanItem.next_action < upto
        page = self._database.query(LoanItem, partition, where, index="by_next_action", limit=limit)
        last = page.items[-1].next_action if page.last_key and page.items else None
        return [item.next_action.partition("#")[2] for item in page.items], last
