"""Investments of a lender: its offers with their loans, schedules and positions, read in batches."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from chalicelib.dynamodb.database import Database, Key, Page
from chalicelib.dynamodb.model import Item
from chalicelib.investments.domain.portfolio import StoredInvestment
from chalicelib.loans.domain.funded_loan import FundedLoan
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.position import Position
from chalicelib.loans.models.distribution import PositionsItem
from chalicelib.loans.models.loan import LoanItem, OfferItem, ScheduleItem
from chalicelib.loans.repository.distributions import CHUNK, positions_key
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.mapping import OFFER, account_of, loan_key, loan_of, offer_of, positions_of

_KINDS: Final[Mapping[str, type[Item]]] = {
    "LOAN": LoanItem,
    "OFFER": OfferItem,
    "SCHEDULE": ScheduleItem,
    "POSITIONS": PositionsItem,
}
_BATCH: Final = 100


class InvestmentRepository:
    """Investments by lender: one query of the index, then 33 loans per call."""

    def __init__(self, database: Database, loans: LoanRepository) -> None:
        self._database = database
        self._loans = loans

    def page_of_lender(self, lender_id: str, *, limit: int, after: Key | None) -> Page[StoredInvestment]:
        """Read a lender's investments consistently, newest offer first."""
        page = self._loans.page_of_lender(lender_id, invested=True, limit=limit, after=after)
        return Page(tuple(self._holdings(lender_id, page.items)), page.last_key)

    def _holdings(self, lender_id: str, loan_ids: Sequence[str]) -> Iterator[StoredInvestment]:
        """Yield investments in the order of the ids, without offers that no longer exist."""
        sorts = ("LOAN", "SCHEDULE", OFFER + lender_id)
        items = self._read((loan_key(loan_id), sort) for loan_id in loan_ids for sort in sorts)
        loans = {item.loan_id: loan_of(item) for item in items if isinstance(item, LoanItem)}
        offers = {item.loan_id: offer_of(item) for item in items if isinstance(item, OfferItem)}
        running = self._servicings(loans, [item for item in items if isinstance(item, ScheduleItem)])
        for loan_id in loan_ids:
            offer = offers.get(loan_id)
            if loan_id in loans and offer is not None and offer.is_funded:
                yield StoredInvestment(offer, loans[loan_id], running.get(loan_id))

    def _servicings(self, loans: Mapping[str, Loan], schedules: Iterable[ScheduleItem]) -> dict[str, FundedLoan]:
        by_key = {loan_key(loan.id): loan for loan in loans.values()}
        servicings = [
            FundedLoan(loan, account_of(loan, item), positions_of(item), item.version)
            for item in schedules
            if (loan := by_key.get(item.pk)) is not None
        ]
        kept_apart = self._positions([each.loan for each in servicings if not each.positions])
        return {
            each.loan.id: each if each.positions else replace(each, positions=kept_apart[each.loan.id])
            for each in servicings
        }

    def _positions(self, loans: Sequence[Loan]) -> dict[str, tuple[Position, ...]]:
        """Read the positions of loans with too many investors for the schedule item."""
        keys = [
            (loan_key(loan.id), positions_key(chunk))
            for loan in loans
            for chunk in range(-(-loan.accepted_offers // CHUNK))
        ]
        found = {(item.pk, item.sk): item for item in self._read(keys) if isinstance(item, PositionsItem)}
        held: dict[str, tuple[Position, ...]] = {loan.id: () for loan in loans}
        for key in keys:
            held[key[0].partition("#")[2]] += positions_of(found[key])
        return held

    def _read(self, keys: Iterable[tuple[str, str]]) -> list[Item]:
        wanted, items = list(keys), list[Item]()
        for start in range(0, len(wanted), _BATCH):
            items += self._database.get_mixed(_KINDS, wanted[start : start + _BATCH], consistent=True)
        return items
