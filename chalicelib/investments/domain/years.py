"""A lender's figures by calendar year (UTC), as a tax return needs them: receipts, write-offs and recoveries."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from chalicelib.investments.domain.portfolio import Investment
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.domain.history import entries_of
from chalicelib.wallets.domain.ledger import Posting


@dataclass(frozen=True, slots=True)
class YearFigures:
    """Interest (with late interest) and principal received, principal written off, and principal recovered of it.

    A recovery is part of the principal received. Over all years, written off less recovered is what is lost now.
    """

    year: int
    interest: Money = ZERO
    principal: Money = ZERO
    written_off: Money = ZERO
    recovered: Money = ZERO


def figures_by_year(investments: Sequence[Investment], postings: Iterable[Posting]) -> tuple[YearFigures, ...]:
    """Sum a lender's loan payments and defaults by year, oldest first.

    A default writes off the principal that was not received before it, in the year of the default.

    Args:
        investments: all investments of the lender.
        postings: all postings of its wallet.
    """
    defaults = {each.loan.id: each.loan.defaulted_at for each in investments if each.loan.defaulted_at}
    lost = {each.loan.id: each.position.share for each in investments if each.loan.id in defaults}
    years: dict[int, YearFigures] = {}
    for posting in postings:
        for entry in entries_of(posting):
            if entry.split is None:
                continue
            principal, is_recovery = entry.split.principal, _is_recovery(posting, defaults)
            found = years.get(posting.at.year, YearFigures(posting.at.year))
            years[found.year] = replace(
                found,
                interest=found.interest + entry.split.interest,
                principal=found.principal + principal,
                recovered=found.recovered + (principal if is_recovery else ZERO),
            )
            if posting.reference in lost and not is_recovery:
                lost[posting.reference] -= principal
    for loan_id, at in defaults.items():
        found = years.get(at.year, YearFigures(at.year))
        years[found.year] = replace(found, written_off=found.written_off + lost[loan_id])
    return tuple(years[year] for year in sorted(years))


def _is_recovery(posting: Posting, defaults: Mapping[str, datetime]) -> bool:
    since = defaults.get(posting.reference or "")
    return since is not None and posting.at >= since
