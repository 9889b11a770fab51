"""Transfers that wait for the bank, and statements that contain their payments, for tests of the import."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Final

from chalicelib.container import Container
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import ZERO, Money
from chalicelib.shared.settings import PaymentProviderName, Settings
from chalicelib.transfers.domain.payout import Payout
from chalicelib.transfers.domain.references import creditor_reference
from chalicelib.transfers.domain.transfer import Direction, Transfer, TransferStatus
from chalicelib.transfers.repository.payouts import PayoutRepository
from tests import bank_files
from tests.bank_files import IBAN, Detail, Entry

XML: Final = {"Content-Type": "application/xml"}
STATEMENTS: Final = "/api/admin/bank/statements/"
LINES: Final = "/api/admin/bank/lines/"


def bank_settings(settings: Settings) -> Settings:
    """The settings of a platform with a bank account."""
    return replace(
        settings, currency="EUR", payment_provider=PaymentProviderName.BANK, bank_iban=IBAN, bank_account_name="Lend"
    )


@dataclass(frozen=True, slots=True)
class Transfers:
    """Stores transfers as requests of users leave them."""

    container: Container

    def deposit(self, user_id: str, amount: str, status: TransferStatus = TransferStatus.PENDING) -> Transfer:
        """A deposit, by default a pending one. No money moves."""
        return self._stored(user_id, Direction.DEPOSIT, amount, status)

    def withdrawal(self, user_id: str, amount: str, status: TransferStatus = TransferStatus.SUBMITTED) -> Transfer:
        """A withdrawal, by default a submitted one, whose amount the wallet has available. It becomes reserved."""
        writes = self.container.wallet_repository.writes()
        self.container.wallets.add(writes, None, {user_id: Money.of(amount)})
        writes.commit()
        return self._stored(user_id, Direction.WITHDRAWAL, amount, status)

    def payout(self, withdrawals: Sequence[Transfer]) -> str:
        """The id of a payout of submitted withdrawals."""
        now = self.container.clock()
        total = Money.total(withdrawal.amount for withdrawal in withdrawals)
        payout = Payout(new_id(now), now, total, tuple(withdrawal.id for withdrawal in withdrawals), {}, False)
        writes = self.container.transfer_repository.writes()
        PayoutRepository(self.container.database).add(writes, payout)
        writes.commit()
        return payout.id

    def reference_of(self, user_id: str) -> str:
        """The permanent reference of a user."""
        reference = creditor_reference("user", user_id)
        writes = self.container.transfer_repository.writes()
        self.container.transfer_repository.add_user_reference(writes, user_id, reference)
        writes.commit()
        return reference

    def status(self, transfer: Transfer) -> str:
        """The present status of a transfer."""
        return self.container.transfers.get(transfer.id).status.value

    def _stored(self, user_id: str, direction: Direction, amount: str, status: TransferStatus) -> Transfer:
        now = self.container.clock()
        transfer_id = new_id(now)
        reference = creditor_reference("transfer", transfer_id)
        transfer = Transfer(transfer_id, user_id, direction, Money.of(amount), status, reference, now)
        writes = self.container.transfer_repository.writes()
        self.container.transfer_repository.add(writes, transfer)
        writes.commit()
        return transfer


def credit(amount: str, reference: str = "", **changes: Any) -> Entry:
    """A credit of one payer."""
    return Entry(amount, (Detail(reference=reference, name="Ann Payer"),), **changes)


def paid(transfer: Transfer, **changes: Any) -> Entry:
    """The entry that settles a transfer."""
    if transfer.direction is Direction.DEPOSIT:
        return credit(str(transfer.amount), transfer.reference, **changes)
    return Entry(f"-{transfer.amount}", (Detail(end_to_end_id=transfer.id, name="Bob Payee"),), **changes)


def returned(transfer: Transfer, **changes: Any) -> Entry:
    """The entry that returns a transfer."""
    if transfer.direction is Direction.DEPOSIT:
        detail = Detail(reference=transfer.reference, return_reason="AC04")
        return Entry(f"-{transfer.amount}", (detail,), **changes)
    return Entry(str(transfer.amount), (Detail(end_to_end_id=transfer.id, return_reason="AC04"),), **changes)


def statement(*entries: Entry, opening: str = "0.00", number: str = "1", **changes: Any) -> bytes:
    """A file of one statement."""
    stated = bank_files.Statement(entries, opening, statement_id=f"S{number}", sequence=number, **changes)
    return bank_files.document(stated)


@dataclass(slots=True)
class MixedStatement:
    """Entries of every kind, and what must be the case once each is booked once.

    Args:
        entries: entries, all of which have a servicer reference.
        balances: the balance of each user.
        suspense: what is in suspense.
    """

    entries: list[Entry] = field(default_factory=list)
    balances: dict[str, Money] = field(default_factory=dict)
    suspense: Money = ZERO

    def file(self, first: int = 0, last: int | None = None) -> bytes:
        """A file of some of the entries; the opening balance is the sum of those before."""
        before = Money.total(Money.of(entry.amount) for entry in self.entries[:first])
        return statement(*self.entries[first:last], opening=str(before), number=str(first + 1))

    def expected(self) -> dict[str, int]:
        """The balance of each account in cents, without those that are zero."""
        wallets = {f"wallet:{user_id}": balance.cents for user_id, balance in self.balances.items()}
        cash = -Money.total(Money.of(entry.amount) for entry in self.entries).cents
        found = {**wallets, "platform:suspense": self.suspense.cents, "external:cash": cash}
        return {account: cents for account, cents in found.items() if cents}

    def _add(self, *entries: Entry) -> None:
        for entry in entries:
            self.entries.append(replace(entry, servicer_reference=f"BANK-{len(self.entries)}"))

    def _credit(self, user_id: str, amount: str) -> None:
        self.balances[user_id] = self.balances.get(user_id, ZERO) + Money.of(amount)


def mixed_statement(transfers: Transfers, users: Sequence[str], lines: int) -> MixedStatement:
    """A statement of about ``lines`` lines: matched, permanent, unmatched, paid twice, returned and batched ones.

    Withdrawals are paid from money that the users have before; it is not part of what is expected.
    """
    mixed = MixedStatement()
    rounds, round_lines = 0, 0
    while len(mixed.entries) + round_lines < lines:
        user = users[rounds % len(users)]
        first, second, third = (transfers.deposit(user, f"{amount}.10") for amount in (10, 20, 30))
        batch = [transfers.deposit(user, f"{amount}.25") for amount in (1, 2, 3)]
        withdrawal = transfers.withdrawal(user, "1.00")
        sent_back = transfers.withdrawal(user, "2.00")
        total = Money.total(deposit.amount for deposit in batch)
        details = tuple(Detail(str(deposit.amount), reference=deposit.reference) for deposit in batch)
        mixed._add(
            paid(first),
            returned(second),  # before the payment that it returns
            paid(second),
            paid(third),
            paid(third),  # twice
            credit("7.07", transfers.reference_of(user)),
            credit("5.05", "RF18539007547034"),
            Entry("-0.99", information="fees"),
            Entry(str(total), details),
            paid(withdrawal),
            paid(sent_back),
            returned(sent_back),
        )
        for amount in ("10.10", "30.10", "7.07", "6.75", "-1.00"):
            mixed._credit(user, amount)
        mixed.suspense += Money.of("30.10") + Money.of("5.05") - Money.of("0.99")
        rounds += 1
        round_lines = len(mixed.entries) // rounds
    return mixed
