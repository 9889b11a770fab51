"""Funded loans with their investors, and payments on them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

from hypothesis import strategies as st

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.schedule import build_schedule
from chalicelib.loans.domain.arrears import ArrearsTerms
from chalicelib.loans.domain.borrowing_costs import costs_of
from chalicelib.loans.domain.funded_loan import FundedLoan, accrue_loan
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.position import Position
from chalicelib.servicing.domain.payment import allocate_payment, apply_payment
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.money import Money, Rate
from tests.unit.loans.loan_accounts import at
from tests.unit.loans.loans_and_offers import offer_on, open_loan

FUNDED_ON = date(2026, 1, 31)


def funded_loan(
    shares: Sequence[Money],
    rate: str = "12",
    months: int = 6,
    *,
    method: Method = Method.ANNUITY,
    default_days: int = 120,
    late_fees: ArrearsTerms | None = None,
) -> FundedLoan:
    """A loan of the sum of the shares, funded on 31 January 2026; its lenders are ``lender-000`` and so on."""
    arrears_terms, annual_rate = late_fees or ArrearsTerms(), Rate.percent(rate)
    schedule = build_schedule(Money.total(shares), annual_rate, months, start_date=FUNDED_ON, method=method)
    account = LoanAccount.from_schedule(schedule, annual_rate, arrears_terms, default_days)
    loan = replace(
        open_loan(),
        amount=schedule.principal,
        term_months=months,
        requested_rate=annual_rate,
        annual_rate=annual_rate,
        method=method,
        status=LoanStatus.FUNDED,
        costs=costs_of(schedule),
        arrears_terms=arrears_terms,
        default_days=default_days,
        funded_at=at(FUNDED_ON),
        outstanding=account.outstanding,
        remaining=account.remaining,
        next_due_date=account.next_due_date,
    )
    positions = tuple(Position(f"lender-{number:03d}", share) for number, share in enumerate(shares))
    return FundedLoan(loan, account, positions, 1)


def funded_offer(servicing: FundedLoan, lender: int = 0) -> Offer:
    """The funded offer of one of the loan's lenders."""
    position = servicing.positions[lender]
    return replace(
        offer_on(servicing.loan, str(servicing.loan.annual_rate), str(position.share)),
        lender_id=position.lender_id,
        accepted_amount=position.share,
        acceptance_order=lender + 1,
        fee_share=Money(375),
        funded_at=at(FUNDED_ON),
    )


def loan_after_payment(
    servicing: FundedLoan, amount: Money | None, day: date, strategy: Strategy = Strategy.REDUCE_TERM
) -> FundedLoan:
    """The loan after a payment on a day; without an amount, of the first unpaid instalment."""
    now = accrue_loan(servicing, day)
    return apply_payment(now, allocate_payment(now.account, amount, strategy, at(day)), at(day))


SHARES = st.lists(st.integers(1, 3_000_00).map(Money), min_size=1, max_size=37)
