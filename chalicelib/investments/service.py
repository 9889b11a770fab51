"""Investments of a lender: positions, totals, expected receipts, and yearly returns."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.dynamodb.database import Key, Page
from chalicelib.investments.domain.forecast import ExpectedMonth, by_month
from chalicelib.investments.domain.portfolio import (
    Flow,
    Investment,
    PortfolioTotals,
    investment_of,
    return_on,
    totals_of,
)
from chalicelib.investments.domain.years import YearFigures, figures_by_year
from chalicelib.investments.repository import InvestmentRepository
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.money import ZERO, Money, Rate
from chalicelib.wallets.domain.ledger import EntryType, Posting, wallet_account
from chalicelib.wallets.domain.wallet import Wallet
from chalicelib.wallets.service import WalletService

MAX_POSITIONS: Final = 1_000
"""Investments that one response sums up."""
MAX_POSTINGS: Final = 10_000
"""Postings of the wallet that one response reads, as many as a statement exports."""
_POSITIONS_PAGE: Final = 100
_POSTINGS_PAGE: Final = 2_500
_ATTEMPTS: Final = 5
_LENDING: Final = frozenset({EntryType.LOAN_FUNDING, EntryType.PLATFORM_FEE, EntryType.LOAN_PAYMENT, EntryType.REFUND})


@dataclass(frozen=True, slots=True)
class Portfolio:
    """All investments of a lender on one day.

    ``xirr`` counts the outstanding principal as received today; ``realised_xirr`` counts only the entries of the
    statement. Both are None if no rate fits, and with ``years`` if not everything could be read (``is_complete``).
    """

    wallet: Wallet
    totals: PortfolioTotals
    expected: tuple[ExpectedMonth, ...]
    xirr: Rate | None
    realised_xirr: Rate | None
    years: tuple[YearFigures, ...] | None
    is_complete: bool


@dataclass(frozen=True, slots=True)
class InvestmentPage:
    """A page of investments, newest first; the first one includes the portfolio."""

    page: Page[Investment]
    portfolio: Portfolio | None
    as_of: date


class InvestmentService:
    """Reads of positions and portfolios."""

    def __init__(self, repository: InvestmentRepository, wallets: WalletService, clock: Clock) -> None:
        self._repository = repository
        self._wallets = wallets
        self._clock = clock

    def investments(self, actor: Actor, *, limit: int, after: Key | None) -> InvestmentPage:
        """Return a page of the lender's investments; the first one includes the portfolio.

        The portfolio is read between two reads of the wallet, and again if the wallet has changed meanwhile. Its
        totals contain up to the newest 1,000 investments; ``is_complete`` says whether these are all.

        Raises:
            RoleRequired: the actor is not a lender.
            Unavailable: the wallet changed during every attempt.
        """
        actor.must_be(Role.LENDER)
        today = self._clock().date()
        if after is not None:
            return InvestmentPage(self._page(actor.user_id, today, limit, after), None, today)
        for _ in range(_ATTEMPTS):
            wallet = self._wallets.balance_of(actor.user_id)
            page = self._page(actor.user_id, today, limit, None)
            portfolio = self._portfolio(wallet, page, today)
            if self._wallets.balance_of(actor.user_id).version == wallet.version:
                return InvestmentPage(page, portfolio, today)
        raise Unavailable

    def _page(self, lender_id: str, today: date, limit: int, after: Key | None) -> Page[Investment]:
        found = self._repository.page_of_lender(lender_id, limit=limit, after=after)
        return Page(tuple(investment_of(stored, today) for stored in found.items), found.last_key)

    def _portfolio(self, wallet: Wallet, first: Page[Investment], today: date) -> Portfolio:
        investments, is_complete = self._all(wallet.user_id, first, today)
        totals = totals_of(investments)
        postings = self._postings(wallet.user_id) if is_complete else None
        flows = None if postings is None else _flows(postings)
        receipts = (receipt for each in investments for receipt in each.expected)
        return Portfolio(
            wallet=wallet,
            totals=totals,
            expected=by_month(receipts, today),
            xirr=None if flows is None else return_on(flows, totals.outstanding, today),
            realised_xirr=None if flows is None else return_on(flows, ZERO, today),
            years=None if postings is None else figures_by_year(investments, postings),
            is_complete=postings is not None,
        )

    def _all(self, lender_id: str, first: Page[Investment], today: date) -> tuple[Sequence[Investment], bool]:
        """Return the investments from the first page on, up to the limit, and whether these are all."""
        found, after = list(first.items), first.last_key
        while after is not None and len(found) < MAX_POSITIONS:
            limit = min(_POSITIONS_PAGE, MAX_POSITIONS - len(found))
            page = self._page(lender_id, today, limit, after)
            found += page.items
            after = page.last_key
        return found, after is None

    def _postings(self, lender_id: str) -> list[Posting] | None:
        """Read all postings of the lender's wallet; None if there are too many."""
        found: list[Posting] = []
        after: str | None = None
        for _ in range(MAX_POSTINGS // _POSTINGS_PAGE):
            postings, after = self._wallets.postings_of(wallet_account(lender_id), limit=_POSTINGS_PAGE, after=after)
            found += postings
            if after is None:
                return found
        return None


def _flows(postings: Sequence[Posting]) -> list[Flow]:
    """Sum the movements between wallet and loans by day."""
    by_day: dict[date, Money] = {}
    for posting in postings:
        amount = Money.total(line.amount for line in posting.lines if line.type in _LENDING)
        day = posting.at.date()
        by_day[day] = by_day.get(day, ZERO) + amount
    return sorted((day, amount) for day, amount in by_day.items() if amount)
