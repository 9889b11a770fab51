"""A lender's investments, their totals, and the return on them."""

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
"""A day and an amount from the lender's side: paid into loans below zero, received above zero."""


@dataclass(frozen=True, slots=True)
class StoredInvestment:
    """One investment as it is stored; ``funded_loan`` is set once the loan is funded."""

    offer: Offer
    loan: Loan
    funded_loan: FundedLoan | None


@dataclass(frozen=True, slots=True)
class Investment:
    """A lender's funded part of one loan on a day.

    ``position`` contains the amounts received, ``expected`` the receipts to come by the schedule. Until the last
    lender has funded, the money is in escrow: outstanding, with no receipts expected yet.
    """

    offer: Offer
    loan: Loan
    position: Position
    expected: tuple[Receipt, ...]
    today: date

    @property
    def is_written_off(self) -> bool:
        """True if the loan is in default: what is not received counts as lost until it is recovered."""
        return self.loan.status is LoanStatus.DEFAULTED

    @property
    def is_in_escrow(self) -> bool:
        """True if the money is not disbursed to the borrower yet."""
        return self.loan.funded_at is None

    @property
    def outstanding(self) -> Money:
        """Principal that is neither received nor written off."""
        return ZERO if self.is_written_off else self.position.outstanding

    @property
    def written_off(self) -> Money:
        """Principal lost to a default and not recovered."""
        return self.position.outstanding if self.is_written_off else ZERO

    @property
    def fee_refunded(self) -> Money:
        """Part of the fee that was refunded because the loan was repaid before its interest had earned it."""
        return self.position.refund if self.loan.status is LoanStatus.COMPLETED else ZERO

    @property
    def overdue(self) -> Money:
        """Receipts expected before today."""
        return Money.total(receipt.amount for receipt in self.expected if receipt.due_date < self.today)

    @property
    def next_receipt(self) -> Receipt | None:
        """The receipt from the earliest unpaid instalment, which may be overdue."""
        return self.expected[0] if self.expected else None


@dataclass(frozen=True, slots=True)
class PortfolioTotals:
    positions: int
    principal: Money
    outstanding: Money
    in_escrow: Money
    received_principal: Money
    received_interest: Money
    fees_paid: Money
    fees_refunded: Money
    written_off: Money
    late_loans: int
    late_amount: Money
    expected_soon: Money


def investment_of(stored: StoredInvestment, today: date) -> Investment:
    """Return an investment with its loan accrued to today."""
    offer, loan = stored.offer, stored.loan
    if stored.funded_loan is None:
        return Investment(offer, loan, Position(offer.lender_id, offer.accepted_amount), (), today)
    accrued = accrue_loan(stored.funded_loan, today)
    position = next(each for each in accrued.positions if each.lender_id == offer.lender_id)
    is_running = accrued.loan.status is LoanStatus.FUNDED
    expected = expected_receipts(accrued.account, accrued.positions, offer.lender_id) if is_running else ()
    return Investment(offer, accrued.loan, position, expected, today)


def totals_of(investments: Sequence[Investment]) -> PortfolioTotals:
    """Sum the investments of a lender; ``expected_soon`` includes overdue receipts and those of the next 30 days."""
    overdue = [each.overdue for each in investments]
    return PortfolioTotals(
        positions=len(investments),
        principal=Money.total(each.position.share for each in investments),
        outstanding=Money.total(each.outstanding for each in investments),
        in_escrow=Money.total(each.outstanding for each in investments if each.is_in_escrow),
        received_principal=Money.total(each.position.received_principal for each in investments),
        received_interest=Money.total(each.position.received_interest for each in investments),
        fees_paid=Money.total(each.offer.fee_share for each in investments),
        fees_refunded=Money.total(each.fee_refunded for each in investments),
        written_off=Money.total(each.written_off for each in investments),
        late_loans=sum(amount > ZERO for amount in overdue),
        late_amount=Money.total(overdue),
        expected_soon=Money.total(_soon(investments)),
    )


def return_on(flows: Sequence[Flow], outstanding: Money, today: date) -> Rate | None:
    """Calculate the XIRR of a lender's flows, with the outstanding principal counted as received today.

    Args:
        flows: every movement between the lender's wallet and its loans, fees and refunds included.
        outstanding: principal neither received nor written off; ZERO gives the return on the flows alone.
        today: the day of the valuation; no flow is after it.

    Returns:
        Percent a year with two decimals, half-even; None if no rate fits: nothing was invested, all flows are
        of one day, or everything is lost.
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
