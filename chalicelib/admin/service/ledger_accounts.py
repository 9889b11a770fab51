"""The ledger, account by account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.admin.domain.day_pages import page_backwards
from chalicelib.admin.domain.errors import UnknownAccount
from chalicelib.admin.domain.posting_lines import LinePosition, lines_after, postings_needed
from chalicelib.loans.service.queries import LoanQueries
from chalicelib.reporting.service.general_ledger import GeneralLedger
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import moment_of
from chalicelib.shared.money import Money
from chalicelib.users.service.accounts import UserService
from chalicelib.wallets.domain.history import Entry
from chalicelib.wallets.domain.ledger import AccountKind, identifier_of, kind_of, loan_account
from chalicelib.wallets.service import WalletService

_MOST_READS: Final = 64
"""Reads of a hot account for one page: where little happened, a page is short or empty and the list goes on."""


@dataclass(frozen=True, slots=True)
class AccountPosition:
    """Where an account's list goes on: after a row, or for a hot account on a day.

    It keeps the ``balance`` of the moment the list was opened, which running balances are counted from.
    """

    balance: Money
    mark: LinePosition | None = None
    day: date | None = None
    first_day: date | None = None


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Rows of an account, newest first; ``position`` is None at the end."""

    account: str
    balance: Money
    entries: tuple[Entry, ...]
    position: AccountPosition | None


class LedgerAccountService:
    """Every account of the ledger with its rows."""

    def __init__(
        self,
        wallets: WalletService,
        general_ledger: GeneralLedger,
        users: UserService,
        loans: LoanQueries,
        clock: Clock,
    ) -> None:
        self._general_ledger = general_ledger
        self._wallets = wallets
        self._users = users
        self._loans = loans
        self._clock = clock

    def page(self, actor: Actor, account: str, *, limit: int, position: AccountPosition | None = None) -> AccountPage:
        """An account's balance and its rows, newest first. Pages of hot accounts may be short.

        Raises:
            RoleRequired: the actor is no operator.
            UnknownAccount: no account has this name.
        """
        actor.must_be(Role.ADMIN)
        kind = kind_of(account)
        if kind is None:
            raise UnknownAccount
        if kind is AccountKind.HOT:
            return self._hot_page(account, limit, position or self._opened_hot(actor, account))
        page = self._plain_page(account, limit, position or AccountPosition(self._balance(kind, account)))
        if position is None and not page.entries and not self._has_owner(kind, account):
            raise UnknownAccount
        return page

    def of_loan(self, actor: Actor, loan_id: str, *, limit: int) -> AccountPage:
        """The first page of the account of a loan that is known to exist.

        Raises:
            RoleRequired: the actor is no operator.
        """
        actor.must_be(Role.ADMIN)
        account = loan_account(loan_id)
        return self._plain_page(account, limit, AccountPosition(self._balance(AccountKind.LOAN, account)))

    def _plain_page(self, account: str, limit: int, at: AccountPosition) -> AccountPage:
        upto = at.mark.transaction_id if at.mark else None
        postings = self._wallets.newest_postings(account, limit=postings_needed(limit), upto=upto)
        entries, mark = lines_after(at.mark, postings, limit=limit)
        return AccountPage(account, at.balance, entries, AccountPosition(at.balance, mark) if mark else None)

    def _hot_page(self, account: str, limit: int, at: AccountPosition) -> AccountPage:
        today = self._clock().date()
        upto = at.mark.transaction_id if at.mark else None
        walk = page_backwards(
            lambda day: self._wallets.newest_postings_of_day(account, day, limit=postings_needed(limit), upto=upto),
            newest=at.day or today,
            oldest=at.first_day or today,
            enough=postings_needed(limit),
            most_days=max(1, _MOST_READS // self._wallets.platform_shards),
        )
        entries, mark = lines_after(at.mark, walk.items, limit=limit)
        day = moment_of(mark.transaction_id).date() if mark else walk.unread
        following = AccountPosition(at.balance, mark, day, at.first_day) if day else None
        return AccountPage(account, at.balance, entries, following)

    def _opened_hot(self, actor: Actor, account: str) -> AccountPosition:
        balance = self._general_ledger.hot_balance(actor, account)
        return AccountPosition(balance, day=self._clock().date(), first_day=self._users.first_registration_date())

    def _balance(self, kind: AccountKind, account: str) -> Money:
        if kind is AccountKind.WALLET:
            return self._wallets.balance_of(identifier_of(account)).balance
        return self._wallets.total_of(account)

    def _has_owner(self, kind: AccountKind, account: str) -> bool:
        """An account without postings exists where its user or loan does."""
        if kind is AccountKind.WALLET:
            return self._users.find(identifier_of(account)) is not None
        return self._loans.exists(identifier_of(account))
