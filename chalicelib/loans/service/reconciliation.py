"""What the books ask of loans: a loan's image in the stream, all loans, and what a loan's account should hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.reconciliation import LoanReconciliationRepository, loan_of_image
from chalicelib.shared.money import ZERO, Money

_PENDING: Final = LoanStatus.PENDING_FUNDING


@dataclass(frozen=True, slots=True)
class Escrow:
    """What a loan's ledger account should hold, at one version of the loan."""

    version: int
    amount: Money


class LoanReconciliationReader:
    """Reads for reconciliation and rebuild; whoever calls has checked who asks."""

    def __init__(self, loans: LoanRepository, books: LoanReconciliationRepository, *, status_shards: int) -> None:
        self._loans = loans
        self._books = books
        self._shards = status_shards

    def scan(self, segment: int, segments: int) -> Iterator[Loan]:
        """Every loan of a part of the table, in no order; ``segment`` counts from 0."""
        return self._books.scan(segment, segments)

    def loan_of_image(self, image: Mapping[str, Any]) -> Loan | None:
        """Parse a stream image of an item of the loans table; None for other items than loans."""
        return loan_of_image(image)

    def escrow(self, loan_id: str) -> Escrow:
        """What lenders have paid in for a loan that is not funded yet, and what of payments is on its way to them."""
        found = self._loans.find_with_offers(loan_id, consistent=True)
        if found is None:
            return Escrow(0, ZERO)
        loan, offers = found
        if loan.funded_at is not None:
            return Escrow(loan.version, self._books.undistributed(loan_id))
        return Escrow(loan.version, Money.total(offer.amount_due for offer in offers if offer.is_funded))

    def waiting(self, source: int, *, limit: int, after: str | None) -> tuple[tuple[str, ...], str | None]:
        """Loans whose account may hold money, page by page.

        Args:
            source: a shard of the loans that are being funded, from 0; the one after the last shard is the outbox.
            limit: how many to read.
            after: where to go on.

        Returns:
            Ids, and where to go on; None at the end.
        """
        if source < self._shards:
            loans, rest = self._loans.page_of_status(_PENDING, source, limit=limit, before=after)
            return tuple(loan.id for loan in loans), rest
        return self._with_work(limit, after)

    @property
    def sources(self) -> int:
        """How many sources `waiting` reads from."""
        return self._shards + 1

    def _with_work(self, limit: int, after: str | None) -> tuple[tuple[str, ...], str | None]:
        key = dict(zip(_OUTBOX_KEY, ({"S": part} for part in after.split("\n")), strict=True)) if after else None
        page = self._books.page_of_work(limit=limit, after=key)
        rest = "\n".join(page.last_key[name]["S"] for name in _OUTBOX_KEY) if page.last_key else None
        return page.items, rest


_OUTBOX_KEY: Final = ("pk", "sk", "outbox", "outbox_due")
