"""Answers about running loans: schedules, instalments, payments, payoffs."""

from datetime import date
from typing import Self

from pydantic import ValidationInfo, field_validator

from chalicelib.api.fields import Amount, Day, Identifier, PositiveAmount, RequestModel, ResponseModel, Timestamp
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.loan_account import InstalmentStatus, LoanAccount, Payoff
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.schemas import InstalmentResponse, LoanResponse
from chalicelib.servicing.domain.payment import ApplyTo
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.servicing.service.payments import PaymentOutcome, PaymentPreview


class PayLoanRequest(RequestModel):
    """A borrower's payment. Without an amount, the first unpaid instalment is paid; after a default, the payoff.

    An amount pays the due instalments, then the next instalment in full, then principal; with `apply_to: "principal"`,
    the interest earned so far is paid instead of the next instalment. No more than the payoff is charged. With
    `dry_run`, the effect is calculated but nothing is charged.
    """

    amount: PositiveAmount | None = None
    strategy: Strategy = Strategy.REDUCE_TERM
    apply_to: ApplyTo | None = None
    dry_run: bool = False

    @field_validator("apply_to")
    @classmethod
    def _require_amount(cls, apply_to: ApplyTo | None, info: ValidationInfo) -> ApplyTo | None:
        if apply_to is not None and info.data.get("amount", apply_to) is None:
            raise ValueError("requires an amount")
        return apply_to


class DueInstalmentResponse(InstalmentResponse):
    """An unpaid instalment of one of the caller's loans."""

    loan_id: Identifier


class ScheduleResponse(ResponseModel):
    """All instalments of a loan. The totals exclude late fees and late interest."""

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
    """A payment, split into principal, interest (late interest included) and late fee. A dry run has no `id`."""

    id: Identifier | None
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
    """The payment, with the amount that was charged, and the loan after it.

    A dry run also returns the schedule after the payment and, if an instalment would be paid ahead of its due date,
    what a payoff today would save compared with this payment and that schedule.
    """

    message: str
    dry_run: bool
    payment: PaymentResponse
    loan: LoanResponse
    schedule: ScheduleResponse | None
    payoff_saving: Amount | None

    @classmethod
    def of(cls, outcome: PaymentOutcome) -> Self:
        return cls(
            message=f"Payment of {outcome.payment.amount} received",
            dry_run=False,
            payment=PaymentResponse.of(outcome.payment),
            loan=LoanResponse.of(outcome.view),
            schedule=None,
            payoff_saving=None,
        )

    @classmethod
    def of_preview(cls, preview: PaymentPreview) -> Self:
        payment = PaymentResponse.of(preview.payment).model_copy(update={"id": None})
        return cls(
            message=f"A payment of {preview.payment.amount} would be charged",
            dry_run=True,
            payment=payment,
            loan=LoanResponse.of(preview.view),
            schedule=ScheduleResponse.of(preview.view.loan, preview.account, preview.today),
            payoff_saving=preview.payoff_saving,
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
