"""The movement of the money when accepted lenders pay in, each by itself or many at once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.dynamodb.database import OptimisticLockError
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.lending_math.schedule import build_schedule
from chalicelib.loans.domain.borrowing_costs import costs_of
from chalicelib.loans.domain.funded_loan import FundedLoan
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.position import Position
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.domain.ledger import (
    PLATFORM_FEES,
    EntryType,
    Journal,
    Line,
    loan_account,
    transfer,
    wallet_account,
)
from chalicelib.wallets.service import WalletService


class LoanFunding:
    """Parts and fee shares go into the loan's escrow; the last of them pays the borrower."""

    def __init__(self, repository: LoanRepository, wallets: WalletService) -> None:
        self._repository = repository
        self._wallets = wallets

    def add(
        self, writes: WriteTransaction, loan: Loan, offers: Sequence[Offer], now: datetime
    ) -> tuple[Loan, tuple[Offer, ...]]:
        """Add the funding of accepted offers, out of their holds where they have one; gives all of it as after.

        ``loan`` waits for funding, and no offer is paid in yet. The last funding fixes the schedule, too.
        """
        paid_in = tuple(replace(offer, funded_at=now, reserved=ZERO) for offer in offers)
        part = Money.total(offer.accepted_amount for offer in offers)
        holds = {offer.lender_id: -offer.reserved for offer in offers if offer.reserved}
        after = loan.with_funding(part, reservations=len(holds))
        is_last = after.funded == loan.amount
        if is_last:
            after = self._add_disbursement(writes, after, paid_in, now)
        else:
            self._repository.add_loan(writes, after)
        self._wallets.add(writes, _journal(after, paid_in, now, disbursed=is_last), holds)
        for before, paid in zip(offers, paid_in, strict=True):
            self._repository.add_offer(writes, paid, was=before)
        return after, paid_in

    def _add_disbursement(self, writes: WriteTransaction, loan: Loan, last: Sequence[Offer], now: datetime) -> Loan:
        """Add what the last funding does to the loan: the schedule is fixed, and it runs."""
        schedule = build_schedule(
            loan.amount, loan.annual_rate, loan.term_months, start_date=now.date(), method=loan.method
        )
        account = LoanAccount.from_schedule(schedule, loan.annual_rate, loan.late_fee_terms, loan.default_days)
        started = replace(
            loan.with_status(LoanStatus.FUNDED),
            costs=costs_of(schedule),
            funded_at=now,
            outstanding=account.outstanding,
            remaining=account.remaining,
            next_due_date=account.next_due_date,
            next_action_on=account.next_action_on(now.date()),
        )
        positions = tuple(Position(offer.lender_id, offer.accepted_amount) for offer in self._investors(loan, last))
        self._repository.add_servicing(writes, FundedLoan(started, account, positions, 0))
        return started

    def _investors(self, loan: Loan, last: Sequence[Offer]) -> Sequence[Offer]:
        """All accepted offers by lender, the order in which ties of a distribution are broken."""
        accepted = [offer for offer in last if offer.is_accepted]
        if len(accepted) != loan.accepted_offers:
            found = self._repository.find_with_offers(loan.id, consistent=True)
            accepted = [offer for offer in found[1] if offer.is_accepted] if found else []
        if len(accepted) != loan.accepted_offers:  # a read may show the loan and not yet all its offers
            raise OptimisticLockError
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
