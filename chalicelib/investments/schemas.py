"""Answers about what a lender has invested."""

from typing import Annotated, Any, Self

from pydantic import Field

from chalicelib.api.fields import Amount, Day, Identifier, RateText, ResponseModel, Timestamp
from chalicelib.investments.domain.forecast import ExpectedMonth
from chalicelib.investments.domain.portfolio import Investment
from chalicelib.investments.domain.years import YearFigures
from chalicelib.investments.service import InvestmentPage, Portfolio
from chalicelib.loans.domain.loan import LoanStatus


class PositionResponse(ResponseModel):
    """The caller's share of a loan. `outstanding` excludes `written_off`."""

    loan_id: Identifier
    borrower_username: str
    status: LoanStatus
    annual_interest_rate: RateText
    principal: Annotated[Amount, Field(description="Amount invested.")]
    outstanding: Amount
    received_principal: Amount
    received_interest: Amount
    fee_paid: Annotated[Amount, Field(description="Share of the platform fee, paid in addition to the principal.")]
    fee_refunded: Annotated[Amount, Field(description="Part of `fee_paid` refunded because the loan was repaid early.")]
    written_off: Annotated[Amount, Field(description="Principal lost to a default, net of recoveries.")]
    overdue: Annotated[Amount, Field(description="Amount that was due before today.")]
    next_expected_date: Annotated[Day | None, Field(description="Due date of the oldest unpaid instalment.")]
    next_expected_amount: Amount | None
    funded_at: Timestamp

    @classmethod
    def of(cls, investment: Investment) -> Self:
        loan, offer, position = investment.loan, investment.offer, investment.position
        coming = investment.next_receipt
        return cls(
            loan_id=loan.id,
            borrower_username=loan.borrower_username,
            status=loan.status,
            annual_interest_rate=loan.annual_rate,
            principal=position.share,
            outstanding=investment.outstanding,
            received_principal=position.received_principal,
            received_interest=position.received_interest,
            fee_paid=offer.fee_share,
            fee_refunded=investment.fee_refunded,
            written_off=investment.written_off,
            overdue=investment.overdue,
            next_expected_date=coming.due_date if coming else None,
            next_expected_amount=coming.amount if coming else None,
            funded_at=offer.funded_at or loan.created_at,
        )


class PortfolioTotals(ResponseModel):
    """Totals of all investments, and the wallet's available and held funds."""

    positions: int
    principal: Amount
    outstanding: Annotated[Amount, Field(description="Outstanding principal, including money in escrow.")]
    in_escrow: Annotated[Amount, Field(description="Paid by the lender but not yet disbursed to the borrower.")]
    received_principal: Amount
    received_interest: Amount
    fees_paid: Amount
    fees_refunded: Amount
    written_off: Amount
    late_loans: int
    late_amount: Amount
    expected_30_days: Annotated[Amount, Field(description="Amounts that are overdue or due within 30 days.")]
    idle: Annotated[Amount, Field(description="Available funds in the wallet.")]
    held: Amount
    complete: Annotated[
        bool,
        Field(description="False above 1,000 positions or 10,000 postings. The XIRR is then null."),
    ]

    @classmethod
    def of(cls, portfolio: Portfolio) -> Self:
        totals = portfolio.totals
        return cls(
            positions=totals.positions,
            principal=totals.principal,
            outstanding=totals.outstanding,
            in_escrow=totals.in_escrow,
            received_principal=totals.received_principal,
            received_interest=totals.received_interest,
            fees_paid=totals.fees_paid,
            fees_refunded=totals.fees_refunded,
            written_off=totals.written_off,
            late_loans=totals.late_loans,
            late_amount=totals.late_amount,
            expected_30_days=totals.expected_soon,
            idle=portfolio.wallet.available,
            held=portfolio.wallet.reserved,
            complete=portfolio.is_complete,
        )


class ExpectedMonthResponse(ResponseModel):
    """The expected income from all loans in one month if every instalment is paid on its due date."""

    month: Annotated[str, Field(pattern=r"^\d{4}-\d{2}$", examples=["2026-03"])]
    principal: Amount
    interest: Amount
    amount: Amount

    @classmethod
    def of(cls, month: ExpectedMonth) -> Self:
        return cls(
            month=month.first_day.isoformat()[: len("2026-03")],
            principal=month.principal,
            interest=month.interest,
            amount=month.amount,
        )


class YearResponse(ResponseModel):
    """The figures of one calendar year (UTC), for a tax return."""

    year: int
    interest: Annotated[Amount, Field(description="Interest received, including late interest.")]
    principal: Annotated[Amount, Field(description="Principal received, including `recovered`.")]
    written_off: Annotated[Amount, Field(description="Principal lost to defaults of this year, before recoveries.")]
    recovered: Annotated[Amount, Field(description="Principal received from loans after their default.")]

    @classmethod
    def of(cls, figures: YearFigures) -> Self:
        return cls(
            year=figures.year,
            interest=figures.interest,
            principal=figures.principal,
            written_off=figures.written_off,
            recovered=figures.recovered,
        )


class InvestmentList(ResponseModel):
    """A page of positions, newest first. Only the first page has the fields about the whole portfolio."""

    items: list[PositionResponse]
    next_cursor: str | None
    as_of: Day
    totals: PortfolioTotals | None
    xirr: Annotated[
        RateText | None,
        Field(
            description="Percent per year, from the wallet's LOAN_FUNDING, PLATFORM_FEE, LOAN_PAYMENT and REFUND "
            "entries by day (UTC), with `totals.outstanding` treated as received on `as_of`. Null if no rate exists."
        ),
    ]
    realised_xirr: Annotated[
        RateText | None, Field(description="The XIRR of the entries alone, as if no more money were received.")
    ]
    expected: Annotated[
        list[ExpectedMonthResponse] | None,
        Field(description="Expected income by month. Overdue amounts are included in the month of `as_of`."),
    ]
    years: Annotated[
        list[YearResponse] | None,
        Field(description="Receipts and write-offs by year, oldest first. Null if `totals.complete` is false."),
    ]


def portfolio_fields(found: InvestmentPage) -> dict[str, Any]:
    """Return the fields of the list that are about the whole portfolio."""
    portfolio = found.portfolio
    years = portfolio.years if portfolio else None
    return {
        "as_of": found.as_of,
        "totals": PortfolioTotals.of(portfolio) if portfolio else None,
        "xirr": portfolio.xirr if portfolio else None,
        "realised_xirr": portfolio.realised_xirr if portfolio else None,
        "expected": [ExpectedMonthResponse.of(month) for month in portfolio.expected] if portfolio else None,
        "years": None if years is None else [YearResponse.of(year) for year in years],
    }
