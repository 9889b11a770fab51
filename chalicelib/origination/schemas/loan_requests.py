"""Bodies and queries of the loan calls."""

from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field

from chalicelib.api.fields import WHOLE, Identifier, ListQuery, PositiveAmount, RateUpTo50, RequestModel, Text
from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.money import Money

LARGEST_LOAN: Final = Money.of("1000000.00")
Term = Annotated[int, Field(ge=1, le=360, description="Months."), WHOLE]


def _at_most_largest(amount: Money) -> Money:
    if amount > LARGEST_LOAN:
        raise ValueError(f"give an amount of at most {LARGEST_LOAN}")
    return amount


LoanAmount = Annotated[PositiveAmount, AfterValidator(_at_most_largest)]


class LoanRequest(RequestModel):
    """What a borrower asks for."""

    amount: LoanAmount
    term_months: Term | None = None
    annual_interest_rate: RateUpTo50
    purpose: Annotated[Text, Field(max_length=255)] = ""
    method: Method = Method.ANNUITY


class OfferRequest(RequestModel):
    """What a lender offers; without an amount, the whole loan."""

    annual_interest_rate: RateUpTo50
    amount: LoanAmount | None = None


class AcceptOfferRequest(RequestModel):
    """Which offer the borrower takes."""

    offer_id: Identifier


class PayLoanRequest(RequestModel):
    """What the borrower pays; without an amount, the first unpaid instalment."""

    amount: PositiveAmount | None = None
    strategy: Strategy = Strategy.REDUCE_TERM


class AvailableLoansQuery(ListQuery):
    """Filters of the open loans; bounds are inclusive. Only `newest` is a sort that an index serves."""

    min_amount: PositiveAmount | None = None
    max_amount: PositiveAmount | None = None
    min_rate: RateUpTo50 | None = None
    max_term: Term | None = None
    sort: Literal["newest"] = "newest"


class MyLoansQuery(ListQuery):
    """Filter by status."""

    status: LoanStatus | None = None
