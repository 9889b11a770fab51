"""Reads of loans for reconciliation and rebuilds: all loans, and the balance that a loan's account should have."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from chalicelib.jobs.outbox import DEFERRED_JOBS, USER_JOBS, OutboxRepository
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.reconciliation import LoanReconciliationRepository, loan_of_image
from chalicelib.shared.money import ZERO, Money

_OFFERS: Final = 50
_OUTBOX_KEY: Final = ("pk", "sk", "outbox", "outbox_due")


@dataclass(frozen=True, slots=True)
class Escrow:
    """Balance that a loan's ledger account should have, at one version of the loan."""

    version: int
    amount: Money


class LoanReconciliationReader:
    """Reads over many loans, for callers that have checked the permission."""

    def __init__(
        self,
        loans: LoanRepository,
        reconciliation: LoanReconciliationRepository,
        outbox: OutboxRepository,
        *,
        status_shards: int,
    ) -> None:
        self._loans = loans
        self._outbox = outbox
        self._reconciliation = reconciliation
        self._shards = status_shards

    def scan(self, segment: int, segments: int) -> Iterator[Loan]:
        """Read every loan of one of ``segments`` parts of the table, in no order; ``segment`` counts from 0."""
        return self._reconciliation.scan(segment, segments)

    def loan_of_image(self, image: Mapping[str, Any]) -> Loan | None:
        """Parse a stream image of an item of the loans table; None for other items than loans."""
        return loan_of_image(image)

    def escrow(self, loan_id: str) -> Escrow:
        """Return what lenders have paid into a loan that is not funded, or what of payments is not distributed."""
        found = self._loans.find_with_offers(loan_id, consistent=True)
        if found is None:
            return Escrow(0, ZERO)
        loan, offers = found
        if loan.funded_at is not None:
            return Escrow(loan.version, self._reconciliation.undistributed(loan_id))
        return Escrow(loan.version, Money.total(offer.amount_due for offer in offers if offer.is_funded))

    def reserved(self, lender_id: str) -> Money:
        """Return the money that a lender's offers reserve. Offers are found by an index that may lag."""
        reserved, after = ZERO, None
        while True:
            page = self._loans.page_of_lender(lender_id, invested=False, limit=_OFFERS, after=after)
            found = self._loans.find_offers_with_loans(lender_id, page.items, consistent=True)
            reserved += Money.total(offer.reserved for offer, _ in found)
            after = page.last_key
            if after is None:
                return reserved

    @property
    def sources(self) -> int:
        """Number of sources that `waiting` reads from."""
        return self._shards + 1

    def waiting(self, source: int, *, limit: int, after: str | None) -> tuple[tuple[str, ...], str | None]:
        """Return one page of loans whose account may have a balance.

        Args:
            source: a shard of the loans that are being funded, from 0; after the last shard, the outbox.
            limit: the number of items to read.
            after: the position returned with the page before.

        Returns:
            Ids of loans, and the position of the next page; None at the end.
        """
        if source < self._shards:
            status = LoanStatus.PENDING_FUNDING
            loans, rest = self._loans.page_of_status(status, source, limit=limit, before=after)
            return tuple(loan.id for loan in loans), rest
        key = dict(zip(_OUTBOX_KEY, ({"S": part} for part in after.split("\n")), strict=True)) if after else None
        page = self._outbox.page_of_pending(limit=limit, after=key)
        rest = "\n".join(page.last_key[name]["S"] for name in _OUTBOX_KEY) if page.last_key else None
        loan_ids = dict.fromkeys(job.subject for job in page.items if job.kind not in USER_JOBS | DEFERRED_JOBS)
        return tuple(loan_ids), rest
