"""A lender's investments: each by itself, all together, and the return on them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from chalicelib.investments.domain.forecast import Receipt, expected_receipts
from chalicelib.lending_math.errors import NoRateExists
from chalicelib.lending_math.rates_of_return import xirr
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_loan
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.position import Position
from chalicelib.shared.money import BASIS_POINTS, ZERO, Money, Rate, round_half_even

SOON_DAYS: Final = 30
_PERCENT: Final = 100

Flow = tuple[date, Money]
"""A day and an amount from the lender's side: paid into loans below zero, received above."""


@dataclass(frozen=True, slots=True)
class LoanHolding:
    """What is stored of one investment; ``servicing`` is there once the loan runs."""

    offer: Offer
    loan: Loan
    servicing: FundedLoan | None


@dataclass(frozen=True, slots=True)
class Investment:
    """A lender's paid-in part of one loan as it stands on a day.

    ``position`` is what has been received of it, ``expected`` what is still to come by the schedule. Before
    the last lender has funded, the money waits in escrow: outstanding, with nothing expected yet.
    """

    offer: Offer
    loan: Loan
    position: Position
    expected: tuple[Receipt, ...]
    today: date

    @property
    def is_written_off(self) -> bool:
        """Whether the loan has defaulted: what has not come back counts as lost until it does."""
        return self.loan.status is LoanStatus.DEFAULTED

    @property
    def is_in_escrow(self) -> bool:
        """Whether the money has not reached the borrower yet."""
        return self.loan.funded_at is None

    @property
    def outstanding(self) -> Money:
        """Principal that has not come back and is not written off."""
        return ZERO if self.is_written_off else self.position.outstanding

    @property
    def written_off(self) -> Money:
        """Principal lost to a default, as far as no recovery has brought it back."""
        return self.position.outstanding if self.is_written_off else ZERO

    @property
    def overdue(self) -> Money:
        """What should have come before today."""
        return Money.total(receipt.amount for receipt in self.expected if receipt.due_date < self.today)

    @property
    def next_receipt(self) -> Receipt | None:
        """The oldest instalment that is not paid; it may be overdue."""
        return self.expected[0] if self.expected else None


@dataclass(frozen=True, slots=True)
class PortfolioTotals:
    """All investments of a lender added up."""

    positions: int
    principal: Money
    outstanding: Money
    in_escrow: Money
    received_principal: Money
    received_interest: Money
    fees_paid: Money
    written_off: Money
    late_loans: int
    late_amount: Money
    expected_soon: Money


def investment_of(holding: LoanHolding, today: date) -> Investment:
    """An investment with what time has done to its loan by today."""
    offer, loan, servicing = holding.offer, holding.loan, holding.servicing
    if servicing is None:
        return Investment(offer, loan, Position(offer.lender_id, offer.accepted_amount), (), today)
    now = accrue_loan(servicing, today)
    own = next(held for held in now.positions if held.lender_id == offer.lender_id)
    runs = now.loan.status is LoanStatus.FUNDED
    expected = expected_receipts(now.account, now.positions, offer.lender_id) if runs else ()
    return Investment(offer, now.loan, own, expected, today)


def totals_of(investments: Sequence[Investment]) -> PortfolioTotals:
    """Add investments of one lender up; ``expected_soon`` is what is overdue or due within 30 days."""
    overdue = [each.overdue for each in investments]
    return PortfolioTotals(
        positions=len(investments),
        principal=Money.total(each.position.share for each in investments),
        outstanding=Money.total(each.outstanding for each in investments),
        in_escrow=Money.total(each.outstanding for each in investments if each.is_in_escrow),
        received_principal=Money.total(each.position.received_principal for each in investments),
        received_interest=Money.total(each.position.received_interest for each in investments),
        fees_paid=Money.total(each.offer.fee_share for each in investments),
        written_off=Money.total(each.written_off for each in investments),
        late_loans=sum(amount > ZERO for amount in overdue),
        late_amount=Money.total(overdue),
        expected_soon=Money.total(_soon(investments)),
    )


def return_on(flows: Sequence[Flow], outstanding: Money, today: date) -> Rate | None:
    """The XIRR of a lender's flows with what is outstanding counted as received today, at its face value.

    Args:
        flows: every movement between the lender's wallet and its loans, fees and refunds included.
        outstanding: principal not come back and not written off; ZERO gives the return on the flows alone.
        today: the day on which it is counted; no flow lies after it.

    Returns:
        Percent a year with two decimals, half-even; None where no rate fits: nothing was invested, all on
        one day, or everything lost.
    """
    valued = [*flows, (today, outstanding)] if outstanding else list(flows)
    try:
        percent = xirr(valued)
    except NoRateExists:
        return None
    return Rate(round_half_even(percent * (BASIS_POINTS // _PERCENT)))


def _soon(investments: Iterable[Investment]) -> Iterable[Money]:
    for each in investments:
        last = each.today + timedelta(days=SOON_DAYS)
        yield from (receipt.amount for receipt in each.expected if receipt.due_date <= last)
