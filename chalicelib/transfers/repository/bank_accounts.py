"""Bank accounts in DynamoDB: one partition per user.

Adding one writes the user's counter with its version. So of two simultaneous requests one decides again, and the limit
and the uniqueness of accounts hold.
"""

from datetime import datetime
from typing import Any, Final

from chalicelib.dynamodb.attributes import RawItem
from chalicelib.dynamodb.database import Database, Key, Page, already_written, every_page
from chalicelib.dynamodb.expressions import PreparedCondition, placeholder
from chalicelib.dynamodb.model import Item, item_absent, item_exists, version_unchanged
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.clock import to_millis
from chalicelib.transfers.domain.bank_account import (
    BankAccount,
    BankAccountNotFound,
    BankAccountNotUsableYet,
    BankAccounts,
    BankAccountType,
)
from chalicelib.transfers.models import BankAccountItem, BankAccountsItem

_ACCOUNT: Final = "BANK_ACCOUNT"
_PREFIX: Final = "BANK"
"""Begins the sort keys of the counter, which is read first, and of the accounts."""
_KINDS: Final[dict[str, type[Item]]] = {_ACCOUNT: BankAccountItem, "BANK": BankAccountsItem}


def _usable() -> PreparedCondition:
    """The account exists, and its cooling period is over."""
    usable_from: Any = BankAccountItem.usable_from
    return PreparedCondition(usable_from <= placeholder("now"))


_USABLE: Final = _usable()


class BankAccountRepository:
    """Bank accounts by user and id."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def writes(self) -> WriteTransaction:
        return WriteTransaction(self._database)

    def find(self, user_id: str, account_id: str) -> BankAccount | None:
        item = self._database.get(BankAccountItem, _user_key(user_id), _account_key(account_id), consistent=True)
        return None if item is None else _account(item)

    def page(self, user_id: str, *, limit: int, after: Key | None) -> Page[BankAccount]:
        """Read a user's bank accounts consistently, newest first."""
        page = self._database.query(
            BankAccountItem,
            _user_key(user_id),
            BankAccountItem.sk.startswith(_account_key("")),
            limit=limit,
            after=after,
            newest_first=True,
            consistent=True,
        )
        return Page(tuple(map(_account, page.items)), page.last_key)

    def all_of(self, user_id: str) -> BankAccounts:
        """Read all bank accounts of a user, which are few, consistently and with their counter."""
        key, where = _user_key(user_id), BankAccountItem.sk.startswith(_PREFIX)
        pages = every_page(lambda after: self._database.query_mixed(_KINDS, key, where, after=after, consistent=True))
        items = [item for page in pages for item in page.items]
        version = next((item.version for item in items if isinstance(item, BankAccountsItem)), 0)
        return BankAccounts(tuple(_account(item) for item in items if isinstance(item, BankAccountItem)), version)

    def add(self, writes: WriteTransaction, account: BankAccount, before: BankAccounts) -> None:
        """Add a new bank account. Committing raises OptimisticLockError if one was added since ``before`` was read."""
        item = BankAccountItem(
            _user_key(account.user_id),
            _account_key(account.id),
            holder=account.holder,
            type=account.type.value,
            masked=account.masked,
            ciphertext=account.ciphertext,
            created_at=account.created_at,
            usable_from=account.usable_from,
        )
        counter = BankAccountsItem(_user_key(account.user_id), version=before.version + 1)
        writes.put(item, when=item_absent(BankAccountItem), on_condition_failed=already_written)
        writes.put(
            counter,
            when=version_unchanged(BankAccountsItem, before.version)
            if before.version
            else item_absent(BankAccountsItem),
        )

    def add_removal(self, writes: WriteTransaction, user_id: str, account_id: str) -> None:
        """Add the deletion of a bank account. Committing raises BankAccountNotFound if there is none."""
        writes.delete(
            BankAccountItem(_user_key(user_id), _account_key(account_id)),
            when=item_exists(BankAccountItem),
            on_condition_failed=lambda _: BankAccountNotFound(),
        )

    def add_use(self, writes: WriteTransaction, account: BankAccount, now: datetime) -> None:
        """Add the condition that a bank account exists and is usable.

        Committing raises BankAccountNotFound or BankAccountNotUsableYet otherwise.
        """
        writes.check(
            BankAccountItem(_user_key(account.user_id), _account_key(account.id)),
            when=_USABLE(now=to_millis(now)),
            on_condition_failed=_not_usable,
        )


def _not_usable(old: RawItem | None) -> Exception:
    return BankAccountNotFound() if old is None else BankAccountNotUsableYet()


def _user_key(user_id: str) -> str:
    return f"USER#{user_id}"


def _account_key(account_id: str) -> str:
    return f"{_ACCOUNT}#{account_id}"


def _account(item: BankAccountItem) -> BankAccount:
    return BankAccount(
        id=item.sk.partition("#")[2],
        user_id=item.pk.partition("#")[2],
        holder=item.holder,
        type=BankAccountType(item.type),
        masked=item.masked,
        ciphertext=item.ciphertext,
        created_at=item.created_at,
        usable_from=item.usable_from,
    )
