"""Request and response models of the origination endpoints."""

from typing import Annotated, Self

from pydantic import AfterValidator, Field, ValidationInfo, field_validator

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
from chalicelib.loans.schemas import InstalmentResponse, Term
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.money import ZERO


class LoanRequest(RequestModel):
    """The terms of a loan request."""

    amount: PositiveAmount
    term_months: Term | None = None
    annual_interest_rate: RateUpTo50
    purpose: Annotated[Text, Field(max_length=255)] = ""
    method: Method = Method.ANNUITY

    def terms(self) -> LoanTerms:
        return LoanTerms(self.amount, self.annual_interest_rate, self.term_months, self.purpose, self.method)


class OfferRequest(RequestModel):
    """A lender's offer. Without an amount, it covers the whole loan."""

    annual_interest_rate: RateUpTo50
    amount: PositiveAmount | None = None


MaxRate = Annotated[
    RateUpTo50 | None,
    Field(description="The highest clearing rate to agree to. If it would be exceeded, nothing is accepted."),
]


class AcceptOfferRequest(RequestModel):
    """The offer to accept."""

    offer_id: IdentifierInput
    max_rate: MaxRate = None


def _without_repetition(offer_ids: list[str]) -> list[str]:
    if len(set(offer_ids)) < len(offer_ids):
        raise ValueError("must not contain an offer twice")
    return offer_ids


class AcceptOffersRequest(RequestModel):
    """The offers to accept, in this order; the last one is accepted only for what the loan still needs."""

    offer_ids: Annotated[
        list[IdentifierInput],
        Field(min_length=1, max_length=20, json_schema_extra={"uniqueItems": True}),
        AfterValidator(_without_repetition),
    ]
    max_rate: MaxRate = None


class QuoteRequest(RequestModel):
    """The terms to quote. Amounts can be up to 1,000,000,000.00; loan requests have lower limits."""

    amount: PositiveAmount
    term_months: Annotated[
        Term | None,
        Field(
            description="In months. Weekly instalments require a multiple of 3, biweekly instalments a multiple of 6."
        ),
    ] = None
    number_of_payments: (
        Annotated[
            int,
            Field(
                ge=1,
                le=MAX_PERIODS,
                description="Alternative to `term_months`. Without either, the default term applies.",
            ),
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
        Field(description="Fee deducted from the disbursed amount. It affects only `apr` and `effective_rate`."),
    ] = ZERO
    start_date: Annotated[DayInput | None, Field(description="Disbursement date. Defaults to today.")] = None
    first_due_date: Annotated[
        DayInput | None,
        Field(description="Allows an irregular first period. Later due dates are counted from this date."),
    ] = None
    principal_grace: Annotated[
        int, Field(ge=0, lt=MAX_PERIODS, description="Number of interest-only instalments at the start."), WHOLE
    ] = 0
    instalment_multiple: Annotated[
        PositiveAmount | None,
        Field(
            description="Round instalments to a multiple of this amount (for `equal_principal`, only the principal)."
        ),
    ] = None

    @field_validator("number_of_payments")
    @classmethod
    def _only_one_length(cls, payments: int | None, info: ValidationInfo) -> int | None:
        if payments is not None and info.data.get("term_months") is not None:
            raise ValueError("term_months and number_of_payments cannot be combined")
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
    """The cost of the loan. `total_amount` is the sum of all instalments, excluding the fee."""

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
        late_interest=ZERO,
        amount=row.amount,
        paid_amount=ZERO,
        status=InstalmentStatus.PENDING,
        paid_at=None,
        balance=row.balance,
    )
