"""Answers about running loans: schedules, instalments, payments, payoffs."""

from datetime import date
from typing import Self

from chalicelib.api.fields import Amount, Day, Identifier, PositiveAmount, RequestModel, ResponseModel, Timestamp
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.loan_account import InstalmentStatus, LoanAccount, Payoff
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.schemas import InstalmentResponse, LoanResponse
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.servicing.service.payments import PaymentOutcome


class PayLoanRequest(RequestModel):
    """A borrower's payment. Without an amount, the first unpaid instalment is paid."""

    amount: PositiveAmount | None = None
    strategy: Strategy = Strategy.REDUCE_TERM


class DueInstalmentResponse(InstalmentResponse):
    """An unpaid instalment of one of the caller's loans."""

    loan_id: Identifier


class ScheduleResponse(ResponseModel):
    """All instalments of a loan. The totals exclude late fees."""

    loan_id: Identifier
    items: list[InstalmentResponse]
    total_principal: Amount
    total_interest: Amount
    total_amount: Amount

    @classmethod
    def of(cls, loan: Loan, account: LoanAccount, today: date) -> Self:
        return cls(
            loan_id=loan.id,
            items=[InstalmentResponse.of(row, balance, today) for row, balance in account.balances()],
            total_principal=loan.amount,
            total_interest=account.total_interest,
            total_amount=loan.amount + account.total_interest,
        )


class PaymentResponse(ResponseModel):
    """A payment, split into principal, interest and late fee."""

    id: Identifier
    number: int
    amount: Amount
    principal: Amount
    interest: Amount
    late_fee: Amount
    paid_at: Timestamp
    instalment_status: InstalmentStatus

    @classmethod
    def of(cls, payment: PaymentRecord) -> Self:
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


class PayLoanResponse(ResponseModel):
    """A payment and the loan after the payment."""

    message: str
    payment: PaymentResponse
    loan: LoanResponse

    @classmethod
    def of(cls, outcome: PaymentOutcome) -> Self:
        return cls(
            message="Payment successful",
            payment=PaymentResponse.of(outcome.payment),
            loan=LoanResponse.of(outcome.view),
        )


class PayoffResponse(ResponseModel):
    """A payoff quote: paying exactly `amount` on the day `as_of` completes the loan."""

    as_of: Day
    principal: Amount
    interest: Amount
    fees: Amount
    amount: Amount

    @classmethod
    def of(cls, payoff: Payoff) -> Self:
        return cls(
            as_of=payoff.as_of,
            principal=payoff.principal,
            interest=payoff.interest,
            fees=payoff.fees,
            amount=payoff.amount,
        )


class PaymentList(ResponseModel):
    """A page of payments, newest first."""

    items: list[PaymentResponse]
    next_cursor: str | None


class DueInstalmentList(ResponseModel):
    """A page of unpaid instalments, ordered by due date."""

    items: list[DueInstalmentResponse]
    next_cursor: str | None
