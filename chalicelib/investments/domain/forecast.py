"""What the remaining instalments of a loan will bring one of its lenders, exact to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.lending_math.distribution import distribute
from chalicelib.loans.domain.loan_account import LoanAccount
from chalicelib.loans.domain.position import Position
from chalicelib.shared.money import ZERO, Money


@dataclass(frozen=True, slots=True)
class Receipt:
    """A lender's part of one instalment that is still to come."""

    due_date: date
    principal: Money
    interest: Money

    @property
    def amount(self) -> Money:
        """Principal and interest together; late fees are the platform's."""
        return self.principal + self.interest


@dataclass(frozen=True, slots=True)
class ExpectedMonth:
    """What is expected within one calendar month; ``first_day`` names it."""

    first_day: date
    principal: Money
    interest: Money

    @property
    def amount(self) -> Money:
        """Principal and interest together."""
        return self.principal + self.interest


def expected_receipts(account: LoanAccount, positions: Sequence[Position], lender_id: str) -> tuple[Receipt, ...]:
    """One lender's parts of all unpaid instalments, in order, if each is paid by itself and in full.

    They are distributed by the rule that payments follow, from what every lender has received so far: paid
    to schedule, a loan brings exactly these cents.

    Args:
        account: the rows of the loan, accrued.
        positions: those of all its lenders, in their fixed order.
        lender_id: whose parts are wanted; one of them.
    """
    own = next(k for k, held in enumerate(positions) if held.lender_id == lender_id)
    unpaid = [row for row in account.instalments if row.unpaid_principal or row.unpaid_interest]
    shares = [held.share.cents for held in positions]
    principals = _parts(
        [row.unpaid_principal.cents for row in unpaid],
        shares,
        [held.received_principal.cents for held in positions],
        own,
    )
    interests = _parts(
        [row.unpaid_interest.cents for row in unpaid],
        shares,
        [held.received_interest.cents for held in positions],
        own,
    )
    return tuple(
        Receipt(row.due_date, Money(principal), Money(interest))
        for row, principal, interest in zip(unpaid, principals, interests, strict=True)
    )


def by_month(receipts: Iterable[Receipt], today: date) -> tuple[ExpectedMonth, ...]:
    """Receipts added up by calendar month, in order; what is overdue is expected in the month of today."""
    totals: dict[date, tuple[Money, Money]] = {}
    for receipt in receipts:
        month = max(receipt.due_date, today).replace(day=1)
        principal, interest = totals.get(month, (ZERO, ZERO))
        totals[month] = (principal + receipt.principal, interest + receipt.interest)
    return tuple(ExpectedMonth(month, *totals[month]) for month in sorted(totals))


def _parts(amounts: Sequence[int], shares: Sequence[int], received: Sequence[int], own: int) -> Iterator[int]:
    """One lender's cents of successive payments of one component."""
    totals = list(received)
    for amount in amounts:
        parts = distribute(amount, shares, totals)
        totals = [total + part for total, part in zip(totals, parts, strict=True)]
        yield parts[own]
