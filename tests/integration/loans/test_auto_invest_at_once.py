"""Many loans, many workers, one rule: its bound holds at every moment, and stopping it gives all back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from chalicelib.auto_invest.service.rules import RuleChange
from chalicelib.container import Container
from chalicelib.jobs.outbox import RELEASE_RULE
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.shared.actor import Actor
from chalicelib.shared.money import Money, Rate
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.integration.loans.auto_invest import (
    assert_holds_agree,
    held,
    offer_of,
    rules_of,
    the_rule,
)
from tests.killing import killed_at_write
from tests.queues import RecordingQueue
from tests.stored_state import outbox
from tests.streams import Background

LOANS = 50
WORKERS = 6


def request_at_once(container: Container, count: int) -> list[str]:
    factory = ServiceFactory(container)
    borrowers = [factory.borrower() for _ in range(count)]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(factory.open_loan, borrowers))


def work_at_once(container: Container, work: list[BackgroundJob]) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(container.worker.do, work))


@contextmanager
def watched(container: Container, lender: Actor, rule_id: str, cap: Money) -> Iterator[list[Money]]:
    """Look at the lender's hold again and again; gives what was seen."""
    seen: list[Money] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            rule = rules_of(container).find(lender.user_id, rule_id)
            assert rule is not None
            seen.append(max(held(container, lender), rule.committed))

    watcher = threading.Thread(target=look)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
    assert seen
    assert max(seen) <= cap


def test_fifty_loans_at_once_do_not_push_a_rule_over_its_bound_and_stopping_it_releases_all(
    container: Container,
    service_factory: ServiceFactory,
    storage: Storage,
    background: Background,
    queue: RecordingQueue,
) -> None:
    cap = Money.of("1000.00")
    lender = service_factory.lender("100000.00")
    rule = service_factory.rule(lender, amount="73.00", cap=str(cap)).rule
    background.settle()

    with watched(container, lender, rule.id, cap):
        loans = request_at_once(container, LOANS)
        background.follow()
        work, queue.sent[:] = [*queue.sent, *queue.sent], []  # every message comes twice
        work_at_once(container, work)
    background.settle()

    assert len(work) >= 2 * LOANS
    placed = [offer for loan_id in loans if (offer := offer_of(container, loan_id, lender))]
    assert (
        Money.total(offer.reserved for offer in placed)
        == held(container, lender)
        == the_rule(container, lender).exposure.reserved
    )
    assert Money.of("990.00") < held(container, lender) <= cap
    assert_holds_agree(storage)

    container.auto_invest.change(lender, rule.id, RuleChange(active=False))
    background.settle()

    assert held(container, lender) == the_rule(container, lender).exposure.total == Money(0)
    assert [loan_id for loan_id in loans if offer_of(container, loan_id, lender)] == []
    assert container.wallets.balance_of(lender.user_id).available == Money.of("100000.00")
    assert_holds_agree(storage)


def test_a_rule_stopped_while_it_is_placing_ends_with_nothing_on_hold(
    container: Container,
    service_factory: ServiceFactory,
    storage: Storage,
    background: Background,
    queue: RecordingQueue,
) -> None:
    lender = service_factory.lender("100000.00")
    rule = service_factory.rule(lender, amount="100.00", cap="50000.00").rule
    background.settle()
    request_at_once(container, LOANS)
    background.follow()
    work, queue.sent[:] = list(queue.sent), []

    working = threading.Thread(target=work_at_once, args=(container, work))
    working.start()
    container.auto_invest.change(lender, rule.id, RuleChange(active=False))
    working.join()
    background.settle()

    assert held(container, lender) == Money(0)
    assert outbox(storage) == []
    assert_holds_agree(storage)


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_release_killed_at_each_of_its_writes_releases_all_once(
    container: Container,
    service_factory: ServiceFactory,
    storage: Storage,
    background: Background,
    queue: RecordingQueue,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
) -> None:
    lender = service_factory.lender("100000.00")
    rule = service_factory.rule(lender, amount="100.00", cap="50000.00").rule
    request_at_once(container, LOANS)
    background.settle()
    stop = RuleChange(active=False)  # the process ends before it releases anything
    killed_at_write(monkeypatch, lambda: container.auto_invest.change(lender, rule.id, stop), after=True)
    background.follow()
    [work] = [piece for piece in queue.sent if piece.kind == RELEASE_RULE]

    for number in (1, 1, 1, 1) if after else (1, 2, 2, 2):  # twenty, twenty, ten, the end
        killed_at_write(monkeypatch, lambda: container.worker.do(work), number, after=after)
        assert_holds_agree(storage)
    work_at_once(container, [work, work])

    assert held(container, lender) == Money(0)
    assert outbox(storage) == []
    assert_holds_agree(storage)


def test_two_lenders_rules_and_their_manual_offers_at_once_leave_one_offer_each(
    container: Container,
    service_factory: ServiceFactory,
    storage: Storage,
    background: Background,
    queue: RecordingQueue,
) -> None:
    lenders = [service_factory.lender("1000.00") for number in range(4)]
    for lender in lenders:
        service_factory.rule(lender, amount="200.00", cap="1000.00")
    background.settle()
    [loan_id] = request_at_once(container, 1)
    background.follow()
    work, queue.sent[:] = list(queue.sent), []

    matching = threading.Thread(target=work_at_once, args=(container, work * 4))
    matching.start()
    for lender in lenders:
        container.offers.make(lender, loan_id, Rate.percent("8.00"), Money.of("10.00"))
    matching.join()
    background.settle()

    offers = [offer_of(container, loan_id, lender) for lender in lenders]
    assert [(offer.amount, offer.rule_id) for offer in offers if offer] == [(Money.of("10.00"), None)] * 4
    assert [held(container, lender) for lender in lenders] == [Money(0)] * 4
    assert_holds_agree(storage)
