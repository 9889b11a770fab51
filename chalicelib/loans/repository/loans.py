"""Reads and staged writes of loans and what belongs to them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

from pynamodb.constants import STRING
from pynamodb.models import Model

from chalicelib.dynamodb.database import Database, Key, Page
from chalicelib.dynamodb.model import Parameters, Placeholder, PreparedWrite
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.loans.domain.errors import LoanNotOpen, OfferAccepted, OfferExists, OfferNotFound
from chalicelib.loans.domain.funded_loan import FundedLoan
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.domain.open_loan_filter import OpenLoanFilter
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.models.loan import LoanItem, OfferItem, PaymentItem, ScheduleItem
from chalicelib.loans.repository.mapping import (
    INVESTMENT,
    OFFER,
    PAYMENT,
    account_of,
    loan_item,
    loan_key,
    loan_of,
    offer_item,
    offer_key,
    offer_of,
    payment_item,
    payment_of,
    positions_of,
    schedule_item,
    shard_of,
    status_partition,
)
from chalicelib.loans.repository.open_loan_condition import condition_of
from chalicelib.loans.repository.outbox import OutboxRepository
from chalicelib.shared.clock import to_millis

_AFTER_OFFERS: Final = "OFFER$"
_KINDS: Final[Mapping[str, type[Model]]] = {"LOAN": LoanItem, "OFFER": OfferItem, "SCHEDULE": ScheduleItem}
_BATCH: Final = 100
MOST_IN_SCHEDULE: Final = 20
"""Investors whose positions the schedule's item holds, and who are credited in a payment's transaction."""


class LoanRepository:
    """One partition a loan; indexes by status, borrower, lender and next action."""

    def __init__(self, database: Database, work: OutboxRepository, *, status_shards: int) -> None:
        database.bind(LoanItem, OfferItem, ScheduleItem, PaymentItem)
        self._work = work
        self._database = database
        self._shards = status_shards

    def writes(self) -> WriteTransaction:
        """A new transaction."""
        return WriteTransaction(self._database)

    # Reads

    def find(self, loan_id: str, *, consistent: bool = False) -> Loan | None:
        """The loan alone."""
        item = self._database.get(LoanItem, loan_key(loan_id), "LOAN", consistent=consistent)
        return None if item is None else loan_of(item)

    def find_with_offers(self, loan_id: str, *, consistent: bool = False) -> tuple[Loan, list[Offer]] | None:
        """The loan and all its offers, in one query where they fit a page."""
        where = LoanItem.sk.between("LOAN", _AFTER_OFFERS)
        found: list[Model] = []
        after: Key | None = None
        while True:
            page = self._database.query_mixed(_KINDS, loan_key(loan_id), where, after=after, consistent=consistent)
            found.extend(page.items)
            after = page.last_key
            if after is None:
                break
        loan = next((loan_of(item) for item in found if isinstance(item, LoanItem)), None)
        if loan is None:
            return None
        return loan, [offer_of(item) for item in found if isinstance(item, OfferItem)]

    def find_with_offer(
        self, loan_id: str, lender_id: str, *, consistent: bool = False
    ) -> tuple[Loan, Offer | None] | None:
        """The loan and one lender's offer: two items in one call, however many offers there are."""
        items = self._read(loan_id, "LOAN", offer_key(lender_id), consistent=consistent)
        loan = next((loan_of(item) for item in items if isinstance(item, LoanItem)), None)
        if loan is None:
            return None
        return loan, next((offer_of(item) for item in items if isinstance(item, OfferItem)), None)

    def find_servicing(
        self, loan_id: str, *, consistent: bool = False, with_positions: bool = False
    ) -> tuple[Loan, FundedLoan | None] | None:
        """The loan with its schedule, where it was funded.

        Positions of up to 20 investors come with it; those of more are read where they are asked for. They
        are read after the schedule and written with it, so its version tells whether they belong together.
        """
        items = self._read(loan_id, "LOAN", "SCHEDULE", consistent=consistent)
        loan = next((loan_of(item) for item in items if isinstance(item, LoanItem)), None)
        if loan is None:
            return None
        schedule = next((item for item in items if isinstance(item, ScheduleItem)), None)
        if schedule is None:
            return loan, None
        servicing = _servicing(loan, schedule)
        if with_positions and not servicing.positions:
            servicing = replace(servicing, positions=self._work.find_positions(loan_id))
        return loan, servicing

    def find_loans(
        self, loan_ids: Sequence[str], *, with_schedules: bool = False, consistent: bool = False
    ) -> dict[str, Loan | FundedLoan]:
        """Loans by id, as `FundedLoan` where a schedule was asked for and exists."""
        sorts = ("LOAN", "SCHEDULE") if with_schedules else ("LOAN",)
        keys = [(loan_key(loan_id), sort) for loan_id in loan_ids for sort in sorts]
        found: list[Model] = []
        for start in range(0, len(keys), _BATCH):
            found.extend(self._database.get_mixed(_KINDS, keys[start : start + _BATCH], consistent=consistent))
        loans = {item.loan_id: loan_of(item) for item in found if isinstance(item, LoanItem)}
        schedules = {item.pk: item for item in found if isinstance(item, ScheduleItem)}
        return {
            loan_id: _servicing(loan, schedules[loan_key(loan_id)]) if loan_key(loan_id) in schedules else loan
            for loan_id, loan in loans.items()
        }

    def find_offers_with_loans(self, lender_id: str, loan_ids: Sequence[str]) -> list[tuple[Offer, Loan]]:
        """One lender's offers on up to 50 loans, each with its loan, in the order of the ids."""
        sorts = ("LOAN", offer_key(lender_id))
        keys = [(loan_key(loan_id), sort) for loan_id in loan_ids for sort in sorts]
        items: list[Model] = []
        for start in range(0, len(keys), _BATCH):
            items.extend(self._database.get_mixed(_KINDS, keys[start : start + _BATCH]))
        loans = {item.loan_id: loan_of(item) for item in items if isinstance(item, LoanItem)}
        offers = {item.loan_id: offer_of(item) for item in items if isinstance(item, OfferItem)}
        return [(offers[each], loans[each]) for each in loan_ids if each in offers and each in loans]

    def find_payment(self, loan_id: str, payment_id: str) -> PaymentRecord | None:
        """One payment."""
        item = self._database.get(PaymentItem, loan_key(loan_id), PAYMENT + payment_id, consistent=True)
        return None if item is None else payment_of(item)

    def page_of_payments(self, loan_id: str, *, limit: int, after: Key | None) -> Page[PaymentRecord]:
        """Payments of a loan, newest first."""
        page = self._database.query(
            PaymentItem,
            loan_key(loan_id),
            PaymentItem.sk.startswith(PAYMENT),
            limit=limit,
            after=after,
            newest_first=True,
            consistent=True,
        )
        return Page(tuple(payment_of(item) for item in page.items), page.last_key)

    def page_of_status(
        self,
        status: LoanStatus,
        shard: int,
        *,
        limit: int,
        before: str | None,
        only: OpenLoanFilter | None = None,
    ) -> tuple[list[Loan], str | None]:
        """Loans of one status in one shard of the index, newest first; ``before`` is where to go on."""
        page = self._database.query(
            LoanItem,
            status_partition(status, shard),
            LoanItem.loan_id < before if before else None,
            only=condition_of(only) if only else None,
            index="by_status",
            limit=limit,
            newest_first=True,
        )
        last = page.last_key["loan_id"]["S"] if page.last_key else None
        return [loan_of(item) for item in page.items], last

    def page_of_borrower(self, borrower_id: str, *, limit: int, after: Key | None) -> Page[str]:
        """Ids of a borrower's loans, newest first."""
        page = self._database.query(
            LoanItem, borrower_id, index="by_borrower", limit=limit, after=after, newest_first=True
        )
        return Page(tuple(item.loan_id for item in page.items), page.last_key)

    def page_of_lender(self, lender_id: str, *, invested: bool, limit: int, after: Key | None) -> Page[str]:
        """Ids of the loans a lender has invested in, or has an unfunded offer on; newest first."""
        prefix = INVESTMENT if invested else OFFER
        page = self._database.query(
            OfferItem,
            lender_id,
            OfferItem.position.startswith(prefix),
            index="by_lender",
            limit=limit,
            after=after,
            newest_first=True,
        )
        return Page(tuple(item.pk.partition("#")[2] for item in page.items), page.last_key)

    def shard_of(self, loan_id: str) -> int:
        """The shard of the status index that a loan stands in."""
        return shard_of(loan_id, self._shards)

    # Staged writes

    def add_new_loan(self, writes: WriteTransaction, loan: Loan) -> None:
        """Add a loan that does not exist yet."""
        writes.put_new(loan_item(loan, self._shards))

    def add_loan(self, writes: WriteTransaction, loan: Loan) -> None:
        """Add the next version of a loan; stale where somebody wrote since ``loan`` was read."""
        writes.put_next(loan_item(loan, self._shards), was=loan.version)

    def add_new_offer(self, writes: WriteTransaction, offer: Offer) -> None:
        """Add an offer on a loan that is still open; a lender has one."""
        open_loan = (LoanItem.status == LoanStatus.REQUESTED.value) & LoanItem.refunding.does_not_exist()
        writes.check(LoanItem(loan_key(offer.loan_id), "LOAN"), open_loan, on_condition_failed=lambda _: LoanNotOpen())
        writes.put_new(offer_item(offer), on_condition_failed=lambda _: OfferExists())

    def add_offer(self, writes: WriteTransaction, offer: Offer, *, was: Offer) -> None:
        """Add the next state of an offer; stale where it changed since it was read."""
        writes.put_if(offer_item(offer), *_as_it_was(was))

    def add_removed_offer(self, writes: WriteTransaction, offer: Offer) -> None:
        """Add the deletion of an offer, as it was read; stale where it changed since."""
        writes.delete_if(offer_item(offer), *_as_it_was(offer))

    def add_withdrawal(self, writes: WriteTransaction, offer: Offer) -> None:
        """Add the deletion of an offer that is not accepted."""
        still_there = (OfferItem.offer_id == offer.id) & (OfferItem.accepted == 0)
        writes.delete(
            offer_item(offer), still_there, on_condition_failed=lambda old: OfferAccepted() if old else OfferNotFound()
        )

    def add_servicing(self, writes: WriteTransaction, servicing: FundedLoan) -> None:
        """Add the next version of a loan together with its schedule."""
        self.add_loan(writes, servicing.loan)
        kept_apart = len(servicing.positions) > MOST_IN_SCHEDULE
        item = schedule_item(
            servicing.loan.id,
            servicing.account,
            () if kept_apart else servicing.positions,
            servicing.schedule_version,
        )
        if kept_apart:
            self._work.add_positions(writes, servicing.loan.id, servicing.positions)
        if servicing.schedule_version:
            writes.put_next(item, was=servicing.schedule_version)
        else:
            writes.put_new(item)

    def add_payment(self, writes: WriteTransaction, loan_id: str, payment: PaymentRecord) -> None:
        """Add a payment's record."""
        writes.put_new(payment_item(loan_id, payment))

    def _read(self, loan_id: str, *sorts: str, consistent: bool) -> list[Model]:
        keys = [(loan_key(loan_id), sort) for sort in sorts]
        return self._database.get_mixed(_KINDS, keys, consistent=consistent)


def _as_it_was(offer: Offer) -> tuple[PreparedWrite, Parameters]:
    """The condition that nobody has changed an offer since it was read."""
    filled: dict[str, int | str] = {
        "id": offer.id,
        "accepted": offer.accepted_amount.cents,
        "held": offer.reserved.cents,
        "funded_at": to_millis(offer.funded_at) if offer.funded_at else 0,
    }
    return _unchanged_offer(is_funded=offer.is_funded, is_held=bool(offer.reserved)), filled


@cache
def _unchanged_offer(*, is_funded: bool, is_held: bool) -> PreparedWrite:
    funded_at: Any = Placeholder("funded_at")
    funded = OfferItem.funded_at == funded_at if is_funded else OfferItem.funded_at.does_not_exist()
    held = OfferItem.held == Placeholder("held") if is_held else OfferItem.held.does_not_exist()
    same = (OfferItem.offer_id == Placeholder("id", STRING)) & (OfferItem.accepted == Placeholder("accepted"))
    return PreparedWrite((), same & funded & held)


def _servicing(loan: Loan, item: ScheduleItem) -> FundedLoan:
    return FundedLoan(loan, account_of(loan, item), positions_of(item), item.version)
