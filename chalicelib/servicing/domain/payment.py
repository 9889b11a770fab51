"""Payments: which rows they settle, by component, and what is left after them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.lending_math.distribution import distribute
from chalicelib.loans.domain.errors import ExceedsPayoff, LoanNotActive
from chalicelib.loans.domain.funded_loan import FundedLoan, with_current_figures
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.loan_account import Instalment, LoanAccount
from chalicelib.loans.domain.position import Position
from chalicelib.servicing.domain.prepayment import prepay_principal
from chalicelib.servicing.domain.recalculation import Strategy
from chalicelib.shared.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class PaymentAllocation:
    """A payment's amount by component, the first row that it touched, and the account after it."""

    account: LoanAccount
    number: int
    principal: Money
    interest: Money
    late_fee: Money

    @property
    def amount(self) -> Money:
        """The whole payment."""
        return self.principal + self.interest + self.late_fee


def allocate_payment(account: LoanAccount, amount: Money | None, strategy: Strategy, at: datetime) -> PaymentAllocation:
    """Apply a payment to an account that is accrued to the day of ``at``.

    Without an amount the first unpaid row is paid. The payoff amount closes the loan; up to what is due and
    the current row it is allocated row by row; between that and the payoff it prepays principal.

    Raises:
        LoanNotActive: nothing is left to pay.
        ExceedsPayoff: more than the payoff, and more than what is due with the current row.
    """
    first = account.first_unpaid
    if first is None:
        raise LoanNotActive
    today = at.date()
    if amount is None:
        return _difference(account, _allocated(account, first.unpaid, at), first)
    if amount == account.payoff(today).amount:
        return _difference(account, _closed(account, at), first)
    if amount <= due_and_current_amount(account, today):
        return _difference(account, _allocated(account, amount, at), first)
    if amount > account.payoff(today).amount:
        raise ExceedsPayoff(account.payoff(today).amount)
    return _difference(account, _prepaid(account, amount, strategy, at), first)


def apply_payment(servicing: FundedLoan, settled: PaymentAllocation, now: datetime) -> FundedLoan:
    """The loan, its rows and its investors' positions after a payment."""
    loan = with_current_figures(servicing.loan, settled.account, now.date())
    if settled.account.is_paid and loan.status is LoanStatus.FUNDED:
        loan = replace(loan.with_status(LoanStatus.COMPLETED), completed_at=now)
    positions = _credited(servicing.positions, settled.principal, settled.interest)
    return replace(servicing, loan=loan, account=settled.account, positions=positions)


def due_and_current_amount(account: LoanAccount, today: date) -> Money:
    """What is unpaid of all due rows and of the current row at its full scheduled interest."""
    due = Money.total(instalment.unpaid for instalment in account.due_instalments(today))
    current = account.current_instalment(today)
    return due + (current.unpaid if current else ZERO)


def _allocated(account: LoanAccount, amount: Money, at: datetime) -> LoanAccount:
    """Row by row, oldest first; within a row late fee, interest, principal."""
    instalments = []
    for instalment in account.instalments:
        paid, amount = _paid_on(instalment, amount, at)
        instalments.append(paid)
    return replace(account, instalments=tuple(instalments))


def _paid_on(instalment: Instalment, amount: Money, at: datetime) -> tuple[Instalment, Money]:
    """Pay as much of a row as the amount allows; the second part is what is left of it."""
    if not amount or instalment.is_paid:
        return instalment, amount
    late_fee = min(instalment.unpaid_late_fee, amount)
    interest = min(instalment.unpaid_interest, amount - late_fee)
    principal = min(instalment.unpaid_principal, amount - late_fee - interest)
    used = late_fee + interest + principal
    paid = replace(
        instalment,
        paid_late_fee=instalment.paid_late_fee + late_fee,
        paid_interest=instalment.paid_interest + interest,
        paid_principal=instalment.paid_principal + principal,
        paid_at=at,
    )
    return paid, amount - used


def _closed(account: LoanAccount, at: datetime) -> LoanAccount:
    """Everything due, the current row's interest by days, all principal; later rows fall away."""
    today = at.date()
    current = account.current_instalment(today)
    if current is None:
        return _allocated(account, account.remaining, at)
    interest = current.paid_interest + account.accrued_unpaid_interest(today)
    principal = current.paid_principal + account.principal_not_due(today)
    closing = replace(
        current,
        principal=principal,
        interest=interest,
        paid_principal=principal,
        paid_interest=interest,
        paid_late_fee=current.late_fee,
        paid_at=at,
    )
    return replace(account, instalments=(*_paid_in_full(_before(account, current), at), closing))


def _prepaid(account: LoanAccount, amount: Money, strategy: Strategy, at: datetime) -> LoanAccount:
    """Due rows in full, then the current row's interest by days, the rest to principal."""
    today = at.date()
    current = account.current_instalment(today)
    if current is None:
        raise AssertionError("without a current row the payoff is all that is due")
    due = Money.total(instalment.unpaid for instalment in _before(account, current))
    settled = replace(account, instalments=(*_paid_in_full(_before(account, current), at), *_from(account, current)))
    accrued = settled.accrued_unpaid_interest(today)
    return prepay_principal(settled, current, accrued, amount - due - accrued, strategy, at)


def _before(account: LoanAccount, current: Instalment) -> tuple[Instalment, ...]:
    return tuple(instalment for instalment in account.instalments if instalment.number < current.number)


def _from(account: LoanAccount, current: Instalment) -> tuple[Instalment, ...]:
    return tuple(instalment for instalment in account.instalments if instalment.number >= current.number)


def _paid_in_full(instalments: Iterable[Instalment], at: datetime) -> tuple[Instalment, ...]:
    return tuple(_paid_on(instalment, instalment.unpaid, at)[0] for instalment in instalments)


def _difference(before: LoanAccount, after: LoanAccount, first: Instalment) -> PaymentAllocation:
    """What was paid between two states of an account, by component."""
    principal, interest, late_fee = (now - then for now, then in zip(after.paid, before.paid, strict=True))
    return PaymentAllocation(after, first.number, principal, interest, late_fee)


def _credited(positions: Sequence[Position], principal: Money, interest: Money) -> tuple[Position, ...]:
    shares = [held.share.cents for held in positions]
    principals = distribute(principal.cents, shares, [held.received_principal.cents for held in positions])
    interests = distribute(interest.cents, shares, [held.received_interest.cents for held in positions])
    return tuple(
        replace(
            held,
            received_principal=held.received_principal + Money(more_principal),
            received_interest=held.received_interest + Money(more_interest),
        )
        for held, more_principal, more_interest in zip(positions, principals, interests, strict=True)
    )
