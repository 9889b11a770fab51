"""Concurrent matching of many loans with one rule: its limit holds, and stopping it releases everything."""

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
from tests.integration.auto_invest.auto_invest import (
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


def request_concurrently(container: Container, count: int) -> list[str]:
    factory = ServiceFactory(container)
    borrowers = [factory.borrower() for _ in range(count)]
    with ThreadPoolExecutor(WORKERS) as pool:
        return list(pool.map(factory.open_loan, borrowers))


def run_concurrently(container: Container, work: list[BackgroundJob]) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(container.worker.do, work))


@contextmanager
def watched(container: Container, lender: Actor, rule_id: str, cap: Money) -> Iterator[list[Money]]:
    """Read the lender's reservation and the rule's commitment repeatedly, and check them against the limit."""
    seen: list[Money] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            rule = rules_of(container).find(lender.user_id, rule_id)
            assert rule is not None
            seen.append(max(held(container, lender), rule.committed))

    watcher = threading.Thread(target=read)
    watcher.start()
    try:
        yield seen
    finally:
        done.set()
        watcher.join()
    assert seen
    assert max(seen) <= cap


def test_concurrent_loans_never_exceed_the_exposure_limit(
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
        loans = request_concurrently(container, LOANS)
        background.follow()
        work, queue.sent[:] = [*queue.sent, *queue.sent], []  # every message is delivered twice
        run_concurrently(container, work)
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


def test_rule_stopped_while_placing_leaves_no_reservation(
    container: Container,
    service_factory: ServiceFactory,
    storage: Storage,
    background: Background,
    queue: RecordingQueue,
) -> None:
    lender = service_factory.lender("100000.00")
    rule = service_factory.rule(lender, amount="100.00", cap="50000.00").rule
    background.settle()
    request_concurrently(container, LOANS)
    background.follow()
    work, queue.sent[:] = list(queue.sent), []

    worker = threading.Thread(target=run_concurrently, args=(container, work))
    worker.start()
    container.auto_invest.change(lender, rule.id, RuleChange(active=False))
    worker.join()
    background.settle()

    assert held(container, lender) == Money(0)
    assert outbox(storage) == []
    assert_holds_agree(storage)


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_interrupted_release_releases_everything_once(
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
    request_concurrently(container, LOANS)
    background.settle()
    stop = RuleChange(active=False)  # interrupted before anything is released
    killed_at_write(monkeypatch, lambda: container.auto_invest.change(lender, rule.id, stop), after=True)
    background.follow()
    [work] = [piece for piece in queue.sent if piece.kind == RELEASE_RULE]

    for number in (1, 1, 1, 1) if after else (1, 2, 2, 2):  # twenty, twenty, ten offers, and the end of the job
        killed_at_write(monkeypatch, lambda: container.worker.do(work), number, after=after)
        assert_holds_agree(storage)
    run_concurrently(container, [work, work])

    assert held(container, lender) == Money(0)
    assert outbox(storage) == []
    assert_holds_agree(storage)


def test_concurrent_rule_and_manual_offers_leave_one_offer(
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
    [loan_id] = request_concurrently(container, 1)
    background.follow()
    work, queue.sent[:] = list(queue.sent), []

    matching = threading.Thread(target=run_concurrently, args=(container, work * 4))
    matching.start()
    for lender in lenders:
        container.offers.make(lender, loan_id, Rate.percent("8.00"), Money.of("10.00"))
    matching.join()
    background.settle()

    offers = [offer_of(container, loan_id, lender) for lender in lenders]
    assert [(offer.amount, offer.rule_id) for offer in offers if offer] == [(Money.of("10.00"), None)] * 4
    assert [held(container, lender) for lender in lenders] == [Money(0)] * 4
    assert_holds_agree(storage)
