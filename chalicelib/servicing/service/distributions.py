"""Paying many investors: what a payment's transaction has fixed is credited batch by batch, each batch once."""

from __future__ import annotations

from typing import Final

from chalicelib.dynamodb.database import retry_on_conflict
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.repository.outbox import Credits, OutboxRepository
from chalicelib.shared.ids import derived_id, moment_of
from chalicelib.shared.money import Money
from chalicelib.wallets.domain.ledger import EntryType, Journal, Line, loan_account, wallet_account
from chalicelib.wallets.service import WalletService

DISTRIBUTION: Final = "DISTRIBUTION"
BATCH: Final = 40
"""Investors in a transaction: a wallet and a posting each, and three items of the distribution's own."""


class DistributionService:
    """The worker's part of a payment to more than 20 investors."""

    def __init__(self, repository: OutboxRepository, wallets: WalletService) -> None:
        self._repository = repository
        self._wallets = wallets

    def distribute(self, work: BackgroundJob) -> int:
        """Credit whoever is not credited yet; gives how many were.

        It may run twice, at once with itself, or die anywhere: every batch moves a counter under a condition,
        in the transaction that credits it, and its postings have keys that follow from payment and batch.
        """
        credited = 0
        while (batch := retry_on_conflict(lambda: self._next_batch(work))) is not None:
            credited += batch
        return credited

    def _next_batch(self, work: BackgroundJob) -> int | None:
        """Credit the next investors; None where all is done."""
        if not self._repository.is_pending(work):
            return None
        chunks = self._repository.find_distribution(work.subject, work.key)
        current = next((chunk for chunk in chunks if not chunk.is_done), None)
        writes = self._repository.writes()
        if current is None:
            self._repository.add_outbox_done(writes, work)
            writes.commit()
            return 0
        then = min(current.done + BATCH, len(current.credits))
        batch = current.credits[current.done : then]
        self._repository.add_credited(writes, work.subject, work.key, chunk=current.chunk, done=current.done, then=then)
        if current.chunk == chunks[-1].chunk and then == len(current.credits):
            self._repository.add_outbox_done(writes, work)
        self._wallets.add(writes, _journal(work, current, batch))
        writes.commit()
        return len(batch)


def _journal(work: BackgroundJob, current: Credits, batch: tuple[tuple[str, Money], ...]) -> Journal:
    """The batch's journal: its id, and so its postings' keys, follow from payment and position."""
    at = moment_of(work.key)
    lines: list[Line] = []
    for lender_id, amount in batch:
        lines.append(Line(wallet_account(lender_id), EntryType.LOAN_PAYMENT, amount))
    total = Money.total(line.amount for line in lines)
    escrow = Line(loan_account(work.subject), EntryType.LOAN_PAYMENT, -total)
    identifier = derived_id(at, DISTRIBUTION, work.key, str(current.chunk), str(current.done))
    return Journal(identifier, at, (escrow, *lines), "Loan payment", work.subject)
