"""Answers of the loan calls."""

from typing import Any, Self

from chalicelib.api.fields import Amount, Day, Identifier, RateText, ResponseModel, Timestamp
from chalicelib.lending_math.amortisation import Method
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.visibility import LoanView


class OfferResponse(ResponseModel):
    """An offer."""

    id: Identifier
    loan_id: Identifier
    lender_id: Identifier
    lender_username: str
    annual_interest_rate: RateText
    amount: Amount
    accepted: bool
    accepted_amount: Amount
    funded: bool
    created_at: Timestamp

    @classmethod
    def of(cls, offer: Offer) -> Self:
        """Show an offer."""
        return cls(**_offer_fields(offer))


class InvestmentResponse(ResponseModel):
    """A lender's paid-in part of a loan."""

    lender_id: Identifier
    lender_username: str
    amount: Amount
    funded_at: Timestamp


class LoanResponse(ResponseModel):
    """A loan. In lists, `offers` and `investments` stay empty: the loan's own address has them."""

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
    accepted_amount: Amount
    funded_amount: Amount
    next_due_date: Day | None
    offers: list[OfferResponse]
    investments: list[InvestmentResponse]
    created_at: Timestamp
    funded_at: Timestamp | None
    completed_at: Timestamp | None

    @classmethod
    def of(cls, view: LoanView) -> Self:
        """Show a loan with the offers that the caller may see."""
        loan = view.loan
        return cls(
            **_loan_fields(loan),
            offers=[OfferResponse.of(offer) for offer in view.offers],
            investments=[
                InvestmentResponse(
                    lender_id=offer.lender_id,
                    lender_username=offer.lender_username,
                    amount=offer.accepted_amount,
                    funded_at=offer.funded_at or loan.created_at,
                )
                for offer in view.investments
            ],
        )


class OfferWithLoanResponse(OfferResponse):
    """An offer together with its loan."""

    loan: LoanResponse

    @classmethod
    def joined(cls, offer: Offer, loan: Loan) -> Self:
        """Show an offer and its loan."""
        return cls(**_offer_fields(offer), loan=LoanResponse.of(LoanView(loan)))


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


def _offer_fields(offer: Offer) -> dict[str, Any]:
    return {
        "id": offer.id,
        "loan_id": offer.loan_id,
        "lender_id": offer.lender_id,
        "lender_username": offer.lender_username,
        "annual_interest_rate": offer.annual_rate,
        "amount": offer.amount,
        "accepted": offer.is_accepted,
        "accepted_amount": offer.accepted_amount,
        "funded": offer.is_funded,
        "created_at": offer.created_at,
    }


def _loan_fields(loan: Loan) -> dict[str, Any]:
    return {
        "id": loan.id,
        "borrower_id": loan.borrower_id,
        "borrower_username": loan.borrower_username,
        "amount": loan.amount,
        "term_months": loan.term_months,
        "requested_rate": loan.requested_rate,
        "annual_interest_rate": loan.annual_rate,
        "method": loan.method,
        "status": loan.status,
        "purpose": loan.purpose,
        "monthly_payment": loan.costs.monthly_payment,
        "total_amount": loan.amount + loan.costs.total_interest,
        "total_interest": loan.costs.total_interest,
        "apr": loan.costs.apr,
        "effective_rate": loan.costs.effective_rate,
        "outstanding_principal": loan.outstanding,
        "remaining_amount": loan.remaining,
        "accepted_amount": loan.accepted,
        "funded_amount": loan.funded,
        "next_due_date": loan.next_due_date,
        "created_at": loan.created_at,
        "funded_at": loan.funded_at,
        "completed_at": loan.completed_at,
    }
