"""The trial balance from the postings, also during transactions, when reconciliation finds no difference."""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Event

import pytest

from chalicelib.container import Container
from chalicelib.jobs.schedule import JobName
from chalicelib.reporting.domain.trial_balance import TrialBalance
from chalicelib.shared.actor import Actor, Role, RoleRequired
from chalicelib.shared.clock import FixedClock, utc_now
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money
from chalicelib.shared.settings import Settings
from tests.engines import Storage
from tests.queues import RecordingQueue
from tests.stored_state import account_balances


def an_actor(role: Role, clock: FixedClock | None = None) -> Actor:
    return Actor(new_id((clock or utc_now)()), "user", role)


def trial_balance(container: Container) -> TrialBalance:
    return container.general_ledger.trial_balance(an_actor(Role.ADMIN))


def test_empty_ledger_is_balanced(container: Container) -> None:
    assert trial_balance(container) == TrialBalance((), Money(0))


def test_every_account_is_one_line(container: Container, clock: FixedClock, storage: Storage) -> None:
    people = [an_actor(Role.LENDER, clock) for _ in range(30)]
    for number, person in enumerate(people, start=1):
        container.wallets.deposit(person, Money(100 * number), "")
        clock.advance(hours=7)
    container.wallets.withdraw(people[-1], Money(3000), "")

    found = trial_balance(container)

    assert {line.account: line.balance.cents for line in found.accounts} == account_balances(storage)
    assert len(found.accounts) == 31
    assert found.total == Money(0)


def test_trial_balance_requires_an_operator(container: Container) -> None:
    for role in (Role.BORROWER, Role.LENDER):
        with pytest.raises(RoleRequired):
            container.general_ledger.trial_balance(an_actor(role))


def test_concurrent_transactions_raise_no_alarm(settings: Settings, queue: RecordingQueue) -> None:
    busy = Container(replace(settings, platform_shards=2), queue=queue)
    people = [an_actor(Role.LENDER) for _ in range(6)]
    closing = Event()

    def trade(person: Actor) -> int:
        count = 0
        while not closing.is_set():
            busy.wallets.deposit(person, Money(300), "")
            busy.wallets.withdraw(person, Money(100), "")
            count += 1
        return count

    with ThreadPoolExecutor(len(people)) as pool:
        trading = [pool.submit(trade, person) for person in people]
        totals = [trial_balance(busy).total for _ in range(25)]
        runs = [busy.job_runner.run(JobName.RECONCILE_LEDGER) for _ in range(6)]
        closing.set()
        trades = sum(each.result() for each in trading)

    assert trades > len(people)
    assert set(totals) == {Money(0)}
    assert [(run.errors, run.counts.get("differences", 0)) for run in runs] == [((), 0)] * 6
    final = {line.account: line.balance for line in trial_balance(busy).accounts}
    assert final["external:cash"] == Money(-200 * trades)
