"""Forecast of a lender's receipts from the remaining instalments of a loan, exact to the cent."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.lending_math.distribution import distribute
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.position import Position
from chalicelib.shared.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """A lender's part of one instalment that is not paid yet."""

    due_date: date
    principal: Money
    interest: Money

    @property
    def amount(self) -> Money:
        """Principal and interest; late fees belong to the platform."""
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class ExpectedMonth:
    """Expected receipts of one calendar month, identified by its ``first_day``."""

    first_day: date
    principal: Money
    interest: Money

    @property
    def amount(self) -> Money:
        return self.principal + self.interest


def expected_receipts(account: LoanAccount, positions: Sequence[Position], lender_id: str) -> tuple[Receipt, ...]:
    """Calculate a lender's parts of all unpaid instalments, in order, if each is paid separately and in full.

    They are distributed as payments are, from what every lender has received so far: a loan that is paid
    according to its schedule pays exactly these cents.

    Args:
        account: the account of the loan, accrued.
        positions: the positions of all its lenders, in their fixed order.
        lender_id: one of these lenders.
    """
    own = next(k for k, each in enumerate(positions) if each.lender_id == lender_id)
    unpaid = [each for each in account.instalments if each.unpaid_base_cents or each.unpaid_late_interest]
    shares = [each.share.cents for each in positions]
    principals = _parts(
        [each.unpaid_principal.cents for each in unpaid],
        shares,
        [each.received_principal.cents for each in positions],
        own,
    )
    interests = _parts(
        [each.unpaid_interest.cents + each.unpaid_late_interest.cents for each in unpaid],
        shares,
        [each.received_interest.cents for each in positions],
        own,
    )
    return tuple(
        Receipt(each.due_date, Money(principal), Money(interest))
        for each, principal, interest in zip(unpaid, principals, interests, strict=True)
    )


def by_month(receipts: Iterable[Receipt], today: date) -> tuple[ExpectedMonth, ...]:
    """Sum receipts by calendar month, in order; overdue receipts are expected in the current month."""
    totals: dict[date, tuple[Money, Money]] = {}
    for receipt in receipts:
        month = max(receipt.due_date, today).replace(day=1)
        principal, interest = totals.get(month, (ZERO, ZERO))
        totals[month] = (principal + receipt.principal, interest + receipt.interest)
    return tuple(ExpectedMonth(month, *totals[month]) for month in sorted(totals))


def _parts(amounts: Sequence[int], shares: Sequence[int], received: Sequence[int], own: int) -> Iterator[int]:
    """Yield one lender's cents of successive payments of one component."""
    totals = list(received)
    for amount in amounts:
        parts = distribute(amount, shares, totals)
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
        yield parts[own]
