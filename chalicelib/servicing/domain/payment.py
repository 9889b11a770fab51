"""Payments: their allocation to instalments by component, and the loan after them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum

from chalicelib.lending_math.amortisation import Method
from chalicelib.lending_math.distribution import distribute
from chalicelib.loans.domain.borrowing_costs import with_recalculated_costs
from chalicelib.loans.domain.errors import LoanNotActive
from chalicelib.loans.domain.funded_loan import FundedLoan, with_current_figures
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount, has_new_schedule
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.domain.position import Position
from chalicelib.servicing.domain.prepayment import prepay_principal
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class PaymentAllocation:
    """A payment by component, the number of the first instalment it paid, and the account after it."""

    account: LoanAccount
    number: int
    principal: Money
    interest: Money
    late_fee: Money

    @property
    def amount(self) -> Money:
        return self.principal + self.interest + self.late_fee


class ApplyTo(StrEnum):
    """The use of what a payment leaves after the due instalments: the next instalment first, or principal."""

    INSTALMENTS = "instalments"
    PRINCIPAL = "principal"


def allocate_payment(
    account: LoanAccount,
    amount: Money | None,
    strategy: Strategy,
    at: datetime,
    apply_to: ApplyTo = ApplyTo.INSTALMENTS,
) -> PaymentAllocation:
    """Allocate a payment to an account that is accrued to the day of ``at``; never charge more than the payoff.

    Without an amount, the first unpaid instalment is paid; after a default, the payoff. An amount pays the due
    instalments, then the earliest unpaid one that is not due, at its full interest, then principal. If it is applied
    to principal, or if the full interest of that instalment would cost more than a payoff, interest is paid by days.

    Args:
        account: the account.
        amount: above zero; what exceeds the payoff is not charged.
        strategy: the effect of a prepayment on the later instalments.
        at: the time of the payment.
        apply_to: the next instalment, or principal.

    Raises:
        LoanNotActive: nothing is left to pay.
    """
    first = account.first_unpaid
    if first is None:
        raise LoanNotActive
    after = _pay(account, amount, strategy, at, apply_to).after_payment(account, at.date())
    principal, interest, late_fee = (now - then for now, then in zip(after.paid, account.paid, strict=True))
    return PaymentAllocation(after, first.number, principal, interest, late_fee)


def _pay(
    account: LoanAccount, amount: Money | None, strategy: Strategy, at: datetime, apply_to: ApplyTo
) -> LoanAccount:
    today = at.date()
    payoff = account.payoff(today).amount
    if account.defaulted_on:
        return _recover(account, payoff if amount is None else min(amount, payoff), at)
    first = account.first_unpaid
    if amount is None and first:
        return _pay_in_order(account, first.unpaid, at)
    if amount is None or amount >= payoff:
        return _close(account, at)
    current = account.current_instalment(today)
    due = Money.total(instalment.unpaid for instalment in account.due_instalments(today))
    if current is None or amount <= due:
        return _pay_in_order(account, amount, at)
    accrued = account.accrued_unpaid_interest(today)
    by_days = apply_to is ApplyTo.PRINCIPAL or payoff - amount < current.unpaid_interest - accrued
    in_order = due + (accrued if by_days else current.unpaid)
    before, extra = account, amount - in_order
    account = _pay_in_order(account, min(amount, in_order), at)
    if extra <= ZERO:
        return _with_earned_interest(account, before, current, today)
    paid = replace(account.instalments[current.number - 1], paid_at=at)
    return prepay_principal(
        account, paid, paid if by_days else account.instalments[current.number], extra, strategy, today
    )


def _with_earned_interest(account: LoanAccount, before: LoanAccount, current: Instalment, today: date) -> LoanAccount:
    """Keep what the current instalment earned before a part of its principal was paid ahead, whatever follows.

    Its interest stays that of the schedule. A flat loan's interest does not depend on the balance.
    """
    paid = account.instalments[current.number - 1]
    earned, since = before.earned_until(current, today)
    is_unchanged = paid.is_paid or paid.paid_principal == current.paid_principal
    if is_unchanged or account.method is Method.FLAT or since == before.earning_since(current):
        return account
    paid = replace(paid, earned=earned, earned_on=since)
    rows = (*account.instalments[: current.number - 1], paid, *account.instalments[current.number :])
    return replace(account, instalments=rows)


def payment_record(allocation: PaymentAllocation, payment_id: str, now: datetime) -> PaymentRecord:
    """Return the record of a payment."""
    return PaymentRecord(
        id=payment_id,
        number=allocation.number,
        principal=allocation.principal,
        interest=allocation.interest,
        late_fee=allocation.late_fee,
        paid_at=now,
        instalment_status=allocation.account.instalments[allocation.number - 1].status_on(now.date()),
    )


def payoff_saving(before: LoanAccount, allocation: PaymentAllocation, today: date) -> Money | None:
    """Return what a payoff would save, compared with a payment that pays an instalment ahead of its due date.

    The payment costs its amount and all that the schedule still asks for after it.

    Args:
        before: the account before the payment, accrued to the day.
        allocation: the payment.
        today: the day of the payment.

    Returns:
        None if the payment pays no instalment ahead.
    """
    current = before.current_instalment(today)
    if current is None or current.number > len(allocation.account.instalments):
        return None
    payoff = before.payoff(today).amount
    after = allocation.account.instalments[current.number - 1]
    ahead = after.paid_interest - current.paid_interest > before.accrued_unpaid_interest(today)
    return allocation.amount + allocation.account.remaining - payoff if ahead else None


def apply_payment(funded_loan: FundedLoan, allocation: PaymentAllocation, now: datetime) -> FundedLoan:
    """Return the loan, its account and its investors' positions after a payment."""
    loan = with_current_figures(funded_loan.loan, allocation.account, now.date())
    if has_new_schedule(funded_loan.account, allocation.account):
        loan = with_recalculated_costs(loan, allocation.account, now.date())
    if allocation.account.is_paid:
        loan = replace(loan.with_status(LoanStatus.COMPLETED), completed_at=now)
    positions = _credit(funded_loan.positions, allocation.principal, allocation.interest)
    return replace(funded_loan, loan=loan, account=allocation.account, positions=positions)


def _pay_in_order(account: LoanAccount, amount: Money, at: datetime) -> LoanAccount:
    """Pay instalments oldest first; within an instalment late fee, late interest, interest, principal."""
    instalments = []
    for instalment in account.instalments:
        after, amount = _pay_instalment(instalment, amount, at)
        instalments.append(after)
    return replace(account, instalments=tuple(instalments))


def _pay_instalment(instalment: Instalment, amount: Money, at: datetime) -> tuple[Instalment, Money]:
    """Pay as much of an instalment as the amount allows; return it with what is left of the amount."""
    if not amount or instalment.is_paid:
        return instalment, amount
    left, parts = amount, []
    for unpaid in (
        instalment.unpaid_late_fee,
        instalment.unpaid_late_interest,
        instalment.unpaid_interest,
        instalment.unpaid_principal,
    ):
        parts.append(min(unpaid, left))
        left -= parts[-1]
    late_fee, late_interest, interest, principal = parts
    after = replace(
        _with_principal_paid(instalment, principal, at),
        paid_late_fee=instalment.paid_late_fee + late_fee,
        paid_late_interest=instalment.paid_late_interest + late_interest,
        paid_interest=instalment.paid_interest + interest,
        paid_at=at,
    )
    return after, left


def _with_principal_paid(instalment: Instalment, principal: Money, at: datetime) -> Instalment:
    """Pay principal of an instalment; late interest is calculated from its rest from then on."""
    if not principal:
        return instalment
    after = replace(instalment, paid_principal=instalment.paid_principal + principal)
    if instalment.due_date >= at.date():
        return after
    since = at.date() if after.unpaid_principal else None
    return replace(after, late_carried=instalment.late_interest, late_since=since)


def _recover(account: LoanAccount, amount: Money, at: datetime) -> LoanAccount:
    """Allocate a payment after a default: all principal first, then all interest, then the fees."""
    rows, left = list(account.instalments), amount
    for place, row in enumerate(rows):
        principal = min(row.unpaid_principal, left)
        rows[place] = _with_principal_paid(row, principal, at)
        left -= principal
    for place, row in enumerate(rows):
        late_interest = min(row.unpaid_late_interest, left)
        interest = min(row.unpaid_interest, left - late_interest)
        rows[place] = replace(
            row,
            paid_late_interest=row.paid_late_interest + late_interest,
            paid_interest=row.paid_interest + interest,
        )
        left -= late_interest + interest
    for place, row in enumerate(rows):
        late_fee = min(row.unpaid_late_fee, left)
        rows[place] = replace(row, paid_late_fee=row.paid_late_fee + late_fee)
        left -= late_fee
    changed = (
        row if row == old else replace(row, paid_at=at) for row, old in zip(rows, account.instalments, strict=True)
    )
    return replace(account, instalments=tuple(changed))


def _close(account: LoanAccount, at: datetime) -> LoanAccount:
    """Pay everything due, the current instalment's interest by days, and all principal; drop later instalments."""
    today = at.date()
    current = account.current_instalment(today)
    if current is None:
        return _pay_in_order(account, account.remaining, at)
    interest = current.paid_interest + account.accrued_unpaid_interest(today)
    principal = current.paid_principal + account.principal_not_due(today)
    closing = replace(
        current,
        principal=principal,
        interest=interest,
        paid_principal=principal,
        paid_interest=interest,
        paid_at=at,
        earned=ZERO,
        earned_on=None,
        period=None,
    )
    return replace(account, instalments=(*_pay_fully(account.instalments[: current.number - 1], at), closing))


def _pay_fully(instalments: Iterable[Instalment], at: datetime) -> tuple[Instalment, ...]:
    return tuple(_pay_instalment(instalment, instalment.unpaid, at)[0] for instalment in instalments)


def _credit(positions: Sequence[Position], principal: Money, interest: Money) -> tuple[Position, ...]:
    shares = [each.share.cents for each in positions]
    principals = distribute(principal.cents, shares, [each.received_principal.cents for each in positions])
    interests = distribute(interest.cents, shares, [each.received_interest.cents for each in positions])
    return tuple(
        replace(
            each,
            received_principal=each.received_principal + Money(more_principal),
            received_interest=each.received_interest + Money(more_interest),
        )
        for each, more_principal, more_interest in zip(positions, principals, interests, strict=True)
    )
