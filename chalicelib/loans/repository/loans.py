"""Loans, their offers, schedules and payments in DynamoDB."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import cache
from typing import Any, Final

from pynamodb.constants import LIST, STRING

from chalicelib.dynamodb.attributes import to_raw_list
from chalicelib.dynamodb.database import Database, Key, Page, already_written
from chalicelib.dynamodb.expressions import Expression, PreparedCondition, PreparedUpdate, placeholder
from chalicelib.dynamodb.model import Item, item_absent, version_unchanged
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.loans.domain.errors import LoanNotOpen, OfferAccepted, OfferExists, OfferNotFound
from chalicelib.loans.domain.funded_loan import FundedLoan
from chalicelib.loans.domain.loan import Loan, LoanStatus
from chalicelib.loans.domain.offer import Offer, OfferReminder
from chalicelib.loans.domain.open_loan_filter import OpenLoanFilter
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.loans.models.loan import LoanItem, OfferItem, PaymentItem, ScheduleItem
from chalicelib.loans.repository.distributions import DistributionRepository
from chalicelib.loans.repository.mapping import (
    INVESTMENT,
    OFFER,
    PAYMENT,
    account_of,
    loan_item,
    loan_key,
    loan_of,
    offer_item,
    offer_of,
    packed_offer_reminder,
    payment_item,
    payment_of,
    positions_of,
    schedule_item,
    shard_of,
    status_partition,
)
from chalicelib.loans.repository.open_loan_condition import condition_of
from chalicelib.shared.clock import to_millis
from chalicelib.shared.money import Money

_AFTER_OFFERS: Final = "OFFER$"
_KINDS: Final[Mapping[str, type[Item]]] = {"LOAN": LoanItem, "OFFER": OfferItem, "SCHEDULE": ScheduleItem}
_BATCH: Final = 100
MAX_SCHEDULE_INVESTORS: Final = 20
"""The most investors whose positions the schedule item holds and whom a payment's transaction credits."""
_OPEN: Final = PreparedCondition(
    (LoanItem.status == LoanStatus.REQUESTED.value)
    & LoanItem.refunding.does_not_exist()
    & LoanItem.hidden.does_not_exist()
)
"""The loan takes offers."""
_OPEN_FOR_REMAINDER: Final = PreparedCondition(
    (LoanItem.status == LoanStatus.REQUESTED.value)
    & LoanItem.refunding.does_not_exist()
    & (LoanItem.accepted == placeholder("accepted"))
)
_ACCEPTED: Final = (
    (OfferItem.offer_id == placeholder("id", STRING))
    & (OfferItem.accepted == placeholder("accepted"))
    & OfferItem.funded_at.does_not_exist()
)
_TO_REMIND: Final = PreparedCondition(_ACCEPTED & OfferItem.reminder.does_not_exist())
_TO_REMIND_AGAIN: Final = PreparedCondition(_ACCEPTED & (OfferItem.reminder == placeholder("was", LIST, to_raw_list)))
_REMIND: Final = PreparedUpdate(OfferItem.reminder.set(placeholder("reminder", LIST, to_raw_list)))
_NOT_ACCEPTED: Final = PreparedCondition((OfferItem.offer_id == placeholder("id", STRING)) & (OfferItem.accepted == 0))


class LoanRepository:
    """Loans: one partition per loan; indexes by status, borrower, lender and next action."""

    def __init__(self, database: Database, *, status_shards: int) -> None:
        self.distributions = DistributionRepository(database)
        self._database = database
        self._shards = status_shards

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    # Reads

    def find(self, loan_id: str, *, consistent: bool = False) -> Loan | None:
        item = self._database.get(LoanItem, loan_key(loan_id), "LOAN", consistent=consistent)
        return None if item is None else loan_of(item)

    def find_with_offers(self, loan_id: str, *, consistent: bool = False) -> tuple[Loan, list[Offer]] | None:
        """Read the loan and all its offers, in one query if they fit a page."""
        where = LoanItem.sk.between("LOAN", _AFTER_OFFERS)
        found: list[Item] = []
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
        """Read the loan and one lender's offer in one call."""
        keys = [(loan_key(loan_id), "LOAN"), (loan_key(loan_id), OFFER + lender_id)]
        items = self._database.get_mixed(_KINDS, keys, consistent=consistent)
        loan = next((loan_of(item) for item in items if isinstance(item, LoanItem)), None)
        if loan is None:
            return None
        return loan, next((offer_of(item) for item in items if isinstance(item, OfferItem)), None)

    def find_funded_loan(
        self, loan_id: str, *, consistent: bool = False, with_positions: bool = False
    ) -> tuple[Loan, FundedLoan | None] | None:
        """Read the loan and, if it was funded, its schedule.

        Positions of up to 20 investors are part of the schedule. Those of more are read only if ``with_positions``:
        after the schedule, whose version tells whether they belong together, because both are written together.
        """
        keys = [(loan_key(loan_id), "LOAN"), (loan_key(loan_id), "SCHEDULE")]
        items = self._database.get_mixed(_KINDS, keys, consistent=consistent)
        loan = next((loan_of(item) for item in items if isinstance(item, LoanItem)), None)
        if loan is None:
            return None
        schedule = next((item for item in items if isinstance(item, ScheduleItem)), None)
        if schedule is None:
            return loan, None
        servicing = _servicing(loan, schedule)
        if with_positions and not servicing.positions:
            servicing = replace(servicing, positions=self.distributions.find_positions(loan_id))
        return loan, servicing

    def find_loans(
        self, loan_ids: Sequence[str], *, with_schedules: bool = False, consistent: bool = False
    ) -> dict[str, Loan | FundedLoan]:
        """Read loans by id, as `FundedLoan` if ``with_schedules`` and the loan has one."""
        sorts = ("LOAN", "SCHEDULE") if with_schedules else ("LOAN",)
        keys = [(loan_key(loan_id), sort) for loan_id in loan_ids for sort in sorts]
        found: list[Item] = []
        for start in range(0, len(keys), _BATCH):
            found.extend(self._database.get_mixed(_KINDS, keys[start : start + _BATCH], consistent=consistent))
        loans = {item.loan_id: loan_of(item) for item in found if isinstance(item, LoanItem)}
        schedules = {item.pk: item for item in found if isinstance(item, ScheduleItem)}
        return {
            loan_id: _servicing(loan, schedules[loan_key(loan_id)]) if loan_key(loan_id) in schedules else loan
            for loan_id, loan in loans.items()
        }

    def find_offers_with_loans(
        self, lender_id: str, loan_ids: Sequence[str], *, consistent: bool = False
    ) -> list[tuple[Offer, Loan]]:
        """Read one lender's offers on up to 50 loans, each with its loan, in the order of the ids."""
        sorts = ("LOAN", OFFER + lender_id)
        keys = [(loan_key(loan_id), sort) for loan_id in loan_ids for sort in sorts]
        items: list[Item] = []
        for start in range(0, len(keys), _BATCH):
            items.extend(self._database.get_mixed(_KINDS, keys[start : start + _BATCH], consistent=consistent))
        loans = {item.loan_id: loan_of(item) for item in items if isinstance(item, LoanItem)}
        offers = {item.loan_id: offer_of(item) for item in items if isinstance(item, OfferItem)}
        return [(offers[each], loans[each]) for each in loan_ids if each in offers and each in loans]

    def page_of_offers(self, loan_id: str, *, limit: int, after: str | None) -> tuple[list[Offer], str | None]:
        """Read offers on a loan consistently, by lender.

        Returns:
            The offers, and the lender up to whom they were read (None at the end).
        """
        page = self._database.query(
            OfferItem,
            loan_key(loan_id),
            OfferItem.sk.startswith(OFFER),
            limit=limit,
            after={"pk": {"S": loan_key(loan_id)}, "sk": {"S": OFFER + after}} if after else None,
            consistent=True,
        )
        last = page.last_key["sk"]["S"].removeprefix(OFFER) if page.last_key else None
        return [offer_of(item) for item in page.items], last

    def find_payment(self, loan_id: str, payment_id: str) -> PaymentRecord | None:
        item = self._database.get(PaymentItem, loan_key(loan_id), PAYMENT + payment_id, consistent=True)
        return None if item is None else payment_of(item)

    def page_of_payments(self, loan_id: str, *, limit: int, after: Key | None) -> Page[PaymentRecord]:
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
        hidden: bool = False,
    ) -> tuple[list[Loan], str | None]:
        """Read loans of one status in one shard of the index, newest first; either the hidden ones or the others.

        Returns:
            The loans, and the value of ``before`` for the next page (None at the end).
        """
        page = self._database.query(
            LoanItem,
            status_partition(status, shard, hidden=hidden),
            LoanItem.status_sort < before if before else None,
            only=condition_of(only) if only else None,
            index=LoanItem.by_status,
            limit=limit,
            newest_first=True,
        )
        last = page.last_key["status_sort"]["S"] if page.last_key else None
        return [loan_of(item) for item in page.items], last

    def page_of_borrower(self, borrower_id: str, *, limit: int, after: Key | None) -> Page[str]:
        """Read the ids of a borrower's loans, newest first."""
        page = self._database.query(
            LoanItem, borrower_id, index=LoanItem.by_borrower, limit=limit, after=after, newest_first=True
        )
        return Page(tuple(item.loan_id for item in page.items), page.last_key)

    def page_of_lender(self, lender_id: str, *, invested: bool, limit: int, after: Key | None) -> Page[str]:
        """Read the ids of the loans in which a lender has invested, or has an unfunded offer; newest first."""
        prefix = INVESTMENT if invested else OFFER
        page = self._database.query(
            OfferItem,
            lender_id,
            OfferItem.position.startswith(prefix),
            index=OfferItem.by_lender,
            limit=limit,
            after=after,
            newest_first=True,
        )
        return Page(tuple(item.pk.partition("#")[2] for item in page.items), page.last_key)

    def shard_of(self, loan_id: str) -> int:
        """Return the shard of the status index that a loan belongs to."""
        return shard_of(loan_id, self._shards)

    # Writes

    def add_new_loan(self, writes: WriteTransaction, loan: Loan) -> None:
        """Add a new loan. Committing raises AlreadyWrittenError if it exists."""
        writes.put(loan_item(loan, self._shards), when=item_absent(LoanItem), on_condition_failed=already_written)

    def add_loan(self, writes: WriteTransaction, loan: Loan) -> None:
        """Add the next version of a loan, on condition that it hasn't changed since it was read."""
        writes.put(loan_item(loan, self._shards), when=version_unchanged(LoanItem, loan.version))

    def add_new_offer(self, writes: WriteTransaction, offer: Offer, *, accepted: Money | None = None) -> None:
        """Add a lender's only offer on a loan, on condition that the loan is open.

        ``accepted`` adds the condition that so much of the loan is accepted, for an offer that may be small because
        the loan needs no more.
        """
        loan = LoanItem(loan_key(offer.loan_id), "LOAN")
        if accepted is None:
            writes.check(loan, when=_OPEN(), on_condition_failed=lambda _: LoanNotOpen())
        else:
            writes.check(loan, when=_OPEN_FOR_REMAINDER(accepted=accepted.cents))
        writes.put(
            offer_item(offer, self._shards), when=item_absent(OfferItem), on_condition_failed=lambda _: OfferExists()
        )

    def add_offer(self, writes: WriteTransaction, offer: Offer, *, was: Offer) -> None:
        """Add the next state of an offer, on condition that it hasn't changed since it was read."""
        writes.put(offer_item(offer, self._shards), when=_unchanged(was))

    def add_offer_reminder(self, writes: WriteTransaction, offer: Offer, reminder: OfferReminder) -> None:
        """Add a reminder of an accepted offer, on condition that it isn't funded and has no other reminder since."""
        parameters: dict[str, Any] = {"id": offer.id, "accepted": offer.accepted_amount.cents}
        if offer.reminder is not None:
            parameters["was"] = packed_offer_reminder(offer.reminder)
        writes.update(
            OfferItem(loan_key(offer.loan_id), OFFER + offer.lender_id),
            _REMIND(reminder=packed_offer_reminder(reminder)),
            when=(_TO_REMIND if offer.reminder is None else _TO_REMIND_AGAIN)(**parameters),
        )

    def add_removed_offer(self, writes: WriteTransaction, offer: Offer) -> None:
        """Add the deletion of an offer, on condition that it hasn't changed since it was read."""
        writes.delete(offer_item(offer, self._shards), when=_unchanged(offer))

    def add_withdrawal(self, writes: WriteTransaction, offer: Offer) -> None:
        """Add the deletion of an offer, on condition that it isn't accepted."""
        writes.delete(
            offer_item(offer, self._shards),
            when=_NOT_ACCEPTED(id=offer.id),
            on_condition_failed=lambda old: OfferAccepted() if old else OfferNotFound(),
        )

    def add_funded_loan(self, writes: WriteTransaction, servicing: FundedLoan) -> None:
        """Add the next version of a loan together with its schedule."""
        self.add_loan(writes, servicing.loan)
        kept_apart = len(servicing.positions) > MAX_SCHEDULE_INVESTORS
        item = schedule_item(
            servicing.loan.id,
            servicing.account,
            () if kept_apart else servicing.positions,
            servicing.schedule_version,
        )
        if kept_apart:
            self.distributions.add_positions(writes, servicing.loan.id, servicing.positions)
        is_new = not servicing.schedule_version
        unchanged = item_absent(ScheduleItem) if is_new else version_unchanged(ScheduleItem, servicing.schedule_version)
        writes.put(item, when=unchanged)

    def add_payment(self, writes: WriteTransaction, loan_id: str, payment: PaymentRecord) -> None:
        writes.put(payment_item(loan_id, payment), when=item_absent(PaymentItem))


def _unchanged(offer: Offer) -> Expression:
    """The condition that an offer hasn't changed since it was read."""
    parameters: dict[str, Any] = {"id": offer.id, "accepted": offer.accepted_amount.cents}
    if offer.reserved:
        parameters["reserved"] = offer.reserved.cents
    if offer.funded_at is not None:
        parameters["funded_at"] = to_millis(offer.funded_at)
    return _unchanged_offer(is_funded=offer.is_funded, is_reserved=bool(offer.reserved))(**parameters)


@cache
def _unchanged_offer(*, is_funded: bool, is_reserved: bool) -> PreparedCondition:
    funded_at: Any = placeholder("funded_at")
    funded = OfferItem.funded_at == funded_at if is_funded else OfferItem.funded_at.does_not_exist()
    reserved = OfferItem.reserved == placeholder("reserved") if is_reserved else OfferItem.reserved.does_not_exist()
    same = (OfferItem.offer_id == placeholder("id", STRING)) & (OfferItem.accepted == placeholder("accepted"))
    return PreparedCondition(same & funded & reserved)


def _servicing(loan: Loan, item: ScheduleItem) -> FundedLoan:
    return FundedLoan(loan, account_of(loan, item), positions_of(item), item.version)
