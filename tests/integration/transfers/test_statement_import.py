"""Imports of bank statements that are killed, repeated, continued by the queue, or run at the same time."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace

import pytest

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.container import Container
from chalicelib.jobs.deadline import Deadline
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from chalicelib.shared.settings import Settings
from chalicelib.transfers.domain.notification import NotificationType, TransferEvent
from chalicelib.transfers.domain.statement import LineNotAssignable, Statement
from chalicelib.transfers.domain.transfer import TransferStatus
from chalicelib.transfers.service.transfers import TransferService
from tests.bank_files import Entry
from tests.bank_statements import (
    MixedStatement,
    Transfers,
    bank_settings,
    credit,
    mixed_statement,
    paid,
    returned,
    statement,
)
from tests.concurrent_calls import run_concurrently
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.killed_process import Killed, kill_at_write
from tests.queues import RecordingQueue
from tests.stored_state import account_balances, assert_ledger_balances, outbox

MOST_COMMITS = 40


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return bank_settings(settings)


@pytest.fixture
def one_line_steps(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every step of an import ends after one line."""
    monkeypatch.setattr(Deadline, "is_over", property(lambda _: True))


@dataclass(frozen=True, slots=True)
class Bank:
    """The import, as an operator uses it."""

    container: Container
    storage: Storage
    queue: RecordingQueue
    clock: FixedClock
    factory: ServiceFactory
    operator: Actor

    def send(self, content: bytes) -> Statement:
        return self.container.bank.import_file(self.operator, content, AuditContext()).value.statement

    def sweep(self) -> None:
        """Let the hourly sweep and the worker run, as after a process has died."""
        self.clock.advance(minutes=6)
        self.container.worker.send_again()
        self.work()

    def work(self) -> int:
        """Run queued jobs until none is left; return their number."""
        done = 0
        while self.queue.sent:
            self.container.worker.do(self.queue.sent.pop(0))
            done += 1
        return done

    def mixed(self, lines: int, users: int = 2) -> tuple[MixedStatement, dict[str, int]]:
        """A statement of every kind of line, and the balances before it."""
        transfers = Transfers(self.container)
        rich = [self.factory.lender("900.00") for _ in range(users)]
        mixed = mixed_statement(transfers, [each.user_id for each in rich], lines)
        return mixed, account_balances(self.storage)

    def moved(self, before: dict[str, int]) -> dict[str, int]:
        """The change of each account since ``before``, without those that are unchanged."""
        after = assert_ledger_balances(self.storage)
        moved = {account: cents - before.get(account, 0) for account, cents in after.items()}
        return {account: cents for account, cents in moved.items() if cents}


@pytest.fixture
def bank(
    container: Container, tables: Storage, queue: RecordingQueue, clock: FixedClock, service_factory: ServiceFactory
) -> Bank:
    return Bank(container, tables, queue, clock, service_factory, service_factory.user(Role.ADMIN))


def resend(bank: Bank, content: bytes) -> None:
    bank.send(content)


def sweep(bank: Bank, content: bytes) -> None:
    """The sweep, and the upload again if the process died before the file was stored."""
    bank.sweep()
    if not any(item["sk"]["S"] == "STATEMENT" for item in bank.storage.items("transfers")):
        bank.send(content)


@pytest.mark.slow
@pytest.mark.parametrize("recover", [resend, sweep])
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_import_killed_at_any_write_has_one_effect(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, after: bool, recover: Callable[[Bank, bytes], None]
) -> None:
    for number in range(1, MOST_COMMITS):
        bank.storage.empty()
        bank.queue.sent.clear()
        mixed, before = bank.mixed(12)
        content = mixed.file()

        with monkeypatch.context() as patch:
            kill_at_write(patch, number, after=after)
            try:
                bank.send(content)
            except Killed:
                is_killed = True
            else:
                is_killed = False
        recover(bank, content)

        assert bank.moved(before) == mixed.expected(), number
        [listed], _ = bank.container.statements.page(bank.operator, limit=9, before=None)
        assert (listed.difference, listed.booked, outbox(bank.storage)) == (Money(0), listed.lines, [])
        if not is_killed:
            assert number > len(mixed.entries)
            return
    pytest.fail("the import takes more writes than expected")


def test_crash_after_a_return_leaves_no_withdrawal_of_owed_money(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, service_factory: ServiceFactory
) -> None:
    user, transfers = service_factory.lender(), Transfers(bank.container)
    deposit = transfers.deposit(user.user_id, "100.00")
    bank.send(statement(paid(deposit)))
    withdrawal = transfers.withdrawal(user.user_id, "70.00", TransferStatus.REQUESTED)
    with monkeypatch.context() as patch:
        # The withdrawal is requested after the import has searched for such, and before it takes the money back.
        patch.setattr(TransferService, "_free_money", lambda *_: None)
        kill_at_write(patch, 2, after=True)
        with pytest.raises(Killed):
            bank.send(statement(returned(deposit), opening="100.00", number="2"))
    assert bank.container.wallets.balance_of(user.user_id).receivable == Money.of("70.00")

    bank.sweep()

    wallet = bank.container.wallets.balance_of(user.user_id)
    assert (wallet.balance, wallet.receivable) == (Money(0), Money(0))
    assert transfers.status(withdrawal) == "CANCELLED"
    assert_ledger_balances(bank.storage)


@pytest.mark.parametrize("number", [2, 3, 4, 5, 6])
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_debit_of_a_whole_payout_settles_it_once(
    bank: Bank, monkeypatch: pytest.MonkeyPatch, number: int, after: bool
) -> None:
    user, transfers = bank.factory.lender("10.00"), Transfers(bank.container)
    withdrawals = [transfers.withdrawal(user.user_id, amount) for amount in ("1.00", "2.00", "3.00")]
    rejected = transfers.withdrawal(user.user_id, "4.00")
    payout_id = transfers.payout([*withdrawals, rejected])
    bank.container.transfers.apply(rejected.id, TransferEvent(NotificationType.FAILED), lambda *_: None)
    before = account_balances(bank.storage)
    content = statement(Entry("-6.00", batch=payout_id), credit("1.00"), opening="10.00")

    with monkeypatch.context() as patch:
        kill_at_write(patch, number, after=after)
        with pytest.raises(Killed):
            bank.send(content)
    bank.sweep()

    moved = {f"wallet:{user.user_id}": -600, "external:cash": 500, "platform:suspense": 100}
    assert bank.moved(before) == moved
    assert {transfers.status(withdrawal) for withdrawal in withdrawals} == {"SETTLED"}
    [listed], _ = bank.container.statements.page(bank.operator, limit=9, before=None)
    assert (listed.matched, listed.unmatched, listed.is_done, outbox(bank.storage)) == (1, 1, True, [])


def test_queue_continues_a_long_import_line_by_line(bank: Bank, one_line_steps: None) -> None:
    mixed, before = bank.mixed(24)

    started = bank.send(mixed.file())

    assert (started.is_done, started.booked) == (False, 1)
    assert bank.work() == started.lines - 1
    done = bank.container.statements.find(bank.operator, started.id)
    assert (done.is_done, done.difference) == (True, Money(0))
    assert bank.moved(before) == mixed.expected()


def test_job_delivered_twice_has_one_effect(bank: Bank, one_line_steps: None) -> None:
    mixed, before = bank.mixed(24)
    bank.send(mixed.file())
    [job] = bank.queue.sent

    def step() -> None:
        for _ in range(40):
            bank.container.worker.do(job)

    run_concurrently([step, step])

    assert bank.moved(before) == mixed.expected()
    assert outbox(bank.storage) == []


def test_same_file_sent_at_the_same_time_has_one_effect(bank: Bank) -> None:
    mixed, before = bank.mixed(36)
    content = mixed.file()

    sent = run_concurrently([lambda: bank.send(content)] * 3)

    bank.work()
    assert len({each.id for each in sent}) == 1
    assert bank.moved(before) == mixed.expected()
    imported = [
        entry for entry in bank.storage.items("audit") if entry.get("action", {}).get("S") == "IMPORT_STATEMENT"
    ]
    assert len(imported) == 1


def test_overlapping_files_sent_together_have_one_effect(bank: Bank) -> None:
    mixed, before = bank.mixed(48)
    first, second = mixed.file(0, 32), mixed.file(16)

    run_concurrently([lambda: bank.send(first), lambda: bank.send(second)])

    bank.work()
    assert bank.moved(before) == mixed.expected()
    statements, _ = bank.container.statements.page(bank.operator, limit=9, before=None)
    assert sum(each.lines - each.duplicates for each in statements) == mixed_lines(mixed)


def mixed_lines(mixed: MixedStatement) -> int:
    """The number of lines: one for each detail of a batch."""
    return sum(max(1, len(entry.details)) for entry in mixed.entries)


def test_operator_and_import_use_a_transfer_once(bank: Bank, service_factory: ServiceFactory) -> None:
    user, transfers = service_factory.lender(), Transfers(bank.container)
    deposits = [transfers.deposit(user.user_id, "5.00") for _ in range(8)]
    unmatched = bank.send(statement(*(credit("5.00", servicer_reference=f"U{number}") for number in range(8))))
    lines, _ = bank.container.statements.lines(
        bank.operator, statement_id=unmatched.id, status=None, limit=100, after=None
    )
    entries = [paid(deposit, servicer_reference=deposit.id) for deposit in deposits]
    second = statement(*entries, opening="40.00", number="2")

    def assign() -> None:
        for line, deposit in zip(lines, reversed(deposits), strict=True):
            with suppress(LineNotAssignable):  # the import was faster
                bank.container.bank.assign(bank.operator, line.id, AuditContext(), transfer_id=deposit.id)

    run_concurrently([lambda: bank.send(second), assign])

    balances = assert_ledger_balances(bank.storage)
    assert balances[f"wallet:{user.user_id}"] == 4000
    assert balances["platform:suspense"] == 4000
    assert {transfers.status(deposit) for deposit in deposits} == {"SETTLED"}


def test_line_that_cannot_be_booked_goes_to_suspense(bank: Bank, monkeypatch: pytest.MonkeyPatch) -> None:
    transfers = Transfers(bank.container)
    user = bank.factory.lender("10.00")
    withdrawal = transfers.withdrawal(user.user_id, "10.00")
    drained = bank.container.wallet_repository.writes()
    bank.container.wallets.add(drained, None, {user.user_id: -Money.of("10.00")})  # a defect elsewhere
    drained.commit()

    shown = bank.send(statement(paid(withdrawal), credit("3.00")))

    lines, _ = bank.container.statements.lines(bank.operator, statement_id=shown.id, status=None, limit=9, after=None)
    assert [line.reason for line in lines] == ["insufficient_funds", "no_reference"]
    assert transfers.status(withdrawal) == "SUBMITTED"


def test_entries_of_all_sizes_are_kept(bank: Bank) -> None:
    entries = [replace(Entry("1.00", information="ü" * 480), servicer_reference=f"X{number}") for number in range(230)]

    shown = bank.send(statement(*entries))

    assert (shown.is_done, shown.unmatched, shown.difference) == (True, 230, Money(0))
    stored = [item for item in bank.storage.items("transfers") if item["sk"]["S"].startswith("ENTRIES#")]
    assert len(stored) == 3
    assert all("expires_at" in item for item in stored)
