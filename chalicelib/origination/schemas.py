"""Request and response models of the origination endpoints."""

from typing import Annotated, Self

from pydantic import Field, ValidationInfo, field_validator

from chalicelib.api.fields import (
    WHOLE,
    Amount,
    DayInput,
    IdentifierInput,
    NonNegativeAmount,
    PositiveAmount,
    RateText,
    RateUpTo50,
    RateUpTo1000,
    RequestModel,
    ResponseModel,
    Text,
)
from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.day_count import DayCount
from chalicelib.lending_math.due_dates import Frequency
from chalicelib.lending_math.quote import Quote, QuoteTerms
from chalicelib.lending_math.schedule import MAX_PERIODS, ScheduledInstalment
from chalicelib.loans.domain.loan_account import InstalmentStatus
from chalicelib.loans.schemas import InstalmentResponse, LoanAmount, Term
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.money import ZERO


class LoanRequest(RequestModel):
    """The terms of a loan request."""

    amount: LoanAmount
    term_months: Term | None = None
    annual_interest_rate: RateUpTo50
    purpose: Annotated[Text, Field(max_length=255)] = ""
    method: Method = Method.ANNUITY

    def terms(self) -> LoanTerms:
        return LoanTerms(self.amount, self.annual_interest_rate, self.term_months, self.purpose, self.method)


class OfferRequest(RequestModel):
    """An offer of a lender; without an amount, the whole loan."""

    annual_interest_rate: RateUpTo50
    amount: LoanAmount | None = None


class AcceptOfferRequest(RequestModel):
    """Which offer the borrower takes."""

    offer_id: IdentifierInput


class QuoteRequest(RequestModel):
    """Terms to calculate with. Amounts go up to 1,000,000,000.00; a loan on the platform has narrower limits."""

    amount: PositiveAmount
    term_months: Annotated[
        Term | None,
        Field(description="Weekly instalments need a multiple of 3 months (52 a year), two-weekly of 6."),
    ] = None
    number_of_payments: (
        Annotated[
            int,
            Field(ge=1, le=MAX_PERIODS, description="Instead of `term_months`; neither: the default term."),
            WHOLE,
        ]
        | None
    ) = None
    annual_interest_rate: RateUpTo1000
    method: Method = Method.ANNUITY
    frequency: Frequency = Frequency.MONTHLY
    day_count: DayCount = DayCount.D30_360_MONTHS
    fee: Annotated[
        NonNegativeAmount,
        Field(description="Kept back from the amount: it raises `apr` and `effective_rate`, and nothing else."),
    ] = ZERO
    start_date: Annotated[DayInput | None, Field(description="The disbursement; today by default.")] = None
    first_due_date: Annotated[
        DayInput | None, Field(description="Makes the first period odd; later dates are counted from it.")
    ] = None
    principal_grace: Annotated[
        int, Field(ge=0, lt=MAX_PERIODS, description="First instalments that pay interest only."), WHOLE
    ] = 0
    instalment_multiple: Annotated[
        PositiveAmount | None,
        Field(description="Instalments are rounded to it (equal principal: their principal part)."),
    ] = None

    @field_validator("number_of_payments")
    @classmethod
    def _only_one_length(cls, payments: int | None, info: ValidationInfo) -> int | None:
        if payments is not None and info.data.get("term_months") is not None:
            raise ValueError("give either term_months or number_of_payments, not both")
        return payments

    def terms(self) -> QuoteTerms:
        return QuoteTerms(
            amount=self.amount,
            annual_rate=self.annual_interest_rate,
            term_months=self.term_months,
            number_of_payments=self.number_of_payments,
            method=self.method,
            frequency=self.frequency,
            day_count=self.day_count,
            fee=self.fee,
            start_date=self.start_date,
            first_due_date=self.first_due_date,
            principal_grace=self.principal_grace,
            instalment_multiple=self.instalment_multiple,
        )


class QuoteResponse(ResponseModel):
    """The cost of the terms. `total_amount` is all instalments, without the fee."""

    instalment: Amount
    total_interest: Amount
    total_amount: Amount
    apr: RateText
    effective_rate: RateText
    items: list[InstalmentResponse]

    @classmethod
    def of(cls, quote: Quote) -> Self:
        schedule = quote.schedule
        return cls(
            instalment=schedule.level_payment,
            total_interest=schedule.total_interest,
            total_amount=schedule.total_amount,
            apr=quote.rates.apr,
            effective_rate=quote.rates.effective_rate,
            items=[_row(row) for row in schedule.instalments],
        )


def _row(row: ScheduledInstalment) -> InstalmentResponse:
    """Return an instalment of a quote in the form of a loan's instalments."""
    return InstalmentResponse(
        number=row.number,
        due_date=row.due_date,
        principal=row.principal,
        interest=row.interest,
        late_fee=ZERO,
        amount=row.amount,
        paid_amount=ZERO,
        status=InstalmentStatus.PENDING,
        paid_at=None,
        balance=row.balance,
    )
