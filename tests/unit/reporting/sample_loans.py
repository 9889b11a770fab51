"""Loans for tests of counters."""

from __future__ import annotations

from datetime import UTC, date, datetime

from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.loan import Costs, LateFeeTerms, Loan, LoanStatus
from chalicelib.shared.ids import first_id_of
from chalicelib.shared.money import ZERO, Money, Rate

NOW = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
_STARTED = (LoanStatus.FUNDED, LoanStatus.COMPLETED, LoanStatus.DEFAULTED)


def a_loan(
    status: str,
    amount: str,
    *,
    outstanding: str = "0.00",
    written_off: str = "0.00",
    next_due: date | None = None,
) -> Loan:
    """Return a loan in a status; a running or ended one was funded now."""
    rate = Rate.percent("12")
    return Loan(
        id=first_id_of(NOW),
        borrower_id=first_id_of(NOW),
        borrower_username="ana",
        amount=Money.of(amount),
        term_months=6,
        requested_rate=rate,
        annual_rate=rate,
        method=Method.ANNUITY,
        purpose="",
        status=LoanStatus(status),
        costs=Costs(ZERO, ZERO, rate, rate),
        fee=Money(375),
        late_fee_terms=LateFeeTerms(),
        default_days=120,
        created_at=NOW,
        funded_at=NOW if LoanStatus(status) in _STARTED else None,
        outstanding=Money.of(outstanding),
        written_off=Money.of(written_off),
        next_due_date=next_due,
    )
