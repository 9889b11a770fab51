"""Wallets and ledger postings in DynamoDB. Postings are put once and never changed."""

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

from pynamodb.constants import BOOLEAN
from pynamodb.expressions.condition import Condition

from chalicelib.dynamodb.attributes import RawItem
from chalicelib.dynamodb.database import Database, Key, Page, already_written
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.expressions import Expression, PreparedCondition, PreparedUpdate, all_of, placeholder
from chalicelib.dynamodb.model import item_absent
from chalicelib.dynamodb.transaction import Amendment, WriteTransaction
from chalicelib.shared.clock import from_millis, to_millis
from chalicelib.shared.ids import first_id_of, following_id, moment_of, new_id
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.domain.ledger import (
    HOT_ACCOUNTS,
    EntryType,
    Journal,
    Line,
    Posting,
    PostingTotal,
    receivable_account,
    transfer,
    wallet_account,
)
from chalicelib.wallets.domain.wallet import Wallet, WalletChange, paid_to_receivable
from chalicelib.wallets.models import PostingItem, WalletItem

_BEGINNING: Final = from_millis(0)
_TOTAL_ATTRIBUTES: Final = ("account", "transaction", "lines", "reference")


def _change_of(*actions: Any) -> PreparedUpdate:
    """Prepare a change of a wallet, which creates it if it doesn't exist."""
    at: Any = placeholder("at")
    return PreparedUpdate(
        *actions,
        WalletItem.version.add(1),
        WalletItem.updated_at.set(at),
        WalletItem.created_at.set(WalletItem.created_at | at),
    )


_BALANCE: Final = (
    WalletItem.available_cents.add(placeholder("available")),
    WalletItem.reserved_cents.add(placeholder("reserved")),
)
_BORROWING: Final = (
    WalletItem.open_requests.add(placeholder("open_requests")),
    WalletItem.exposure_cents.add(placeholder("exposure")),
)
_RECEIVABLE: Final = WalletItem.receivable_cents.add(placeholder("receivable"))
_CHANGES: Final = {
    (False, False): _change_of(*_BALANCE),
    (True, False): _change_of(*_BALANCE, *_BORROWING),
    (False, True): _change_of(*_BALANCE, _RECEIVABLE),
    (True, True): _change_of(*_BALANCE, *_BORROWING, _RECEIVABLE),
}
"""Changes of a wallet, by whether a borrower's counters change and whether the receivable does."""
_FREEZE: Final = _change_of(
    WalletItem.frozen.set(placeholder("frozen", BOOLEAN, bool)),
    WalletItem.available_cents.add(0),
    WalletItem.reserved_cents.add(0),
)
_FROZEN: Final = PreparedCondition(WalletItem.frozen == True)  # noqa: E712 - an expression
_NOT_FROZEN: Final = PreparedCondition(
    WalletItem.frozen.does_not_exist() | (WalletItem.frozen == False)  # noqa: E712 - an expression
)
_MAY_BE_PAID: Final = PreparedCondition(
    (WalletItem.frozen.does_not_exist() | (WalletItem.frozen == False))  # noqa: E712 - an expression
    & (WalletItem.receivable_cents.does_not_exist() | (WalletItem.receivable_cents == 0))
)
_REVOKE: Final = _change_of(
    WalletItem.tokens_valid_from.set(placeholder("valid_from")),
    WalletItem.available_cents.add(0),
    WalletItem.reserved_cents.add(0),
)


class WalletRepository:
    """Wallets by user, postings by account."""

    def __init__(self, database: Database, *, platform_shards: int) -> None:
        self._database = database
        self._shards = platform_shards

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def find(self, user_id: str, *, consistent: bool = True) -> Wallet:
        """Return a user's wallet; an empty one if it never had money."""
        item = self._database.get(WalletItem, wallet_account(user_id), consistent=consistent)
        return Wallet.empty(user_id) if item is None else _wallet(item)

    def add_change(self, writes: WriteTransaction, change: WalletChange, at: datetime, owed: Money = ZERO) -> None:
        """Add a change of balance, on condition that the wallet allows it; only the condition if it moves nothing.

        What becomes available pays the wallet's receivable first. As few wallets have one, a credit only requires
        that there is none; if there is, the credit is amended with the amount that the wallet owes.

        Args:
            writes: the transaction.
            change: the change.
            at: the time of the change.
            owed: the receivable of the wallet, as it was read.
        """
        cleared = paid_to_receivable(change.available, owed) if owed else ZERO
        receivable = change.receivable.cents - cleared.cents
        amounts = {"available": change.available.cents - cleared.cents, "reserved": change.reserved.cents}
        if change.borrowing is not None:
            amounts["open_requests"] = change.borrowing.open_requests
            amounts["exposure"] = change.borrowing.exposure.cents
        item, when = WalletItem(wallet_account(change.user_id)), _requirement(change, owed)
        if receivable:
            amounts["receivable"] = receivable

        def explain(old: RawItem | None) -> Exception:
            return self._explain(old, change, at, owed)

        if change.borrowing is not None or any(amounts.values()):
            effect = _CHANGES[change.borrowing is not None, receivable != 0]
            writes.update(item, effect(**amounts, at=to_millis(at)), when=when, on_condition_failed=explain)
        elif when is not None:
            writes.check(item, when=when, on_condition_failed=explain)
        if cleared:
            self._add_cleared_receivable(writes, change, cleared, at)

    def add_freeze(self, writes: WriteTransaction, user_id: str, at: datetime, *, frozen: bool) -> None:
        """Add the freezing or unfreezing of a wallet, which need not exist yet."""
        writes.update(WalletItem(wallet_account(user_id)), _FREEZE(frozen=frozen, at=to_millis(at)))

    def add_frozen_check(self, writes: WriteTransaction, user_id: str, *, frozen: bool) -> None:
        """Add the condition that a wallet is frozen, or isn't. Committing raises OptimisticLockError otherwise."""
        writes.check(WalletItem(wallet_account(user_id)), when=_FROZEN() if frozen else _NOT_FROZEN())

    def add_payout_check(self, writes: WriteTransaction, user_id: str) -> None:
        """Add the condition that a wallet is neither frozen nor restricted. Committing raises OptimisticLockError."""
        writes.check(WalletItem(wallet_account(user_id)), when=_MAY_BE_PAID())

    def add_revocation(self, writes: WriteTransaction, user_id: str, valid_from: int, at: datetime) -> None:
        """Add the revocation of a user's access tokens; the wallet need not exist yet."""
        writes.update(WalletItem(wallet_account(user_id)), _REVOKE(valid_from=valid_from, at=to_millis(at)))

    def add_postings(self, writes: WriteTransaction, postings: Iterable[Posting]) -> None:
        """Add new postings. Committing raises AlreadyWrittenError if one exists."""
        for posting in postings:
            partition = posting.account
            if partition in HOT_ACCOUNTS:  # divided by day and shard, which the transaction id determines
                digest = hashlib.sha256(posting.transaction_id.encode()).digest()
                partition = f"{partition}#{posting.at.date()}#{digest[0] % self._shards}"
            item = PostingItem(
                partition,
                posting.transaction_id,
                lines=[
                    [line.type.value, line.amount.cents, *((line.interest.cents,) if line.interest is not None else ())]
                    for line in posting.lines
                ],
                description=posting.description or None,
                reference=posting.reference,
                payment_id=posting.payment_id,
            )
            writes.put(item, when=item_absent(PostingItem), on_condition_failed=already_written)

    def _explain(self, old: RawItem | None, change: WalletChange, at: datetime, owed: Money) -> Exception:
        """Return the error for a change that the stored wallet does not allow, or its amendment."""
        wallet = Wallet.empty(change.user_id) if old is None else _wallet(WalletItem.from_raw_data(old))
        if change.available > ZERO and not change.spends and wallet.receivable != owed:
            return Amendment(lambda amended: self.add_change(amended, change, at, wallet.receivable))
        is_revoked = change.issued_ms is not None and wallet.tokens_valid_from > change.issued_ms
        return OptimisticLockError() if change.receivable and not is_revoked else change.rejection(wallet)

    def _add_cleared_receivable(
        self, writes: WriteTransaction, change: WalletChange, amount: Money, at: datetime
    ) -> None:
        """Add the journal that pays a receivable from a wallet. It follows directly after that of the credit."""
        journal_id = following_id(change.transaction_id) if change.transaction_id else new_id(at)
        accounts = wallet_account(change.user_id), receivable_account(change.user_id)
        lines = transfer(*accounts, amount, EntryType.RECEIVABLE)
        journal = Journal(journal_id, moment_of(journal_id), lines, "Paid for a returned deposit")
        self.add_postings(writes, journal.postings())

    def find_posting(self, account: str, transaction_id: str) -> Posting | None:
        item = self._database.get(PostingItem, account, transaction_id, consistent=True)
        return None if item is None else _posting(item)

    def page_of_postings(
        self,
        account: str,
        *,
        limit: int,
        after: Key | None,
        first: date | None = None,
        last: date | None = None,
    ) -> Page[Posting]:
        """Read postings of a wallet or loan account, newest first."""
        found = self._database.query(
            PostingItem,
            account,
            _between(first, last),
            limit=limit,
            after=after,
            newest_first=True,
            consistent=True,
        )
        return Page(tuple(_posting(item) for item in found.items), found.last_key)

    def postings_since(self, account: str, first: date) -> list[Posting]:
        """Read all postings from a day on, oldest first."""
        items = self._database.query_all(PostingItem, account, _between(first, None), consistent=True)
        return [_posting(item) for item in items]

    def partitions_of(self, account: str, day: date) -> tuple[str, ...]:
        """Return the partitions of a hot account's postings of one day."""
        return tuple(f"{account}#{day}#{shard}" for shard in range(self._shards))

    def newest_postings(self, partition: str, *, limit: int, upto: str | None) -> list[Posting]:
        """Read a partition's postings, newest first, beginning with the transaction ``upto``."""
        where = PostingItem.transaction <= upto if upto else None
        page = self._database.query(PostingItem, partition, where, limit=limit, newest_first=True, consistent=True)
        return [_posting(item) for item in page.items]

    def total_of(self, account: str) -> Money:
        items = self._database.query_all(PostingItem, account, consistent=True)
        return Money.total(_posting(item).total for item in items)

    def find_many(self, user_ids: Iterable[str]) -> dict[str, Wallet]:
        """Read wallets by user consistently, 100 per call, without those that never had money."""
        keys = [wallet_account(user_id) for user_id in user_ids]
        found = map(_wallet, self._database.get_many(WalletItem, keys, consistent=True))
        return {wallet.user_id: wallet for wallet in found}

    def scan_wallets(self, segment: int, segments: int, *, limit: int, after: Key | None) -> Page[Wallet]:
        """Read one page of one of ``segments`` parts of all wallets."""
        page = next(self._database.scan(WalletItem, segment, segments, limit=limit, after=after))
        return Page(tuple(_wallet(WalletItem.from_raw_data(item)) for item in page.items), page.last_key)

    def scan_totals(
        self, segment: int, segments: int, *, limit: int | None = None, after: Key | None = None
    ) -> Iterator[Page[PostingTotal]]:
        """Read the totals of all postings of one of ``segments`` parts of the ledger, page by page."""
        pages = self._database.scan(
            PostingItem, segment, segments, attributes=_TOTAL_ATTRIBUTES, limit=limit, after=after
        )
        for page in pages:
            yield Page(tuple(map(_total, page.items)), page.last_key)

    def scan_postings(self, segment: int, segments: int) -> Iterator[Posting]:
        for page in self._database.scan(PostingItem, segment, segments):
            yield from map(posting_of_image, page.items)


def posting_of_image(image: Mapping[str, Any]) -> Posting:
    """Return the posting of an item in DynamoDB's notation."""
    return _posting(PostingItem.from_raw_data(image))


def wallet_of_image(image: Mapping[str, Any]) -> Wallet:
    """Return the wallet of an item in DynamoDB's notation."""
    return _wallet(WalletItem.from_raw_data(image))


def namespaces_of(item: RawItem) -> tuple[str, ...]:
    """Return the namespaces of cached responses that show a wallet item."""
    return (str(item["account"]["S"]),)


def posting_key(account: str, transaction_id: str) -> Key:
    """Return the key after which a list of postings continues."""
    return {"account": {"S": account}, "transaction": {"S": transaction_id}}


def _requirement(change: WalletChange, owed: Money) -> Expression | None:
    """Return the condition of a change; None if every wallet allows it. ``owed`` is the receivable that was read."""
    increase, spends, borrowing = change.available.cents, change.spends, change.borrowing
    if change.receivable:  # everything that is available was taken
        needed = {"everything": -increase}
    else:
        debits = (("available", -increase), ("reserved", -change.reserved.cents))
        needed = {name: cents for name, cents in debits if cents > 0}
    if owed:
        needed["owed"] = owed.cents
    if change.issued_ms is not None:
        needed["issued_ms"] = change.issued_ms
    if borrowing is not None and (limits := borrowing.limits) is not None:
        needed["most_requests"] = limits.open_requests
        if limits.exposure:
            needed["most_exposure"] = limits.exposure.cents - borrowing.exposure.cents
    condition = _balance_condition(
        frozenset(needed),
        requires_active=spends or change.must_be_active,
        owes_nothing=spends or (increase > 0 and not owed),
    )
    return None if condition is None else condition(**needed)


@cache
def _balance_condition(
    needed: frozenset[str], *, requires_active: bool, owes_nothing: bool
) -> PreparedCondition | None:
    """The wallet has the cents that are ``needed``, isn't frozen, and its owner's token isn't revoked.

    A borrower's counters are below their limits; ``most_exposure`` is not negative. A wallet that ``owes_nothing`` has
    no receivable; ``owed`` is the receivable that it has.
    """
    not_frozen = WalletItem.frozen.does_not_exist() | (WalletItem.frozen == False)  # noqa: E712 - an expression
    valid_from: Any = WalletItem.tokens_valid_from
    open_requests: Any = WalletItem.open_requests
    exposure: Any = WalletItem.exposure_cents
    receivable: Any = WalletItem.receivable_cents
    available: Any = WalletItem.available_cents
    not_revoked = valid_from.does_not_exist() | (valid_from <= placeholder("issued_ms"))
    condition = all_of(
        (
            available >= placeholder("available") if "available" in needed else None,
            available == placeholder("everything") if "everything" in needed else None,
            WalletItem.reserved_cents >= placeholder("reserved") if "reserved" in needed else None,
            not_frozen if requires_active else None,
            receivable.does_not_exist() | (receivable == 0) if owes_nothing else None,
            receivable == placeholder("owed") if "owed" in needed else None,
            not_revoked if "issued_ms" in needed else None,
            open_requests.does_not_exist() | (open_requests < placeholder("most_requests"))
            if "most_requests" in needed
            else None,
            exposure.does_not_exist() | (exposure <= placeholder("most_exposure"))
            if "most_exposure" in needed
            else None,
        )
    )
    return None if condition is None else PreparedCondition(condition)


def _between(first: date | None, last: date | None) -> Condition | None:
    if first is None and last is None:
        return None
    lower = first_id_of(_midnight(first)) if first else first_id_of(_BEGINNING)
    if last is None or last == date.max:
        return PostingItem.transaction >= lower
    return PostingItem.transaction.between(lower, first_id_of(_midnight(last + timedelta(days=1))))


def _midnight(day: date) -> datetime:
    return max(datetime(day.year, day.month, day.day, tzinfo=UTC), _BEGINNING)


def _wallet(item: WalletItem) -> Wallet:
    user_id = item.account.partition(":")[2]
    return Wallet(
        user_id=user_id,
        available=Money(item.available_cents or 0),
        reserved=Money(item.reserved_cents or 0),
        frozen=bool(item.frozen),
        created_at=item.created_at or _BEGINNING,
        updated_at=item.updated_at or _BEGINNING,
        version=item.version or 0,
        tokens_valid_from=item.tokens_valid_from or 0,
        open_requests=item.open_requests or 0,
        exposure=Money(item.exposure_cents or 0),
        receivable=Money(item.receivable_cents or 0),
    )


def _posting(item: PostingItem) -> Posting:
    lines = tuple(
        Line(item.account, EntryType(kind), Money(int(cents)), *(Money(int(each)) for each in interest))
        for kind, cents, *interest in item.lines
    )
    return Posting(
        account=item.account.partition("#")[0],
        transaction_id=item.transaction,
        at=moment_of(item.transaction),
        lines=lines,
        description=item.description or "",
        reference=item.reference,
        payment_id=item.payment_id,
    )


def _total(item: Mapping[str, Any]) -> PostingTotal:
    cents = sum(int(line["L"][1]["N"]) for line in item["lines"]["L"])
    return PostingTotal(
        account=item["account"]["S"].partition("#")[0],
        transaction_id=item["transaction"]["S"],
        amount=Money(cents),
        reference=item["reference"]["S"] if "reference" in item else None,
    )
