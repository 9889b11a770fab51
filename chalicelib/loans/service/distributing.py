"""Paying many investors: what a payment's transaction has fixed is credited batch by batch, each batch once."""

from __future__ import annotations

from typing import Final

from chalicelib.common.dynamo import retrying
from chalicelib.common.ids import derived_id, moment_of
from chalicelib.common.money import Money
from chalicelib.common.work import Work
from chalicelib.loans.repository.work import Credits, WorkRepository
from chalicelib.wallets.service import EntryType, Journal, Line, WalletService, loan_account, wallet_account

DISTRIBUTION: Final = "DISTRIBUTION"
BATCH: Final = 40
"""Investors in a transaction: a wallet and a posting each, and three items of the distribution's own."""


class DistributionService:
    """The worker's part of a payment to more than 20 investors."""

    def __init__(self, repository: WorkRepository, wallets: WalletService) -> None:
        self._repository = repository
        self._wallets = wallets

    def distribute(self, work: Work) -> int:
        """Credit whoever is not credited yet; gives how many were.

        It may run twice, at once with itself, or die anywhere: every batch moves a counter under a condition,
        in the transaction that credits it, and its postings have keys that follow from payment and batch.
        """
        credited = 0
        while (batch := retrying(lambda: self._next_batch(work))) is not None:
            credited += batch
        return credited

    def _next_batch(self, work: Work) -> int | None:
        """Credit the next investors; None where all is done."""
        if not self._repository.is_pending(work):
            return None
        chunks = self._repository.find_distribution(work.subject, work.key)
        current = next((chunk for chunk in chunks if not chunk.is_done), None)
        writes = self._repository.writes()
        if current is None:
            self._repository.stage_outbox_done(writes, work)
            writes.commit()
            return 0
        then = min(current.done + BATCH, len(current.credits))
        batch = current.credits[current.done : then]
        self._repository.stage_credited(
            writes, work.subject, work.key, chunk=current.chunk, done=current.done, then=then
        )
        if current.chunk == chunks[-1].chunk and then == len(current.credits):
            self._repository.stage_outbox_done(writes, work)
        self._wallets.stage(writes, _journal(work, current, batch))
        writes.commit()
        return len(batch)


def _journal(work: Work, current: Credits, batch: tuple[tuple[str, Money], ...]) -> Journal:
    """The batch's journal: its id, and so its postings' keys, follow from payment and position."""
    at = moment_of(work.key)
    lines: list[Line] = []
    for lender_id, amount in batch:
        lines.append(Line(wallet_account(lender_id), EntryType.LOAN_PAYMENT, amount))
    total = Money.total(line.amount for line in lines)
    escrow = Line(loan_account(work.subject), EntryType.LOAN_PAYMENT, -total)
    identifier = derived_id(at, DISTRIBUTION, work.key, str(current.chunk), str(current.done))
    return Journal(identifier, at, (escrow, *lines), "Loan payment", work.subject)
