"""Positions of many investors, and the distribution of payments to them."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.expressions import PreparedCondition, PreparedUpdate, placeholder
from chalicelib.dynamodb.model import item_absent
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.loans.domain.position import Credit, Position
from chalicelib.loans.models.distribution import DistributionItem, PositionsItem
from chalicelib.loans.repository.mapping import loan_key, positions_of
from chalicelib.shared.money import Money

CHUNK: Final = 500
_DISTRIBUTION: Final = "DIST#"
_POSITIONS: Final = "POSITIONS#"
_SET_DONE: Final = PreparedUpdate(DistributionItem.done.set(placeholder("done")))
_DONE_UNCHANGED: Final = PreparedCondition(DistributionItem.done == placeholder("done"))


@dataclass(frozen=True, slots=True)
class Credits:
    """A chunk of a distribution: each investor's credit, and the number of investors already credited."""

    chunk: int
    credits: tuple[Credit, ...]
    done: int

    @property
    def is_done(self) -> bool:
        """Tell whether every investor of this chunk is credited."""
        return self.done == len(self.credits)


class DistributionRepository:
    """Positions and distributions of loans with more than 20 investors, in chunks of 500."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def add_positions(self, writes: WriteTransaction, loan_id: str, positions: Sequence[Position]) -> None:
        """Add the positions of many investors. The schedule in the same transaction guards their version."""
        for chunk, start in enumerate(range(0, len(positions), CHUNK)):
            investors = [
                [
                    held.lender_id,
                    held.share.cents,
                    held.received_principal.cents,
                    held.received_interest.cents,
                    held.guaranteed.cents,
                ]
                for held in positions[start : start + CHUNK]
            ]
            writes.put(PositionsItem(loan_key(loan_id), positions_key(chunk), investors=investors))

    def find_positions(self, loan_id: str) -> tuple[Position, ...]:
        """Read the positions of many investors, in their fixed order."""
        where = PositionsItem.sk.startswith(_POSITIONS)
        items = self._database.query_all(PositionsItem, loan_key(loan_id), where, consistent=True)
        return tuple(position for item in items for position in positions_of(item))

    def add_distribution(
        self, writes: WriteTransaction, loan_id: str, payment_id: str, credits: Sequence[Credit]
    ) -> None:
        """Add each investor's share in a payment, before any of them is credited."""
        for chunk, start in enumerate(range(0, len(credits), CHUNK)):
            item = DistributionItem(
                loan_key(loan_id),
                f"{_DISTRIBUTION}{payment_id}#{chunk:03d}",
                credits=[
                    [credit.lender_id, credit.amount.cents, credit.interest.cents, credit.refund.cents]
                    for credit in credits[start : start + CHUNK]
                ],
                done=0,
            )
            writes.put(item, when=item_absent(DistributionItem))

    def find_distribution(self, loan_id: str, payment_id: str) -> list[Credits]:
        """Read the chunks of a distribution, in order."""
        where = DistributionItem.sk.startswith(f"{_DISTRIBUTION}{payment_id}#")
        items = self._database.query_all(DistributionItem, loan_key(loan_id), where, consistent=True)
        return [
            Credits(
                chunk=int(item.sk.rpartition("#")[2]),
                credits=tuple(
                    Credit(str(lender_id), Money(int(cents)), Money(int(interest)), Money(int(refund)))
                    for lender_id, cents, interest, refund in item.credits
                ),
                done=item.done,
            )
            for item in items
        ]

    def add_credited(
        self, writes: WriteTransaction, loan_id: str, payment_id: str, *, chunk: int, done: int, then: int
    ) -> None:
        """Add the progress of a distribution, on condition that ``done`` is unchanged."""
        item = DistributionItem(loan_key(loan_id), f"{_DISTRIBUTION}{payment_id}#{chunk:03d}")
        writes.update(item, _SET_DONE(done=then), when=_DONE_UNCHANGED(done=done))


def positions_key(chunk: int) -> str:
    """Return the sort key of one chunk of a loan's positions."""
    return f"{_POSITIONS}{chunk:03d}"
