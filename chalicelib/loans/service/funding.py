"""Funding: lenders pay in, and the last of them sets the loan going."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.common.actor import Actor, Role
from chalicelib.common.clock import Clock
from chalicelib.common.dynamo import Stale, deciding
from chalicelib.common.idempotency import Done, Markers, Once
from chalicelib.common.ids import new_id
from chalicelib.common.transactions import Writes
from chalicelib.loans.domain.account import LoanAccount
from chalicelib.loans.domain.costs import costs_of
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.position import Position
from chalicelib.loans.domain.refusals import LoanNotFound, LoanNotReady
from chalicelib.loans.domain.schedule import build_schedule
from chalicelib.loans.domain.servicing import Servicing
from chalicelib.loans.domain.view import LoanView, view_for
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


class FundingService:
    """Each accepted lender pays its part and its share of the fee into the loan's escrow, once."""

    def __init__(self, repository: LoanRepository, wallets: WalletService, markers: Markers, clock: Clock) -> None:
        self._repository = repository
        self._wallets = wallets
        self._markers = markers
        self._clock = clock

    def fund(self, actor: Actor, loan_id: str, once: Once | None = None) -> Done[LoanView]:
        """Pay in the accepted part; the last funding pays the borrower and starts the schedule.

        Raises:
            RoleRequired, LoanNotFound, LoanNotReady, AlreadyFunded, InsufficientFunds, AccountFrozen
        """
        actor.must_be(Role.LENDER)

        def fund(consistent: bool) -> LoanView:
            loan, offer = self._fundable(actor, loan_id, consistent)
            now = self._clock()
            paid_in = replace(offer, funded_at=now)
            after = loan.with_funding(offer.accepted_amount)
            writes = self._repository.writes()
            self._markers.stage(writes, once, {"loan": loan.id})
            if after.funded == loan.amount:
                after = self._stage_disbursement(writes, after, paid_in, now)
            else:
                self._repository.stage_loan(writes, after)
                self._wallets.stage(writes, _journal(after, paid_in, now))
            self._repository.stage_offer(writes, paid_in, was=offer)
            writes.commit()
            return view_for(actor, after, [paid_in])

        def replay(result: Mapping[str, str]) -> LoanView:
            found = self._repository.find_with_offer(result["loan"], actor.user_id, consistent=True)
            if found is None:
                raise LoanNotFound
            loan, offer = found
            return view_for(actor, loan, [offer] if offer else [])

        return self._markers.carry_out(once, lambda: deciding(fund), replay)

    def _fundable(self, actor: Actor, loan_id: str, consistent: bool) -> tuple[Loan, Offer]:
        found = self._repository.find_with_offer(loan_id, actor.user_id, consistent=consistent)
        if found is None:
            raise LoanNotFound
        loan, offer = found
        if offer is None or not offer.is_accepted:
            if loan.status is not LoanStatus.REQUESTED:
                raise LoanNotFound
            raise LoanNotReady
        offer.require_fundable()
        loan.require_fundable()
        return loan, offer

    def _stage_disbursement(self, writes: Writes, loan: Loan, last: Offer, now: datetime) -> Loan:
        """Add what the last funding does: the borrower is paid, the fee earned, the schedule fixed."""
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
        self._wallets.stage(writes, _journal(loan, last, now, disbursed=True))
        return started

    def _investors(self, loan: Loan, last: Offer) -> Sequence[Offer]:
        """All accepted offers by lender, the order in which ties of a distribution are broken."""
        if last.accepted_amount == loan.amount:
            return [last]
        found = self._repository.find_with_offers(loan.id, consistent=True)
        offers = found[1] if found else []
        accepted = [offer for offer in offers if offer.is_accepted]
        if len(accepted) != loan.accepted_offers:  # a read may show the loan and not yet all its offers
            raise Stale
        return sorted(accepted, key=lambda offer: offer.lender_id)


def _journal(loan: Loan, offer: Offer, at: datetime, *, disbursed: bool = False) -> Journal:
    """A lender's part and fee into escrow; at the last funding all of it on to borrower and platform."""
    lender, escrow = wallet_account(offer.lender_id), loan_account(loan.id)
    lines: list[Line] = [
        *transfer(lender, escrow, offer.accepted_amount, EntryType.LOAN_FUNDING),
        *transfer(lender, escrow, offer.fee_share, EntryType.PLATFORM_FEE),
    ]
    if disbursed:
        lines += transfer(escrow, wallet_account(loan.borrower_id), loan.amount, EntryType.LOAN_FUNDING)
        lines += transfer(escrow, PLATFORM_FEES, loan.fee, EntryType.PLATFORM_FEE)
    return Journal(new_id(at), at, tuple(lines), "Loan funding", loan.id)
