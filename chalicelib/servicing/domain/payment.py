"""Payments: their allocation to instalments by component, and the loan after them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime

from chalicelib.lending_math.distribution import distribute
from chalicelib.loans.domain.borrowing_costs import with_recalculated_costs
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
    """A payment by component, the number of the first instalment it paid, and the account after it."""

    account: LoanAccount
    number: int
    principal: Money
    interest: Money
    late_fee: Money

    @property
    def amount(self) -> Money:
        return self.principal + self.interest + self.late_fee


def allocate_payment(account: LoanAccount, amount: Money | None, strategy: Strategy, at: datetime) -> PaymentAllocation:
    """Allocate a payment to an account that is accrued to the day of ``at``.

    Without an amount, the first unpaid instalment is paid. The payoff amount closes the loan. An amount up to
    what is due, with the current instalment, is allocated to instalments in order; an amount between that and
    the payoff prepays principal.

    Args:
        account: the account.
        amount: above zero, up to the payoff or, if that is more, what is due with the current instalment.
        strategy: the effect of a prepayment on the later instalments.
        at: the time of the payment.

    Raises:
        LoanNotActive: nothing is left to pay.
        ExceedsPayoff: the amount is outside its range.
    """
    first = account.first_unpaid
    if first is None:
        raise LoanNotActive
    after = _pay_in_order(account, first.unpaid, at) if amount is None else _pay(account, amount, strategy, at)
    principal, interest, late_fee = (now - then for now, then in zip(after.paid, account.paid, strict=True))
    return PaymentAllocation(after, first.number, principal, interest, late_fee)


def _pay(account: LoanAccount, amount: Money, strategy: Strategy, at: datetime) -> LoanAccount:
    payoff = account.payoff(at.date()).amount
    if amount == payoff:
        return _close(account, at)
    if amount <= due_and_current_amount(account, at.date()):
        return _pay_in_order(account, amount, at)
    if amount > payoff:
        raise ExceedsPayoff(payoff)
    return _prepay(account, amount, strategy, at)


def apply_payment(funded_loan: FundedLoan, allocation: PaymentAllocation, now: datetime) -> FundedLoan:
    """Return the loan, its account and its investors' positions after a payment."""
    loan = with_current_figures(funded_loan.loan, allocation.account, now.date())
    if _terms_of(allocation.account) != _terms_of(funded_loan.account):
        loan = with_recalculated_costs(loan, allocation.account, now.date())
    if allocation.account.is_paid and loan.status is LoanStatus.FUNDED:
        loan = replace(loan.with_status(LoanStatus.COMPLETED), completed_at=now)
    positions = _credit(funded_loan.positions, allocation.principal, allocation.interest)
    return replace(funded_loan, loan=loan, account=allocation.account, positions=positions)


def due_and_current_amount(account: LoanAccount, today: date) -> Money:
    """Return what is unpaid of all due instalments and of the current one, at its full scheduled interest."""
    due = Money.total(instalment.unpaid for instalment in account.due_instalments(today))
    current = account.current_instalment(today)
    return due + (current.unpaid if current else ZERO)


def _pay_in_order(account: LoanAccount, amount: Money, at: datetime) -> LoanAccount:
    """Pay instalments oldest first; within an instalment late fee, interest, principal."""
    instalments = []
    for instalment in account.instalments:
        after, amount = _pay_instalment(instalment, amount, at)
        instalments.append(after)
    return replace(account, instalments=tuple(instalments))


def _pay_instalment(instalment: Instalment, amount: Money, at: datetime) -> tuple[Instalment, Money]:
    """Pay as much of an instalment as the amount allows; return it with what is left of the amount."""
    if not amount or instalment.is_paid:
        return instalment, amount
    late_fee = min(instalment.unpaid_late_fee, amount)
    interest = min(instalment.unpaid_interest, amount - late_fee)
    principal = min(instalment.unpaid_principal, amount - late_fee - interest)
    after = replace(
        instalment,
        paid_late_fee=instalment.paid_late_fee + late_fee,
        paid_interest=instalment.paid_interest + interest,
        paid_principal=instalment.paid_principal + principal,
        paid_at=at,
    )
    return after, amount - late_fee - interest - principal


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
        paid_late_fee=current.late_fee,
        paid_at=at,
    )
    return replace(account, instalments=(*_pay_fully(account.instalments[: current.number - 1], at), closing))


def _prepay(account: LoanAccount, amount: Money, strategy: Strategy, at: datetime) -> LoanAccount:
    """Pay due instalments in full, then the current one's interest by days, and the rest to principal."""
    today = at.date()
    current = account.current_instalment(today)
    if current is None:
        raise AssertionError("without a current instalment the payoff is exactly what is due")
    due, later = account.instalments[: current.number - 1], account.instalments[current.number - 1 :]
    amount -= Money.total(instalment.unpaid for instalment in due)
    account = replace(account, instalments=(*_pay_fully(due, at), *later))
    accrued = account.accrued_unpaid_interest(today)
    return prepay_principal(account, current, accrued, amount - accrued, strategy, at)


def _pay_fully(instalments: Iterable[Instalment], at: datetime) -> tuple[Instalment, ...]:
    return tuple(_pay_instalment(instalment, instalment.unpaid, at)[0] for instalment in instalments)


def _terms_of(account: LoanAccount) -> list[tuple[date, Money, Money]]:
    return [(each.due_date, each.principal, each.interest) for each in account.instalments]


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
