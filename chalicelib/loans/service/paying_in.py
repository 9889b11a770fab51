"""The movement of the money when accepted lenders pay in, each by itself or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.common.dynamo import Stale
from chalicelib.common.ids import new_id
from chalicelib.common.money import ZERO, Money
from chalicelib.common.transactions import Writes
from chalicelib.loans.domain.account import LoanAccount
from chalicelib.loans.domain.costs import costs_of
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.position import Position
from chalicelib.loans.domain.schedule import build_schedule
from chalicelib.loans.domain.servicing import Servicing
from chalicelib.loans.repository import LoanRepository
from chalicelib.wallets.service import (
    PLATFORM_FEES,
    EntryType,
    Journal,
    Line,
    WalletService,
    loan_account,
    transfer,
    wallet_account,
)


class PayingIn:
    """Parts and fee shares go into the loan's escrow; the last of them pays the borrower."""

    def __init__(self, repository: LoanRepository, wallets: WalletService) -> None:
        self._repository = repository
        self._wallets = wallets

    def stage(
        self, writes: Writes, loan: Loan, offers: Sequence[Offer], now: datetime
    ) -> tuple[Loan, tuple[Offer, ...]]:
        """Add the funding of accepted offers, out of their holds where they have one; gives all of it as after.

        ``loan`` waits for funding, and no offer is paid in yet. The last funding fixes the schedule, too.
        """
        paid_in = tuple(replace(offer, funded_at=now, held=ZERO) for offer in offers)
        part = Money.total(offer.accepted_amount for offer in offers)
        holds = {offer.lender_id: -offer.held for offer in offers if offer.held}
        after = loan.with_funding(part, holds=len(holds))
        is_last = after.funded == loan.amount
        if is_last:
            after = self._stage_disbursement(writes, after, paid_in, now)
        else:
            self._repository.stage_loan(writes, after)
        self._wallets.stage(writes, _journal(after, paid_in, now, disbursed=is_last), holds)
        for before, paid in zip(offers, paid_in, strict=True):
            self._repository.stage_offer(writes, paid, was=before)
        return after, paid_in

    def _stage_disbursement(self, writes: Writes, loan: Loan, last: Sequence[Offer], now: datetime) -> Loan:
        """Add what the last funding does to the loan: the schedule is fixed, and it runs."""
        schedule = build_schedule(
            loan.amount, loan.annual_rate, loan.term_months, start_date=now.date(), method=loan.method
        )
        account = LoanAccount.opened(schedule, loan.annual_rate, loan.late_fee_terms, loan.default_days)
        started = replace(
            loan.moved_to(LoanStatus.FUNDED),
            costs=costs_of(schedule),
            funded_at=now,
            outstanding=account.outstanding,
            remaining=account.remaining,
            next_due_date=account.next_due_date,
            next_action_on=account.next_action_on(now.date()),
        )
        positions = tuple(Position(offer.lender_id, offer.accepted_amount) for offer in self._investors(loan, last))
        self._repository.stage_servicing(writes, Servicing(started, account, positions, 0))
        return started

    def _investors(self, loan: Loan, last: Sequence[Offer]) -> Sequence[Offer]:
        """All accepted offers by lender, the order in which ties of a distribution are broken."""
        accepted = [offer for offer in last if offer.is_accepted]
        if len(accepted) != loan.accepted_offers:
            found = self._repository.find_with_offers(loan.id, consistent=True)
            accepted = [offer for offer in found[1] if offer.is_accepted] if found else []
        if len(accepted) != loan.accepted_offers:  # a read may show the loan and not yet all its offers
            raise Stale
        return sorted(accepted, key=lambda offer: offer.lender_id)


def _journal(loan: Loan, offers: Sequence[Offer], at: datetime, *, disbursed: bool) -> Journal:
    """Parts and fees into escrow; at the last funding all of it on to borrower and platform."""
    escrow = loan_account(loan.id)
    lines: list[Line] = []
    for offer in offers:
        lender = wallet_account(offer.lender_id)
        lines += transfer(lender, escrow, offer.accepted_amount, EntryType.LOAN_FUNDING)
        lines += transfer(lender, escrow, offer.fee_share, EntryType.PLATFORM_FEE)
    if disbursed:
        lines += transfer(escrow, wallet_account(loan.borrower_id), loan.amount, EntryType.LOAN_FUNDING)
        lines += transfer(escrow, PLATFORM_FEES, loan.fee, EntryType.PLATFORM_FEE)
    return Journal(new_id(at), at, tuple(lines), "Loan funding", loan.id)
