"""Request and response models of the loan endpoints, and field types that other features share."""

from datetime import date
from typing import Annotated, Any, Final, Literal, Self

from pydantic import AfterValidator, Field

from chalicelib.api.fields import (
    WHOLE,
    Amount,
    Day,
    Identifier,
    ListQuery,
    PositiveAmount,
    RateText,
    RateUpTo50,
    ResponseModel,
    Timestamp,
)
from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.autopay import AttemptStatus, Autopay
from chalicelib.loans.domain.loan import NO_AUTOPAY, LoanStatus
from chalicelib.loans.domain.loan_account import Instalment, InstalmentStatus
from chalicelib.loans.domain.offer import offer_figures
from chalicelib.loans.domain.reschedule_proposal import Ground, RescheduleFigures, RescheduleProposal
from chalicelib.loans.domain.visibility import LoanView, OfferView
from chalicelib.shared.money import Money

LARGEST_LOAN: Final = Money.of("1000000.00")
Term = Annotated[int, Field(ge=1, le=360, description="In months."), WHOLE]


def _at_most_largest(amount: Money) -> Money:
    if amount > LARGEST_LOAN:
        raise ValueError(f"must be at most {LARGEST_LOAN}")
    return amount


LoanAmount = Annotated[PositiveAmount, AfterValidator(_at_most_largest)]


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


class OfferResponse(ResponseModel):
    """An offer.

    `amount_due` is what funding charges: the accepted amount plus `fee_share`. `monthly_payment` and `total_interest`
    are the lender's part of those of the loan. Until the offer is accepted, all four are estimates for the whole offer
    at its own rate. In the borrower's list of offers, `backed` is true if the lender has the money available or
    reserved, or has paid it; elsewhere it is null.
    """

    id: Identifier
    loan_id: Identifier
    lender_id: Identifier
    lender_username: str
    annual_interest_rate: RateText
    amount: Amount
    accepted: bool
    accepted_amount: Amount
    fee_share: Amount
    amount_due: Amount
    monthly_payment: Amount | None
    total_interest: Amount | None
    backed: bool | None
    funded: bool
    created_at: Timestamp

    @classmethod
    def of(cls, view: OfferView, **more: Any) -> Self:
        offer, figures = view.offer, offer_figures(view.loan, view.offer)
        return cls(
            id=offer.id,
            loan_id=offer.loan_id,
            lender_id=offer.lender_id,
            lender_username=offer.lender_username,
            annual_interest_rate=offer.annual_rate,
            amount=offer.amount,
            accepted=offer.is_accepted,
            accepted_amount=offer.accepted_amount,
            fee_share=figures.fee_share,
            amount_due=figures.amount_due,
            monthly_payment=figures.monthly_payment,
            total_interest=figures.total_interest,
            backed=view.backed,
            funded=offer.is_funded,
            created_at=offer.created_at,
            **more,
        )


class InvestmentResponse(ResponseModel):
    """A lender's funded share of a loan."""

    lender_id: Identifier
    lender_username: str
    amount: Amount
    funded_at: Timestamp


class RescheduleFiguresResponse(ResponseModel):
    """The figures of a loan that a reschedule changes. `total_interest` includes the interest already paid."""

    annual_interest_rate: RateText
    monthly_payment: Amount
    term_months: int
    total_interest: Amount
    next_due_date: Day | None

    @classmethod
    def of(cls, figures: RescheduleFigures) -> Self:
        return cls(
            annual_interest_rate=figures.annual_rate,
            monthly_payment=figures.monthly_payment,
            term_months=figures.term_months,
            total_interest=figures.total_interest,
            next_due_date=figures.next_due_date,
        )


class RescheduleProposalResponse(ResponseModel):
    """A reschedule that the borrower can accept until `expires_on`, with the loan's figures before and after it."""

    id: Identifier
    loan_id: Identifier
    remaining_terms: int | None
    annual_interest_rate: RateText | None
    holiday_months: int
    reason: str
    ground: Ground
    before: RescheduleFiguresResponse
    after: RescheduleFiguresResponse
    created_at: Timestamp
    expires_on: Day

    @classmethod
    def of(cls, proposal: RescheduleProposal) -> Self:
        return cls(
            id=proposal.id,
            loan_id=proposal.loan_id,
            remaining_terms=proposal.terms.remaining_terms,
            annual_interest_rate=proposal.terms.annual_rate,
            holiday_months=proposal.terms.holiday_months,
            reason=proposal.reason,
            ground=proposal.ground,
            before=RescheduleFiguresResponse.of(proposal.before),
            after=RescheduleFiguresResponse.of(proposal.after),
            created_at=proposal.created_at,
            expires_on=proposal.expires_on,
        )


class AutopayAttemptResponse(ResponseModel):
    """An attempt to pay an instalment. Only the borrower and operators see the `code` of a failure."""

    on: Day
    number: int
    status: AttemptStatus
    code: str | None


class AutopayResponse(ResponseModel):
    """The borrower's mandate to pay due instalments from the wallet, and its latest attempts, oldest first."""

    enabled: bool
    since: Timestamp | None
    attempts: list[AutopayAttemptResponse]

    @classmethod
    def of(cls, autopay: Autopay, status: LoanStatus) -> Self:
        since = autopay.since if status is LoanStatus.FUNDED else None
        attempts = [
            AutopayAttemptResponse(on=each.on, number=each.number, status=each.status, code=each.code)
            for each in autopay.attempts
        ]
        return cls(enabled=since is not None, since=since, attempts=attempts)


_NEVER: Final = AutopayResponse(enabled=False, since=None, attempts=[])


class LoanResponse(ResponseModel):
    """A loan. Lists show no `offers`, `investments`, `autopay` and `reschedule_proposal`; get the loan to see them."""

    id: Identifier
    borrower_id: Identifier
    borrower_username: str
    amount: Amount
    term_months: int
    requested_rate: RateText
    annual_interest_rate: RateText
    method: Method
    status: LoanStatus
    purpose: str
    monthly_payment: Amount
    total_amount: Amount
    total_interest: Amount
    apr: RateText
    effective_rate: RateText
    outstanding_principal: Amount
    remaining_amount: Amount
    written_off: Amount
    accepted_amount: Amount
    funded_amount: Amount
    next_due_date: Day | None
    offers: list[OfferResponse]
    investments: list[InvestmentResponse]
    created_at: Timestamp
    funded_at: Timestamp | None
    completed_at: Timestamp | None
    defaulted_at: Timestamp | None
    autopay: Annotated[
        AutopayResponse | None,
        Field(description="The autopay mandate of a funded loan. Only its borrower, its lenders and operators see it."),
    ]
    reschedule_proposal: Annotated[
        RescheduleProposalResponse | None,
        Field(description="A reschedule that the borrower can accept. Only the borrower and operators see it."),
    ]

    @classmethod
    def of(cls, view: LoanView, **more: Any) -> Self:
        """Build the response with the offers that the caller may see; ``more`` are the fields of a derived model."""
        loan, costs = view.loan, view.loan.costs
        autopay = None
        if view.autopay is not None and loan.funded_at is not None:
            autopay = _NEVER if view.autopay == NO_AUTOPAY else AutopayResponse.of(view.autopay, loan.status)
        return cls(
            id=loan.id,
            borrower_id=loan.borrower_id,
            borrower_username=loan.borrower_username,
            amount=loan.amount,
            term_months=loan.term_months,
            requested_rate=loan.requested_rate,
            annual_interest_rate=loan.annual_rate,
            method=loan.method,
            status=loan.status,
            purpose=loan.purpose,
            monthly_payment=costs.monthly_payment,
            total_amount=loan.amount + costs.total_interest,
            total_interest=costs.total_interest,
            apr=costs.apr,
            effective_rate=costs.effective_rate,
            outstanding_principal=loan.outstanding,
            remaining_amount=loan.remaining,
            written_off=loan.written_off,
            accepted_amount=loan.accepted,
            funded_amount=loan.funded,
            next_due_date=loan.next_due_date,
            offers=[OfferResponse.of(OfferView(offer, loan)) for offer in view.offers],
            investments=[
                InvestmentResponse(
                    lender_id=offer.lender_id,
                    lender_username=offer.lender_username,
                    amount=offer.accepted_amount,
                    funded_at=offer.funded_at,
                )
                for offer in view.offers
                if offer.funded_at is not None
            ],
            created_at=loan.created_at,
            funded_at=loan.funded_at,
            completed_at=loan.completed_at,
            defaulted_at=loan.defaulted_at,
            autopay=autopay,
            reschedule_proposal=RescheduleProposalResponse.of(view.proposal) if view.proposal else None,
            **more,
        )


class OfferWithLoanResponse(OfferResponse):
    """An offer and its loan."""

    loan: LoanResponse


class LoanList(ResponseModel):
    """A page of loans, newest first."""

    items: list[LoanResponse]
    next_cursor: str | None


class OfferList(ResponseModel):
    """A page of offers, lowest rate first."""

    items: list[OfferResponse]
    next_cursor: str | None


class OfferWithLoanList(ResponseModel):
    """A page of the caller's offers, newest first."""

    items: list[OfferWithLoanResponse]
    next_cursor: str | None


class InstalmentResponse(ResponseModel):
    """An instalment. `amount` includes the late fee and the late interest charged so far; `balance` is the principal
    outstanding after this instalment.
    """

    number: int
    due_date: Day
    principal: Amount
    interest: Amount
    late_fee: Amount
    late_interest: Amount
    amount: Amount
    paid_amount: Amount
    status: InstalmentStatus
    paid_at: Timestamp | None
    balance: Amount

    @classmethod
    def of(cls, row: Instalment, balance: Money, today: date, **more: Any) -> Self:
        return cls(
            number=row.number,
            due_date=row.due_date,
            principal=row.principal,
            interest=row.interest,
            late_fee=row.late_fee,
            late_interest=row.late_interest,
            amount=row.amount,
            paid_amount=row.paid_amount,
            status=row.status_on(today),
            paid_at=row.paid_at,
            balance=balance,
            **more,
        )
