"""Wallets and postings in DynamoDB. Postings are only ever put."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any, Final

from pynamodb.expressions.condition import Condition

from chalicelib.dynamodb.database import Database, Key, Page
from chalicelib.dynamodb.model import Placeholder, PreparedWrite
from chalicelib.dynamodb.transaction import RawItem, WriteTransaction
from chalicelib.shared.clock import from_millis, to_millis
from chalicelib.shared.ids import first_id_of, moment_of
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.domain.ledger import HOT_ACCOUNTS, EntryType, Line, Posting, PostingTotal, wallet_account
from chalicelib.wallets.domain.wallet import Wallet, WalletChange
from chalicelib.wallets.models import PostingItem, WalletItem

_BEGINNING: Final = from_millis(0)
_TOTALLED: Final = (PostingItem.account, PostingItem.transaction, PostingItem.lines)


class WalletRepository:
    """Balances by user, postings by account."""

    def __init__(self, database: Database, *, platform_shards: int) -> None:
        database.bind(WalletItem, PostingItem)
        self._database = database
        self._shards = platform_shards

    def writes(self) -> WriteTransaction:
        """A new transaction."""
        return WriteTransaction(self._database)

    def find(self, user_id: str, *, consistent: bool = True) -> Wallet:
        """A person's wallet; zeros where no money ever came in."""
        item = self._database.get(WalletItem, wallet_account(user_id), consistent=consistent)
        return Wallet.empty(user_id) if item is None else _wallet(item)

    def add_change(self, writes: WriteTransaction, change: WalletChange, at: datetime) -> None:
        """Add a change of balance; refused where the wallet does not allow it."""
        numbers = {
            "available": change.available.cents,
            "held": change.reserved.cents,
            "available_needed": -change.available.cents,
            "held_needed": -change.reserved.cents,
            "at": to_millis(at),
        }
        writes.change(
            WalletItem(wallet_account(change.user_id)),
            _changing(change),
            numbers,
            on_condition_failed=lambda old: change.rejection(_or_empty(old, change.user_id)),
        )

    def add_freeze(self, writes: WriteTransaction, user_id: str, at: datetime, *, frozen: bool) -> None:
        """Add the (un)freezing of a wallet, which may not exist yet."""
        actions = [
            WalletItem.frozen.set(frozen),
            WalletItem.available_cents.add(0),
            WalletItem.held_cents.add(0),
            WalletItem.version.add(1),
            WalletItem.updated_at.set(at),
            WalletItem.created_at.set(WalletItem.created_at | at),
        ]
        writes.update(WalletItem(wallet_account(user_id)), actions)

    def add_postings(self, writes: WriteTransaction, postings: Iterable[Posting]) -> None:
        """Add postings. One that exists already makes the transaction fail as stale."""
        for posting in postings:
            writes.put_new(self._posting_item(posting))

    def find_posting(self, account: str, transaction_id: str) -> Posting | None:
        """One posting of a wallet or loan account."""
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
        """Postings of a wallet or loan account, newest first."""
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
        """All postings from a day on, oldest first."""
        items = self._database.query_all(PostingItem, account, _between(first, None), consistent=True)
        return [_posting(item) for item in items]

    def partitions_of(self, account: str, day: date) -> tuple[str, ...]:
        """Where a hot account's postings of one day are kept."""
        return tuple(f"{account}#{day}#{shard}" for shard in range(self._shards))

    def newest_postings(self, partition: str, *, limit: int, upto: str | None) -> list[Posting]:
        """A partition's postings, newest first; ``upto`` is the newest transaction wanted."""
        where = PostingItem.transaction <= upto if upto else None
        page = self._database.query(PostingItem, partition, where, limit=limit, newest_first=True, consistent=True)
        return [_posting(item) for item in page.items]

    def total_of(self, account: str) -> Money:
        """What all postings of a wallet or loan account sum to."""
        items = self._database.query_all(PostingItem, account, consistent=True)
        return Money.total(_posting(item).total for item in items)

    def find_many(self, user_ids: Iterable[str]) -> dict[str, Wallet]:
        """Wallets by user, 100 a call, read consistently; those that no money ever came into are left out."""
        keys = [wallet_account(user_id) for user_id in user_ids]
        found = map(_wallet, self._database.get_many(WalletItem, keys, consistent=True))
        return {wallet.user_id: wallet for wallet in found}

    def scan_wallets(self, segment: int, segments: int, *, limit: int, after: Key | None) -> Page[Wallet]:
        """One page of one of ``segments`` parts of all wallets."""
        pages = WalletItem.scan(
            segment=segment,
            total_segments=segments,
            consistent_read=True,
            page_size=limit,
            last_evaluated_key=after,
        ).page_iter
        page = next(iter(pages))
        wallets = (_wallet(WalletItem.from_raw_data(item)) for item in page["Items"])
        return Page(tuple(wallets), page.get("LastEvaluatedKey"))

    def scan_totals(
        self, segment: int, segments: int, *, limit: int | None = None, after: Key | None = None
    ) -> Iterator[Page[PostingTotal]]:
        """Every posting of one of ``segments`` parts of the ledger, page by page, without making models of them."""
        needed = [attribute.attr_name for attribute in _TOTALLED]
        pages = PostingItem.scan(
            segment=segment,
            total_segments=segments,
            consistent_read=True,
            page_size=limit,
            last_evaluated_key=after,
            attributes_to_get=needed,
        ).page_iter
        for page in pages:
            yield Page(tuple(map(_total, page["Items"])), page.get("LastEvaluatedKey"))

    def scan_postings(self, segment: int, segments: int) -> Iterator[Posting]:
        """Every posting of a part of the ledger with its lines."""
        pages = PostingItem.scan(segment=segment, total_segments=segments, consistent_read=True).page_iter
        for item in (item for page in pages for item in page["Items"]):
            yield _posting(PostingItem.from_raw_data(item))

    def _posting_item(self, posting: Posting) -> PostingItem:
        return PostingItem(
            self._partition(posting),
            posting.transaction_id,
            lines=[[line.type.value, line.amount.cents] for line in posting.lines],
            description=posting.description or None,
            reference=posting.reference,
        )

    def _partition(self, posting: Posting) -> str:
        """Hot accounts are spread by day and shard; the shard follows from the transaction."""
        if posting.account not in HOT_ACCOUNTS:
            return posting.account
        digest = hashlib.sha256(posting.transaction_id.encode()).digest()
        return f"{posting.account}#{posting.at.date()}#{digest[0] % self._shards}"


def posting_of_image(image: Mapping[str, Any]) -> Posting:
    """The posting of an item in DynamoDB's own notation."""
    return _posting(PostingItem.from_raw_data(dict(image)))


def namespaces_of(item: RawItem) -> tuple[str, ...]:
    """The cached answers that show a wallet item."""
    return (str(item["account"]["S"]),)


def posting_key(account: str, transaction_id: str) -> Key:
    """The position of a posting in a list, for going on after it."""
    return {"account": {"S": account}, "transaction": {"S": transaction_id}}


def _changing(change: WalletChange) -> PreparedWrite:
    return _balance_phrase(
        takes_available=change.available < ZERO,
        takes_held=change.reserved < ZERO,
        reduces_available=change.reduces_available,
    )


@cache
def _balance_phrase(*, takes_available: bool, takes_held: bool, reduces_available: bool) -> PreparedWrite:
    """A change of balance, under what it takes for granted."""
    at: Any = Placeholder("at")
    actions = [
        WalletItem.available_cents.add(Placeholder("available")),
        WalletItem.held_cents.add(Placeholder("held")),
        WalletItem.version.add(1),
        WalletItem.updated_at.set(at),
        WalletItem.created_at.set(WalletItem.created_at | at),
    ]
    condition: Condition | None = None
    if takes_available:
        condition = WalletItem.available_cents >= Placeholder("available_needed")
    if takes_held:
        enough = WalletItem.held_cents >= Placeholder("held_needed")
        condition = enough if condition is None else condition & enough
    if reduces_available:
        thawed = WalletItem.frozen.does_not_exist() | (WalletItem.frozen == False)  # noqa: E712 - an expression
        condition = thawed if condition is None else condition & thawed
    return PreparedWrite(actions, condition)


def _between(first: date | None, last: date | None) -> Condition | None:
    if first is None and last is None:
        return None
    lower = first_id_of(_midnight(first)) if first else first_id_of(_BEGINNING)
    if last is None or last == date.max:
        return PostingItem.transaction >= lower
    return PostingItem.transaction.between(lower, first_id_of(_midnight(last + timedelta(days=1))))


def _midnight(day: date) -> datetime:
    """The beginning of a day; ids know no day before 1970."""
    return max(datetime(day.year, day.month, day.day, tzinfo=UTC), _BEGINNING)


def _or_empty(old: RawItem | None, user_id: str) -> Wallet:
    return Wallet.empty(user_id) if old is None else _wallet(WalletItem.from_raw_data(dict(old)))


def _wallet(item: WalletItem) -> Wallet:
    user_id = item.account.partition(":")[2]
    return Wallet(
        user_id=user_id,
        available=Money(item.available_cents or 0),
        reserved=Money(item.held_cents or 0),
        frozen=bool(item.frozen),
        created_at=item.created_at or _BEGINNING,
        updated_at=item.updated_at or _BEGINNING,
        version=item.version or 0,
    )


def _posting(item: PostingItem) -> Posting:
    lines = tuple(Line(item.account, EntryType(kind), Money(int(cents))) for kind, cents in item.lines)
    return Posting(
        account=item.account.partition("#")[0],
        transaction_id=item.transaction,
        at=moment_of(item.transaction),
        lines=lines,
        description=item.description or "",
        reference=item.reference,
    )


def _total(item: Mapping[str, Any]) -> PostingTotal:
    account, transaction, lines = (item[attribute.attr_name] for attribute in _TOTALLED)
    cents = sum(int(line["L"][1]["N"]) for line in lines["L"])
    return PostingTotal(account["S"].partition("#")[0], transaction["S"], Money(cents))
