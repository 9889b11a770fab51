"""Deposits, withdrawals and history; journals and ledger reads for other features."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import date
from typing import Any, Final

from chalicelib.dynamodb.database import Key, Page
from chalicelib.dynamodb.errors import AlreadyWrittenError
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
    paginate_entries,
)
from chalicelib.wallets.domain.ledger import (
    EXTERNAL_CASH,
    AccountKind,
    EntryType,
    Journal,
    Posting,
    PostingTotal,
    owner_of,
    receivable_account,
    transfer,
    wallet_account,
)
from chalicelib.wallets.domain.wallet import BorrowingChange, Wallet, WalletChange
from chalicelib.wallets.repository import WalletRepository, posting_key, posting_of_image, wallet_of_image

_FILTERED_PAGE: Final = 100
_MAX_STATEMENT_ENTRIES: Final = 10_000
_STATEMENT_ATTEMPTS: Final = 5


@dataclass(frozen=True, slots=True)
class WalletMovement:
    entry: Entry
    wallet: Wallet


@dataclass(frozen=True, slots=True)
class DepositReturn:
    """The journal of a returned deposit, and the part of it that the user now owes the platform."""

    journal: Journal
    owed: Money


@dataclass(frozen=True, slots=True)
class History:
    """A page of wallet entries, newest first; ``position`` is None on the last page."""

    entries: tuple[Entry, ...]
    position: HistoryPosition | None


@dataclass(frozen=True, slots=True)
class WalletStates:
    """A wallet before and after a change; ``before`` is None if it is new."""

    before: Wallet | None
    after: Wallet


class WalletService:
    """Wallets and the ledger. Methods without an actor are for features that have checked the permission.

    Args:
        repository: wallets and postings.
        idempotency: idempotency records of deposits and withdrawals.
        clock: business time.
        platform_shards: partitions of one day of a hot account.
    """

    def __init__(
        self, repository: WalletRepository, idempotency: IdempotencyStore, clock: Clock, *, platform_shards: int
    ) -> None:
        self._repository = repository
        self._idempotency = idempotency
        self._clock = clock
        self.platform_shards = platform_shards

    def find(self, actor: Actor) -> Wallet:
        return self._repository.find(actor.user_id)

    def balance_of(self, user_id: str) -> Wallet:
        return self._repository.find(user_id)

    def balances_of(self, user_ids: Iterable[str]) -> dict[str, Wallet]:
        """Return wallets by user, read consistently; users who never received money are missing."""
        return self._repository.find_many(user_ids)

    def deposit(
        self, actor: Actor, amount: Money, description: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[WalletMovement]:
        """Credit the actor's wallet with a positive ``amount`` from outside.

        Raises:
            IdempotencyKeyReused: the key was used for another request.
        """
        return self._move(actor, amount, EntryType.DEPOSIT, description or "Deposit", idempotency_key)

    def withdraw(
        self, actor: Actor, amount: Money, description: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[WalletMovement]:
        """Debit the actor's wallet by a positive ``amount``.

        Raises:
            InsufficientFunds: less is available.
            AccountFrozen, AccountRestricted: the account is frozen, or owes for a returned deposit.
            IdempotencyKeyReused: the key was used for another request.
        """
        return self._move(actor, -amount, EntryType.WITHDRAWAL, description or "Withdrawal", idempotency_key)

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
        """Return the actor's entries, newest first; ``first`` and ``last`` are inclusive days in UTC.

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
        entries, following = paginate_entries(
            page.items, limit=limit, kind=kind, position=position, is_last=page.last_key is None
        )
        return History(entries, following)

    def statement(self, actor: Actor, first: date, last: date) -> Statement:
        """Return the opening balance, entries and closing balance of a range of days, both inclusive.

        Raises:
            Unprocessable: the range ends before it begins, or has more than 10,000 entries.
            Unavailable: the wallet changed during every attempt.
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
        if len(postings) > _MAX_STATEMENT_ENTRIES:
            raise Unprocessable(errors=(("from", "the period has more than 10,000 entries; choose a shorter one"),))
        return make_statement(first, last, before.balance, postings)

    def add(
        self,
        writes: WriteTransaction,
        journal: Journal | None = None,
        reservations: Mapping[str, Money] | None = None,
        *,
        actor: Actor | None = None,
        must_be_active: bool = False,
        is_repayment: bool = False,
        cash_moved: bool = False,
        borrowing: Mapping[str, BorrowingChange] | None = None,
    ) -> None:
        """Add postings, one change for each wallet, and the conditions of the actor's own wallet to a transaction.

        Every transaction on behalf of a user calls this once with the actor. Where the actor's wallet changes, the
        conditions are part of that change; otherwise they cost a condition check, two write units.

        What becomes available in a wallet with a receivable pays this first, by a journal of its own in the same
        transaction. A journal that debits the account of a receivable increases it.

        Args:
            writes: the transaction.
            journal: the money that moves, if any.
            reservations: by user, the amount to reserve (positive) or to take from what is reserved (negative).
            actor: the user who asks for the change, whose token must not be revoked; None in background jobs.
            must_be_active: whether the actor's account must not be frozen, even if it pays nothing.
            is_repayment: whether the borrowers repay their own loans, which frozen and restricted accounts may do.
            cash_moved: whether cash has already moved, as when a submitted withdrawal is settled. Then frozen and
                restricted accounts pay too.
            borrowing: by borrower, the change of the counters of its loans.

        Committing raises:
            TokenRevoked: the actor's token was issued before the account's tokens were revoked.
            AccountFrozen: an account that pays, or must be active, is frozen.
            AccountRestricted: an account that pays owes for a returned deposit.
            InsufficientFunds: a wallet has less than it must pay.
            TooManyRequestsOpen, ExposureLimit: a borrower's new request exceeds a limit.
        """
        borrowers = borrowing or {}
        postings = journal.postings() if journal else ()
        reserved = reservations or {}
        self._repository.add_postings(writes, postings)
        totals: dict[str, Money] = {}
        owed: dict[str, Money] = {}
        for posting in postings:
            kind, _, owner = posting.account.partition(":")
            if kind == AccountKind.WALLET:
                totals[owner] = posting.total
            elif kind == AccountKind.RECEIVABLE:
                owed[owner] = -posting.total
        now, own = self._clock(), actor.user_id if actor else None
        for user_id in dict.fromkeys((*totals, *owed, *reserved, *borrowers, *((own,) if own else ()))):
            part = reserved.get(user_id, ZERO)
            change = WalletChange(
                user_id,
                available=totals.get(user_id, ZERO) - part,
                reserved=part,
                issued_ms=actor.issued_ms if actor and user_id == own else None,
                must_be_active=must_be_active and user_id == own,
                is_repayment=is_repayment and user_id in borrowers,
                cash_moved=cash_moved,
                borrowing=borrowers.get(user_id),
                receivable=owed.get(user_id, ZERO),
                transaction_id=journal.id if journal else None,
            )
            self._repository.add_change(writes, change, now)

    def add_deposit_return(
        self,
        writes: WriteTransaction,
        user_id: str,
        amount: Money,
        description: str,
        reference: str | None = None,
        *,
        cash_account: str = EXTERNAL_CASH,
        actor: Actor | None = None,
    ) -> DepositReturn:
        """Add the return of a deposit: take what is available, and book the rest as the user's receivable.

        The cash has moved, so it also happens if the account is frozen or owes something.

        Args:
            writes: the transaction.
            user_id: the user whose deposit was returned.
            amount: the deposit's amount, positive.
            description: shown in the user's history.
            reference: the transfer's id.
            cash_account: where the money goes: `external:cash`, or `platform:suspense` if its movement is booked there.
            actor: the user who asks for it, if any.

        Committing raises:
            OptimisticLockError: the available amount changed since it was read.
        """
        now, available = self._clock(), self._repository.find(user_id).available
        taken = min(available, amount)
        wallet, receivable = wallet_account(user_id), receivable_account(user_id)
        lines = (
            *transfer(wallet, cash_account, taken, EntryType.DEPOSIT_RETURN),
            *transfer(receivable, cash_account, amount - taken, EntryType.DEPOSIT_RETURN),
        )
        journal = Journal(new_id(now), now, lines, description, reference)
        self.add(writes, journal, cash_moved=True, actor=actor)
        return DepositReturn(journal, amount - taken)

    def add_payer_check(self, writes: WriteTransaction, user_id: str, *, actor: Actor | None = None) -> None:
        """Add the condition that money reserved in a wallet may be handed to the bank.

        Args:
            writes: the transaction; it contains no other change of this wallet.
            user_id: the wallet's owner.
            actor: the user who asks for it, whose token must not be revoked; None in background jobs.

        Committing raises:
            AccountFrozen, AccountRestricted: the account is frozen, or owes for a returned deposit.
            TokenRevoked: the actor's token is revoked.
        """
        is_own = actor is not None and actor.user_id == user_id
        issued_ms = actor.issued_ms if actor and is_own else None
        self._repository.add_change(writes, WalletChange(user_id, issued_ms=issued_ms, pays_out=True), self._clock())
        if actor and not is_own:
            self.add(writes, actor=actor)

    def add_freeze(self, writes: WriteTransaction, user_id: str, *, frozen: bool) -> None:
        self._repository.add_freeze(writes, user_id, self._clock(), frozen=frozen)

    def add_frozen_check(self, writes: WriteTransaction, user_id: str, *, frozen: bool) -> None:
        """Add the condition that an account is frozen, or isn't; for background jobs, which have no actor."""
        self._repository.add_frozen_check(writes, user_id, frozen=frozen)

    def add_payout_check(self, writes: WriteTransaction, user_id: str) -> None:
        """Add the condition that an account may be paid out: it is neither frozen nor restricted.

        Committing raises OptimisticLockError otherwise: read the wallet again.
        """
        self._repository.add_payout_check(writes, user_id)

    def add_revocation(self, writes: WriteTransaction, user_id: str, valid_from: int) -> None:
        """Add that access tokens issued before ``valid_from`` (milliseconds) change nothing any more."""
        self._repository.add_revocation(writes, user_id, valid_from, self._clock())

    def postings_of(
        self, account: str, *, limit: int, after: str | None = None
    ) -> tuple[tuple[Posting, ...], str | None]:
        """Return a page of an account's postings, newest first, and the transaction that the next page follows."""
        page = self._repository.page_of_postings(
            account, limit=limit, after=posting_key(account, after) if after else None
        )
        return page.items, page.items[-1].transaction_id if page.last_key and page.items else None

    def newest_postings(self, account: str, *, limit: int, upto: str | None = None) -> list[Posting]:
        """Return postings of a wallet or loan, newest first, up to and including transaction ``upto``."""
        return self._repository.newest_postings(account, limit=limit, upto=upto)

    def newest_postings_of_day(self, account: str, day: date, *, limit: int, upto: str | None = None) -> list[Posting]:
        """Return a hot account's postings of one day, newest first. It takes one read per shard."""
        postings: list[Posting] = []
        for partition in self._repository.partitions_of(account, day):
            postings += self._repository.newest_postings(partition, limit=limit, upto=upto)
        return sorted(postings, key=lambda posting: posting.transaction_id, reverse=True)[:limit]

    def total_of(self, account: str) -> Money:
        return self._repository.total_of(account)

    def scan_totals(
        self, segment: int, segments: int, *, limit: int | None = None, after: Key | None = None
    ) -> Iterator[Page[PostingTotal]]:
        """Read one segment of the ledger page by page, in no order; ``segment`` counts from 0.

        Postings of one account usually follow each other, also across pages.
        """
        return self._repository.scan_totals(segment, segments, limit=limit, after=after)

    def posting_of_image(self, image: Mapping[str, Any]) -> Posting:
        return posting_of_image(image)

    def scan_postings(self, segment: int, segments: int) -> Iterator[Posting]:
        """Read one segment of the ledger with all lines."""
        return self._repository.scan_postings(segment, segments)

    def scan_wallets(self, segment: int, segments: int, *, limit: int, after: Key | None) -> Page[Wallet]:
        """Read one page of one segment of all wallets."""
        return self._repository.scan_wallets(segment, segments, limit=limit, after=after)

    def _move(
        self, actor: Actor, amount: Money, kind: EntryType, description: str, idempotency_key: IdempotencyKey | None
    ) -> IdempotentResult[WalletMovement]:
        """Move money between the wallet and external cash; ``amount`` is signed from the wallet's side."""

        def move() -> WalletMovement:
            now = self._clock()
            lines = transfer(EXTERNAL_CASH, wallet_account(actor.user_id), amount, kind)
            journal = Journal(new_id(now), now, lines, description)
            writes = self._repository.writes()
            self._idempotency.add(writes, idempotency_key, {"transaction": journal.id})
            self.add(writes, journal, actor=actor)
            with suppress(AlreadyWrittenError):  # an earlier attempt succeeded and its response was lost
                writes.commit()
            return self._movement(actor.user_id, next(p for p in journal.postings() if owner_of(p.account)))

        def replay(result: Mapping[str, str]) -> WalletMovement:
            posting = self._repository.find_posting(wallet_account(actor.user_id), result["transaction"])
            if posting is None:
                raise RuntimeError(f"the idempotency record names a missing posting {result['transaction']}")
            return self._movement(actor.user_id, posting)

        return self._idempotency.execute(idempotency_key, move, replay)

    def _movement(self, user_id: str, posting: Posting) -> WalletMovement:
        return WalletMovement(entries_of(posting)[0], self._repository.find(user_id))


def posting_of_record(record: Mapping[str, Any]) -> Posting | None:
    """Return the posting that a record of the table `ledger` adds; None if it adds none."""
    image = record["dynamodb"].get("NewImage")
    return posting_of_image(image) if image else None


def wallet_change_of(record: Mapping[str, Any]) -> WalletStates | None:
    """Return the wallet before and after the change of a record of the table `wallets`; None if it was deleted."""
    before, after = (record["dynamodb"].get(name) for name in ("OldImage", "NewImage"))
    return WalletStates(wallet_of_image(before) if before else None, wallet_of_image(after)) if after else None


def _require_order(first: date, last: date) -> None:
    if last < first:
        raise Unprocessable(errors=(("to", "must not be before `from`"),))
