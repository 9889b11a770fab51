"""Search of open loans by lenders."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Generic, TypeVar

from chalicelib.loans.domain.loan import Loan
from chalicelib.shared.money import Money, Rate

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class OpenLoanFilter:
    """Bounds of a search; all inclusive, None is unlimited."""

    min_amount: Money | None = None
    max_amount: Money | None = None
    min_rate: Rate | None = None
    max_term: int | None = None

    def admits(self, loan: Loan) -> bool:
        """Return whether a loan is within all bounds."""
        return (
            (self.min_amount is None or loan.amount >= self.min_amount)
            and (self.max_amount is None or loan.amount <= self.max_amount)
            and (self.min_rate is None or loan.requested_rate >= self.min_rate)
            and (self.max_term is None or loan.term_months <= self.max_term)
        )

    @property
    def narrows(self) -> bool:
        return any(bound is not None for bound in (self.min_amount, self.max_amount, self.min_rate, self.max_term))


@dataclass(frozen=True, slots=True)
class OpenPage(Generic[T]):
    """A page of open loans by id, newest first.

    ``rest`` is the position of the next page: for each shard the last id read, None if none was, '' at its end.
    """

    items: Mapping[str, T]
    rest: tuple[str | None, ...] | None


def with_own_changes(
    page: OpenPage[T], changes: Mapping[str, T | None], *, limit: int, shards: int, is_first: bool
) -> OpenPage[T]:
    """Return the page with its reader's own recent changes, which the index may not contain yet.

    Ids grow with time: a new loan is placed by its id, on the first page. Loans beyond ``limit`` move to the
    next page.

    Args:
        page: the page as read from the index.
        changes: loans as they are now; None for a loan that is not open any more.
        limit: loans on a page.
        shards: the number of shards of the index.
        is_first: whether this is the first page.
    """
    shown: dict[str, T | None] = {loan_id: changes.get(loan_id, item) for loan_id, item in page.items.items()}
    if is_first:
        end = _end_of(page)
        shown.update((loan_id, item) for loan_id, item in changes.items() if loan_id > end)
    kept = [(loan_id, item) for loan_id, item in sorted(shown.items(), reverse=True) if item is not None]
    if len(kept) <= limit:
        return OpenPage(dict(kept), page.rest)
    last = kept[limit - 1][0]
    rest = tuple(None if position is None else max(position, last) for position in page.rest or ("",) * shards)
    return OpenPage(dict(kept[:limit]), rest)


def _end_of(page: OpenPage[T]) -> str:
    """Return the lowest id that the page covers."""
    if page.rest is None:
        return ""
    return min(page.items) if page.items else max(position or "" for position in page.rest)
