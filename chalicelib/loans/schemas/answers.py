"""Answers of the loan calls."""

from __future__ import annotations

from datetime import date
from typing import Any

from chalicelib.common.fields import Amount, Answer, Day, Identifier, Moment, RateShown
from chalicelib.common.money import Money
from chalicelib.loans.domain.account import LoanAccount, Payoff, Row, RowStatus
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.methods import Method
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.records import PaymentRecord
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
    def of(cls, offer: Offer) -> OfferAnswer:
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
    def of(cls, view: LoanView) -> LoanAnswer:
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
    def joined(cls, offer: Offer, loan: Loan) -> OfferWithLoanAnswer:
        """Show an offer and its loan."""
        return cls(**_offer_fields(offer), loan=LoanAnswer.of(LoanView(loan)))


class InstalmentAnswer(Answer):
    """A row of the schedule; `amount` includes the late fee, `balance` is the principal left after it."""

    number: int
    due_date: Day
    principal: Amount
    interest: Amount
    late_fee: Amount
    amount: Amount
    paid_amount: Amount
    status: RowStatus
    paid_at: Moment | None
    balance: Amount

    @classmethod
    def of(cls, row: Row, balance: Money, today: date) -> InstalmentAnswer:
        """Show a row as it stands today."""
        return cls(**_row_fields(row, balance, today))


class DueInstalmentAnswer(InstalmentAnswer):
    """An unpaid instalment of one of the caller's loans."""

    loan_id: Identifier

    @classmethod
    def due(cls, loan_id: str, row: Row, balance: Money, today: date) -> DueInstalmentAnswer:
        """Show an unpaid row."""
        return cls(**_row_fields(row, balance, today), loan_id=loan_id)


class ScheduleAnswer(Answer):
    """All rows of a loan; totals without late fees."""

    loan_id: Identifier
    items: list[InstalmentAnswer]
    total_principal: Amount
    total_interest: Amount
    total_amount: Amount

    @classmethod
    def of(cls, loan: Loan, account: LoanAccount, today: date) -> ScheduleAnswer:
        """Show a running loan's rows."""
        return cls(
            loan_id=loan.id,
            items=[InstalmentAnswer.of(row, balance, today) for row, balance in account.balances()],
            total_principal=loan.amount,
            total_interest=account.total_interest,
            total_amount=loan.amount + account.total_interest,
        )


class PaymentAnswer(Answer):
    """A payment by component."""

    id: Identifier
    number: int
    amount: Amount
    principal: Amount
    interest: Amount
    late_fee: Amount
    paid_at: Moment
    instalment_status: RowStatus

    @classmethod
    def of(cls, payment: PaymentRecord) -> PaymentAnswer:
        """Show a payment."""
        return cls(
            id=payment.id,
            number=payment.number,
            amount=payment.amount,
            principal=payment.principal,
            interest=payment.interest,
            late_fee=payment.late_fee,
            paid_at=payment.paid_at,
            instalment_status=payment.instalment_status,
        )


class PaidAnswer(Answer):
    """What was paid, and the loan after it."""

    message: str
    payment: PaymentAnswer
    loan: LoanAnswer


class PayoffAnswer(Answer):
    """Paying exactly `amount` on this day completes the loan."""

    as_of: Day
    principal: Amount
    interest: Amount
    fees: Amount
    amount: Amount

    @classmethod
    def of(cls, payoff: Payoff) -> PayoffAnswer:
        """Show a payoff."""
        return cls(
            as_of=payoff.as_of,
            principal=payoff.principal,
            interest=payoff.interest,
            fees=payoff.fees,
            amount=payoff.amount,
        )


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


class PaymentList(Answer):
    """A page of payments, newest first."""

    items: list[PaymentAnswer]
    next_cursor: str | None


class DueInstalmentList(Answer):
    """A page of unpaid instalments, by due date."""

    items: list[DueInstalmentAnswer]
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


def _row_fields(row: Row, balance: Money, today: date) -> dict[str, Any]:
    return {
        "number": row.number,
        "due_date": row.due_date,
        "principal": row.principal,
        "interest": row.interest,
        "late_fee": row.late_fee,
        "amount": row.amount,
        "paid_amount": row.paid_amount,
        "status": row.status_on(today),
        "paid_at": row.paid_at,
        "balance": balance,
    }
