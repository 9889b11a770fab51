"""Answers of the loan calls."""

from typing import Any, Self

from chalicelib.common.fields import Amount, Answer, Day, Identifier, Moment, RateShown
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.methods import Method
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.view import LoanView


class OfferAnswer(Answer):
    """An offer."""

    id: Identifier
    loan_id: Identifier
    lender_id: Identifier
    lender_username: str
    annual_interest_rate: RateShown
    amount: Amount
    accepted: bool
    accepted_amount: Amount
    funded: bool
    created_at: Moment

    @classmethod
    def of(cls, offer: Offer) -> Self:
        """Show an offer."""
        return cls(**_offer_fields(offer))


class InvestmentAnswer(Answer):
    """A lender's paid-in part of a loan."""

    lender_id: Identifier
    lender_username: str
    amount: Amount
    funded_at: Moment


class LoanAnswer(Answer):
    """A loan. In lists, `offers` and `investments` stay empty: the loan's own address has them."""

    id: Identifier
    borrower_id: Identifier
    borrower_username: str
    amount: Amount
    term_months: int
    requested_rate: RateShown
    annual_interest_rate: RateShown
    method: Method
    status: LoanStatus
    purpose: str
    monthly_payment: Amount
    total_amount: Amount
    total_interest: Amount
    apr: RateShown
    effective_rate: RateShown
    outstanding_principal: Amount
    remaining_amount: Amount
    accepted_amount: Amount
    funded_amount: Amount
    next_due_date: Day | None
    offers: list[OfferAnswer]
    investments: list[InvestmentAnswer]
    created_at: Moment
    funded_at: Moment | None
    completed_at: Moment | None

    @classmethod
    def of(cls, view: LoanView) -> Self:
        """Show a loan with the offers that the caller may see."""
        loan = view.loan
        return cls(
            **_loan_fields(loan),
            offers=[OfferAnswer.of(offer) for offer in view.offers],
            investments=[
                InvestmentAnswer(
                    lender_id=offer.lender_id,
                    lender_username=offer.lender_username,
                    amount=offer.accepted_amount,
                    funded_at=offer.funded_at or loan.created_at,
                )
                for offer in view.investments
            ],
        )


class OfferWithLoanAnswer(OfferAnswer):
    """An offer together with its loan."""

    loan: LoanAnswer

    @classmethod
    def joined(cls, offer: Offer, loan: Loan) -> Self:
        """Show an offer and its loan."""
        return cls(**_offer_fields(offer), loan=LoanAnswer.of(LoanView(loan)))


class LoanList(Answer):
    """A page of loans, newest first."""

    items: list[LoanAnswer]
    next_cursor: str | None


class OfferList(Answer):
    """A page of offers, lowest rate first."""

    items: list[OfferAnswer]
    next_cursor: str | None


class OfferWithLoanList(Answer):
    """A page of the caller's offers, newest first."""

    items: list[OfferWithLoanAnswer]
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
        "monthly_payment": loan.costs.instalment,
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
