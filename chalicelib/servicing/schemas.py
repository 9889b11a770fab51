"""Answers about running loans: schedules, instalments, payments, payoffs."""

from datetime import date
from typing import Any, Self

from chalicelib.api.fields import Amount, Day, Identifier, ResponseModel, Timestamp
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.loan_account import Instalment, InstalmentStatus, LoanAccount, Payoff
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.schemas.loans import LoanResponse
from chalicelib.shared.money import Money


class InstalmentResponse(ResponseModel):
    """A row of the schedule; `amount` includes the late fee, `balance` is the principal left after it."""

    number: int
    due_date: Day
    principal: Amount
    interest: Amount
    late_fee: Amount
    amount: Amount
    paid_amount: Amount
    status: InstalmentStatus
    paid_at: Timestamp | None
    balance: Amount

    @classmethod
    def of(cls, row: Instalment, balance: Money, today: date) -> Self:
        """Show a row as it stands today."""
        return cls(**_row_fields(row, balance, today))


class DueInstalmentResponse(InstalmentResponse):
    """An unpaid instalment of one of the caller's loans."""

    loan_id: Identifier

    @classmethod
    def due(cls, loan_id: str, row: Instalment, balance: Money, today: date) -> Self:
        """Show an unpaid row."""
        return cls(**_row_fields(row, balance, today), loan_id=loan_id)


class ScheduleResponse(ResponseModel):
    """All rows of a loan; totals without late fees."""

    loan_id: Identifier
    items: list[InstalmentResponse]
    total_principal: Amount
    total_interest: Amount
    total_amount: Amount

    @classmethod
    def of(cls, loan: Loan, account: LoanAccount, today: date) -> Self:
        """Show a running loan's rows."""
        return cls(
            loan_id=loan.id,
            items=[InstalmentResponse.of(row, balance, today) for row, balance in account.balances()],
            total_principal=loan.amount,
            total_interest=account.total_interest,
            total_amount=loan.amount + account.total_interest,
        )


class PaymentResponse(ResponseModel):
    """A payment by component."""

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


class PayLoanResponse(ResponseModel):
    """What was paid, and the loan after it."""

    message: str
    payment: PaymentResponse
    loan: LoanResponse


class PayoffResponse(ResponseModel):
    """Paying exactly `amount` on this day completes the loan."""

    as_of: Day
    principal: Amount
    interest: Amount
    fees: Amount
    amount: Amount

    @classmethod
    def of(cls, payoff: Payoff) -> Self:
        """Show a payoff."""
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
    """A page of unpaid instalments, by due date."""

    items: list[DueInstalmentResponse]
    next_cursor: str | None


def _row_fields(row: Instalment, balance: Money, today: date) -> dict[str, Any]:
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
