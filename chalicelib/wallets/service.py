"""Wallet operations, and the doorway through which other features move money."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date

from chalicelib.dynamodb.database import Key, OptimisticLockError, Page
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unavailable, Unprocessable
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import ZERO, Money
from chalicelib.wallets.domain.history import (
    Entry,
    HistoryPosition,
    Statement,
    entries_of,
    make_statement,
    page_entries,
)
from chalicelib.wallets.domain.ledger import (
    EXTERNAL_CASH,
    EntryType,
    Journal,
    Posting,
    PostingTotal,
    owner_of,
    transfer,
    wallet_account,
)
from chalicelib.wallets.domain.wallet import Wallet, WalletChange
from chalicelib.wallets.repository import WalletRepository, posting_key

_FILTERED_PAGE = 100
_LONGEST_STATEMENT = 10_000
_STATEMENT_ATTEMPTS = 5


@dataclass(frozen=True, slots=True)
class WalletMovement:
    """A deposit or withdrawal that was made, and the wallet after it."""

    entry: Entry
    wallet: Wallet


@dataclass(frozen=True, slots=True)
class History:
    """A page of wallet entries, newest first; ``position`` is None at the end."""

    entries: tuple[Entry, ...]
    position: HistoryPosition | None


class WalletService:
    """Deposits, withdrawals, history; and staging of journals for other features."""

    def __init__(self, repository: WalletRepository, markers: IdempotencyStore, clock: Clock) -> None:
        self._repository = repository
        self._markers = markers
        self._clock = clock

    def find(self, actor: Actor) -> Wallet:
        """The actor's own wallet."""
        return self._repository.find(actor.user_id)

    def balance_of(self, user_id: str) -> Wallet:
        """Anybody's wallet, for features that have checked that the caller may see it."""
        return self._repository.find(user_id)

    def deposit(
        self, actor: Actor, amount: Money, description: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[WalletMovement]:
        """Bring money in from outside. ``amount`` is positive.

        Raises:
            IdempotencyKeyReused: the key was used for another request.
        """
        return self._exchange(actor, amount, EntryType.DEPOSIT, description or "Deposit", idempotency_key)

    def withdraw(
        self, actor: Actor, amount: Money, description: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[WalletMovement]:
        """Take money out. ``amount`` is positive.

        Raises:
            InsufficientFunds: less is available.
            AccountFrozen: the account is frozen.
        """
        return self._exchange(actor, -amount, EntryType.WITHDRAWAL, description or "Withdrawal", idempotency_key)

    def history(
        self,
        actor: Actor,
        *,
        limit: int,
        position: HistoryPosition | None = None,
        kind: EntryType | None = None,
        first: date | None = None,
        last: date | None = None,
    ) -> History:
        """The actor's entries, newest first; ``first`` and ``last`` are inclusive days in UTC.

        Raises:
            Unprocessable: the range ends before it begins.
        """
        if first and last:
            _require_order(first, last)
        account = wallet_account(actor.user_id)
        after = posting_key(account, position.after) if position and position.after else None
        page = self._repository.page_of_postings(
            account, limit=_FILTERED_PAGE if kind else limit, after=after, first=first, last=last
        )
        entries, rest = page_entries(page.items, limit=limit, kind=kind, position=position, ends=page.last_key is None)
        return History(entries, rest)

    def statement(self, actor: Actor, first: date, last: date) -> Statement:
        """Opening balance, entries and closing balance of a range of days, both inclusive.

        Raises:
            Unprocessable: the range ends before it begins, or holds more than 10,000 entries.
        """
        _require_order(first, last)
        account = wallet_account(actor.user_id)
        for _ in range(_STATEMENT_ATTEMPTS):
            before = self._repository.find(actor.user_id)
            postings = self._repository.postings_since(account, first)
            if self._repository.find(actor.user_id).version == before.version:
                break
        else:
            raise Unavailable
        if len(postings) > _LONGEST_STATEMENT:
            raise Unprocessable(errors=(("from", "the range holds more than 10,000 entries: choose a shorter one"),))
        return make_statement(first, last, before.balance, postings)

    def add(self, writes: WriteTransaction, journal: Journal, holds: Mapping[str, Money] | None = None) -> None:
        """Add a journal to a transaction: its postings, and one change for each wallet it touches.

        ``holds`` says by user how much is put on hold (positive) or taken from what is held (negative).
        """
        postings = journal.postings()
        self._repository.add_postings(writes, postings)
        self.add_changes(writes, wallet_changes(postings, holds or {}))

    def add_changes(self, writes: WriteTransaction, changes: Iterable[WalletChange]) -> None:
        """Add changes of wallets, one for each."""
        now = self._clock()
        for change in changes:
            self._repository.add_change(writes, change, now)

    def add_holds(self, writes: WriteTransaction, holds: Mapping[str, Money]) -> None:
        """Add holds (positive) and releases (negative) by user, without any movement."""
        self.add_changes(writes, wallet_changes((), holds))

    def add_freeze(self, writes: WriteTransaction, user_id: str, *, frozen: bool) -> None:
        """Add the freezing or unfreezing of a wallet to a transaction."""
        self._repository.add_freeze(writes, user_id, self._clock(), frozen=frozen)

    def postings_of(
        self, account: str, *, limit: int, after: str | None = None
    ) -> tuple[tuple[Posting, ...], str | None]:
        """A page of an account's postings, newest first, for features that have checked the caller."""
        page = self._repository.page_of_postings(
            account, limit=limit, after=posting_key(account, after) if after else None
        )
        return page.items, page.items[-1].transaction_id if page.last_key and page.items else None

    def _exchange(
        self, actor: Actor, amount: Money, kind: EntryType, description: str, idempotency_key: IdempotencyKey | None
    ) -> IdempotentResult[WalletMovement]:
        """Move money between the wallet and the world outside; signed from the wallet's side."""

        def move() -> WalletMovement:
            now = self._clock()
            lines = transfer(EXTERNAL_CASH, wallet_account(actor.user_id), amount, kind)
            journal = Journal(new_id(now), now, lines, description)
            writes = self._repository.writes()
            self._markers.add(writes, idempotency_key, {"transaction": journal.id})
            self.add(writes, journal)
            with suppress(
                OptimisticLockError
            ):  # a posting under this very id exists: an answer was lost, the money has moved
                writes.commit()
            return self._movement(actor.user_id, next(p for p in journal.postings() if owner_of(p.account)))

        def replay(result: Mapping[str, str]) -> WalletMovement:
            posting = self._repository.find_posting(wallet_account(actor.user_id), result["transaction"])
            if posting is None:
                raise RuntimeError(f"the marker names a missing posting {result['transaction']}")
            return self._movement(actor.user_id, posting)

        return self._markers.execute(idempotency_key, move, replay)

    def _movement(self, user_id: str, posting: Posting) -> WalletMovement:
        return WalletMovement(entries_of(posting)[0], self._repository.find(user_id))


class LedgerReader:
    """The books of all accounts, for features that have checked that the caller may see them."""

    def __init__(self, repository: WalletRepository, *, shards: int) -> None:
        self._repository = repository
        self.shards = shards

    def newest(self, account: str, *, limit: int, upto: str | None = None) -> list[Posting]:
        """Postings of a wallet or loan, newest first; ``upto`` is the newest transaction wanted."""
        return self._repository.newest_postings(account, limit=limit, upto=upto)

    def newest_of_day(self, account: str, day: date, *, limit: int, upto: str | None = None) -> list[Posting]:
        """A hot account's postings of one day, newest first: one read a shard."""
        found: list[Posting] = []
        for partition in self._repository.partitions_of(account, day):
            found += self._repository.newest_postings(partition, limit=limit, upto=upto)
        return sorted(found, key=lambda posting: posting.transaction_id, reverse=True)[:limit]

    def total_of(self, account: str) -> Money:
        """What all postings of a wallet or loan sum to."""
        return self._repository.total_of(account)

    def scan(self, segment: int, segments: int) -> Iterator[PostingTotal]:
        """Every posting of a part of the ledger, in no order; ``segment`` counts from 0. For reconciliation."""
        for page in self._repository.scan_totals(segment, segments):
            yield from page.items

    def scan_page(self, segment: int, segments: int, *, limit: int, after: Key | None) -> Page[PostingTotal]:
        """The same, one page: what belongs to an account follows itself as a rule, over the ends of pages too."""
        return next(self._repository.scan_totals(segment, segments, limit=limit, after=after))

    def scan_postings(self, segment: int, segments: int) -> Iterator[Posting]:
        """Every posting of a part of the ledger with its lines. For rebuilds."""
        return self._repository.scan_postings(segment, segments)

    def scan_wallets(self, segment: int, segments: int, *, limit: int, after: Key | None) -> Page[Wallet]:
        """One page of a part of all wallets. For reconciliation."""
        return self._repository.scan_wallets(segment, segments, limit=limit, after=after)

    def wallets(self, user_ids: Iterable[str]) -> dict[str, Wallet]:
        """Wallets by user, read consistently; those that no money ever came into are left out."""
        return self._repository.find_many(user_ids)


def _require_order(first: date, last: date) -> None:
    if last < first:
        raise Unprocessable(errors=(("to", "give a day that is not before `from`"),))


def wallet_changes(postings: Iterable[Posting], holds: Mapping[str, Money]) -> tuple[WalletChange, ...]:
    """Add up what a journal and its holds do to each wallet."""
    totals = {owner: posting.total for posting in postings if (owner := owner_of(posting.account))}
    users = dict.fromkeys((*totals, *holds))
    return tuple(
        WalletChange(user, available=totals.get(user, ZERO) - holds.get(user, ZERO), held=holds.get(user, ZERO))
        for user in users
    )
