"""The outbox, distributions to many investors, and their positions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.expressions import PreparedCondition, PreparedUpdate, placeholder
from chalicelib.dynamodb.model import item_absent, item_exists
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.outbox import job_of, outbox_sort_key
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.position import Position
from chalicelib.loans.models.distribution import DistributionItem, OutboxItem, PositionsItem
from chalicelib.loans.repository.mapping import lender_key, loan_key
from chalicelib.shared.clock import rfc3339
from chalicelib.shared.money import Money

CHUNK: Final = 500
RELEASE_RULE: Final = "RELEASE_RULE"
"""Work on a lender's rule; all other work is on a loan, and each kind waits in the partition of what it is on."""
_PENDING: Final = "PENDING#0"
_DISTRIBUTION: Final = "DIST#"
_POSITIONS: Final = "POSITIONS#"
_SET_DONE: Final = PreparedUpdate(DistributionItem.done.set(placeholder("done")))
_DONE_UNCHANGED: Final = PreparedCondition(DistributionItem.done == placeholder("done"))


@dataclass(frozen=True, slots=True)
class Credits:
    """A chunk of a distribution: what each investor gets, and how many have got it."""

    chunk: int
    credits: tuple[tuple[str, Money], ...]
    done: int

    @property
    def is_done(self) -> bool:
        """Whether every investor of this chunk is credited."""
        return self.done == len(self.credits)


class OutboxRepository:
    """What follows a transaction: kept in the partition of the loan or lender, listed by a sparse index."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def writes(self) -> WriteTransaction:
        """Start a transaction."""
        return WriteTransaction(self._database)

    def add_outbox(self, writes: WriteTransaction, work: BackgroundJob, at: datetime) -> None:
        """Add work to a transaction; it is sent once the transaction has happened."""
        item = OutboxItem(*_key(work), outbox=_PENDING, outbox_due=f"{rfc3339(at)}#{work.subject}")
        writes.put(item, when=item_absent(OutboxItem))

    def add_outbox_done(self, writes: WriteTransaction, work: BackgroundJob) -> None:
        """Add the end of work; stale where somebody else has ended it."""
        writes.delete(OutboxItem(*_key(work)), when=item_exists(OutboxItem))

    def is_pending(self, work: BackgroundJob) -> bool:
        """Whether the work still waits to be done."""
        return self._database.get(OutboxItem, *_key(work), consistent=True) is not None

    def pending_since(self, moment: datetime, *, limit: int) -> list[BackgroundJob]:
        """Work that was put into the outbox before a moment and is not done, oldest first."""
        page = self._database.query(
            OutboxItem, _PENDING, OutboxItem.outbox_due < rfc3339(moment), index=OutboxItem.by_age, limit=limit
        )
        return [job_of(item.pk, item.sk) for item in page.items]

    def add_positions(self, writes: WriteTransaction, loan_id: str, positions: Sequence[Position]) -> None:
        """Add the positions of many investors; the schedule of the same transaction guards their version."""
        for chunk, start in enumerate(range(0, len(positions), CHUNK)):
            investors = [
                [
                    held.lender_id,
                    held.share.cents,
                    held.received_principal.cents,
                    held.received_interest.cents,
                ]
                for held in positions[start : start + CHUNK]
            ]
            writes.put(PositionsItem(loan_key(loan_id), positions_key(chunk), investors=investors))

    def find_positions(self, loan_id: str) -> tuple[Position, ...]:
        """The positions of many investors, in their fixed order."""
        where = PositionsItem.sk.startswith(_POSITIONS)
        items = self._database.query_all(PositionsItem, loan_key(loan_id), where, consistent=True)
        return tuple(
            Position(str(lender_id), Money(int(share)), Money(int(principal)), Money(int(interest)))
            for item in items
            for lender_id, share, principal, interest in item.investors
        )

    def add_distribution(
        self, writes: WriteTransaction, loan_id: str, payment_id: str, credits: Sequence[tuple[str, Money]]
    ) -> None:
        """Add what each investor is to get of a payment, before anybody gets it."""
        for chunk, start in enumerate(range(0, len(credits), CHUNK)):
            item = DistributionItem(
                loan_key(loan_id),
                f"{_DISTRIBUTION}{payment_id}#{chunk:03d}",
                credits=[[lender_id, amount.cents] for lender_id, amount in credits[start : start + CHUNK]],
                done=0,
            )
            writes.put(item, when=item_absent(DistributionItem))

    def find_distribution(self, loan_id: str, payment_id: str) -> list[Credits]:
        """The chunks of a distribution, in order."""
        where = DistributionItem.sk.startswith(f"{_DISTRIBUTION}{payment_id}#")
        items = self._database.query_all(DistributionItem, loan_key(loan_id), where, consistent=True)
        return [
            Credits(
                chunk=int(item.sk.rpartition("#")[2]),
                credits=tuple((str(lender_id), Money(int(cents))) for lender_id, cents in item.credits),
                done=item.done,
            )
            for item in items
        ]

    def add_credited(
        self, writes: WriteTransaction, loan_id: str, payment_id: str, *, chunk: int, done: int, then: int
    ) -> None:
        """Add the progress of a distribution; stale where another worker has moved it on."""
        item = DistributionItem(loan_key(loan_id), f"{_DISTRIBUTION}{payment_id}#{chunk:03d}")
        writes.update(item, _SET_DONE(done=then), when=_DONE_UNCHANGED(done=done))


def positions_key(chunk: int) -> str:
    """The sort key of one chunk of a loan's positions."""
    return f"{_POSITIONS}{chunk:03d}"


def _key(work: BackgroundJob) -> tuple[str, str]:
    """Where work waits."""
    home = lender_key if work.kind == RELEASE_RULE else loan_key
    return home(work.subject), outbox_sort_key(work)
