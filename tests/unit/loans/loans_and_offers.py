"""Loans in any state, and offers."""

from dataclasses import replace
from datetime import UTC, date, datetime

from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.arrears import ArrearsTerms
from chalicelib.loans.domain.borrowing_costs import estimated_costs
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


def open_loan(amount: str = "1000.00", rate: str = "12.00", fee: str = "3.75") -> Loan:
    """A new request for six months."""
    principal, annual_rate = Money.of(amount), Rate.percent(rate)
    return Loan(
        id=new_id(NOW),
        borrower_id=new_id(NOW),
        borrower_username="borrower",
        amount=principal,
        term_months=6,
        requested_rate=annual_rate,
        annual_rate=annual_rate,
        method=Method.ANNUITY,
        purpose="",
        status=LoanStatus.REQUESTED,
        costs=estimated_costs(principal, annual_rate, 6, Method.ANNUITY, date(2026, 1, 15)),
        fee=Money.of(fee),
        arrears_terms=ArrearsTerms(),
        default_days=120,
        created_at=NOW,
    )


def loan_with_status(
    status: LoanStatus, amount: str, outstanding: str = "0.00", written_off: str = "0.00", next_due: date | None = None
) -> Loan:
    """A loan in a status; a running or ended one was funded now."""
    is_started = status in (LoanStatus.FUNDED, LoanStatus.COMPLETED, LoanStatus.DEFAULTED)
    return replace(
        open_loan(amount),
        status=status,
        funded_at=NOW if is_started else None,
        outstanding=Money.of(outstanding),
        written_off=Money.of(written_off),
        next_due_date=next_due,
    )


def offer_on(loan: Loan, rate: str = "12.00", amount: str | None = None) -> Offer:
    """A lender's offer on a loan; without an amount, for all of it."""
    return Offer(
        id=new_id(NOW),
        loan_id=loan.id,
        lender_id=new_id(NOW),
        lender_username="lender",
        annual_rate=Rate.percent(rate),
        amount=loan.amount if amount is None else Money.of(amount),
        created_at=NOW,
    )
