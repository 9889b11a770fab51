"""Read the accounts of the ledger and their lines."""

from dataclasses import dataclass
from datetime import date
from typing import Final

from chalicelib.admin.domain.errors import UnknownAccount
from chalicelib.admin.domain.paging import LinePosition, lines_after, page_backwards, postings_needed
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

_MAX_READS: Final = 64
"""Reads of a hot account for one page. Without postings a page is short or empty, and the list continues."""


@dataclass(frozen=True, slots=True)
class AccountPosition:
    """The start of the next page: after a line, or on a day of a hot account.

    ``balance`` is that of the time when the list was opened; running balances start from it.
    """

    balance: Money
    after: LinePosition | None = None
    day: date | None = None
    first_day: date | None = None


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Lines of an account, newest first; ``position`` is None on the last page."""

    account: str
    balance: Money
    entries: tuple[Entry, ...]
    position: AccountPosition | None


class LedgerAccountService:
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
        """Return an account's balance and a page of its lines, newest first. Pages of hot accounts may be short.

        Raises:
            RoleRequired: the actor is not an operator.
            UnknownAccount: no account has this name.
        """
        actor.must_be(Role.ADMIN)
        kind = kind_of(account)
        if kind is None:
            raise UnknownAccount
        if kind is AccountKind.HOT:
            return self._hot_page(account, limit, position or self._first_hot_position(actor, account))
        page = self._plain_page(account, limit, position or AccountPosition(self._balance(kind, account)))
        if position is None and not page.entries and not self._has_owner(kind, account):
            raise UnknownAccount
        return page

    def of_loan(self, actor: Actor, loan_id: str, *, limit: int) -> AccountPage:
        """Return the first page of the account of an existing loan.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        account = loan_account(loan_id)
        return self._plain_page(account, limit, AccountPosition(self._balance(AccountKind.LOAN, account)))

    def _plain_page(self, account: str, limit: int, start: AccountPosition) -> AccountPage:
        upto = start.after.transaction_id if start.after else None
        postings = self._wallets.newest_postings(account, limit=postings_needed(limit), upto=upto)
        entries, last = lines_after(start.after, postings, limit=limit)
        return AccountPage(account, start.balance, entries, AccountPosition(start.balance, last) if last else None)

    def _hot_page(self, account: str, limit: int, start: AccountPosition) -> AccountPage:
        today = self._clock().date()
        upto = start.after.transaction_id if start.after else None
        days = page_backwards(
            lambda day: self._wallets.newest_postings_of_day(account, day, limit=postings_needed(limit), upto=upto),
            newest=start.day or today,
            oldest=start.first_day or today,
            min_items=postings_needed(limit),
            max_days=max(1, _MAX_READS // self._wallets.platform_shards),
        )
        entries, last = lines_after(start.after, days.items, limit=limit)
        day = moment_of(last.transaction_id).date() if last else days.next_day
        following = AccountPosition(start.balance, last, day, start.first_day) if day else None
        return AccountPage(account, start.balance, entries, following)

    def _first_hot_position(self, actor: Actor, account: str) -> AccountPosition:
        balance = self._general_ledger.hot_balance(actor, account)
        return AccountPosition(balance, day=self._clock().date(), first_day=self._users.first_registration_date())

    def _balance(self, kind: AccountKind, account: str) -> Money:
        if kind is AccountKind.WALLET:
            return self._wallets.balance_of(identifier_of(account)).balance
        return self._wallets.total_of(account)

    def _has_owner(self, kind: AccountKind, account: str) -> bool:
        """Return whether the user or loan of an account exists; then the account exists without postings."""
        if kind is not AccountKind.LOAN:
            return self._users.find(identifier_of(account)) is not None
        return self._loans.exists(identifier_of(account))
