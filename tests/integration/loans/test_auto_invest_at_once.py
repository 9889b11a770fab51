"""Many loans, many workers, one rule: its bound holds at every moment, and stopping it gives all back."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager

import pytest

from chalicelib.common.actor import Actor
from chalicelib.common.money import Money, Rate
from chalicelib.common.work import Work
from chalicelib.loans.repository import RELEASE_RULE
from chalicelib.loans.service.auto_investing import RuleChange
from chalicelib.wiring import Platform
from tests.engines import Storage
from tests.integration.loans.ruling import (
    a_borrower,
    a_lender,
    a_request,
    a_rule,
    assert_holds_agree,
    held,
    offer_of,
    outbox,
    rules_of,
    the_rule,
)
from tests.killing import killed_at_write
from tests.queues import RecordingQueue
from tests.streams import Background

LOANS = 50
WORKERS = 6


def request_at_once(platform: Platform, count: int) -> list[str]:
    borrowers = [a_borrower(platform) for _ in range(count)]
    with ThreadPoolExecutor(WORKERS) as pool:
        return [loan.id for loan in pool.map(lambda borrower: a_request(platform, borrower), borrowers)]


def work_at_once(platform: Platform, work: list[Work]) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(platform.loans.worker.do, work))


@contextmanager
def watched(platform: Platform, lender: Actor, rule_id: str, cap: Money) -> Iterator[list[Money]]:
    """Look at the lender's hold again and again; gives what was seen."""
    seen: list[Money] = []
    done = threading.Event()

    def look() -> None:
        while not done.is_set():
            rule = rules_of(platform).find(lender.user_id, rule_id)
            assert rule is not None
            seen.append(max(held(platform, lender), rule.committed))

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
    platform: Platform, storage: Storage, background: Background, queue: RecordingQueue
) -> None:
    cap = Money.of("1000.00")
    lender = a_lender(platform, "100000.00")
    rule = a_rule(platform, lender, amount="73.00", cap=str(cap)).rule
    background.settle()

    with watched(platform, lender, rule.id, cap):
        loans = request_at_once(platform, LOANS)
        background.follow()
        work, queue.sent[:] = [*queue.sent, *queue.sent], []  # every message comes twice
        work_at_once(platform, work)
    background.settle()

    assert len(work) >= 2 * LOANS
    placed = [offer for loan_id in loans if (offer := offer_of(platform, loan_id, lender))]
    assert (
        Money.total(offer.held for offer in placed) == held(platform, lender) == the_rule(platform, lender).stake.held
    )
    assert Money.of("990.00") < held(platform, lender) <= cap
    assert_holds_agree(storage)

    platform.loans.auto_invest.change(lender, rule.id, RuleChange(active=False))
    background.settle()

    assert held(platform, lender) == the_rule(platform, lender).stake.total == Money(0)
    assert [loan_id for loan_id in loans if offer_of(platform, loan_id, lender)] == []
    assert platform.wallets.balance_of(lender.user_id).available == Money.of("100000.00")
    assert_holds_agree(storage)


def test_a_rule_stopped_while_it_is_placing_ends_with_nothing_on_hold(
    platform: Platform, storage: Storage, background: Background, queue: RecordingQueue
) -> None:
    lender = a_lender(platform, "100000.00")
    rule = a_rule(platform, lender, amount="100.00", cap="50000.00").rule
    background.settle()
    request_at_once(platform, LOANS)
    background.follow()
    work, queue.sent[:] = list(queue.sent), []

    working = threading.Thread(target=work_at_once, args=(platform, work))
    working.start()
    platform.loans.auto_invest.change(lender, rule.id, RuleChange(active=False))
    working.join()
    background.settle()

    assert held(platform, lender) == Money(0)
    assert outbox(storage) == []
    assert_holds_agree(storage)


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_release_killed_at_each_of_its_writes_releases_all_once(
    platform: Platform,
    storage: Storage,
    background: Background,
    queue: RecordingQueue,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
) -> None:
    lender = a_lender(platform, "100000.00")
    rule = a_rule(platform, lender, amount="100.00", cap="50000.00").rule
    request_at_once(platform, LOANS)
    background.settle()
    stop = RuleChange(active=False)  # the process ends before it releases anything
    killed_at_write(monkeypatch, lambda: platform.loans.auto_invest.change(lender, rule.id, stop), after=True)
    background.follow()
    [work] = [piece for piece in queue.sent if piece.kind == RELEASE_RULE]

    for number in (1, 1, 1, 1) if after else (1, 2, 2, 2):  # twenty, twenty, ten, the end
        killed_at_write(monkeypatch, lambda: platform.loans.worker.do(work), number, after=after)
        assert_holds_agree(storage)
    work_at_once(platform, [work, work])

    assert held(platform, lender) == Money(0)
    assert outbox(storage) == []
    assert_holds_agree(storage)


def test_two_lenders_rules_and_their_manual_offers_at_once_leave_one_offer_each(
    platform: Platform, storage: Storage, background: Background, queue: RecordingQueue
) -> None:
    lenders = [a_lender(platform, "1000.00", f"lender{number}") for number in range(4)]
    for lender in lenders:
        a_rule(platform, lender, amount="200.00", cap="1000.00")
    background.settle()
    [loan_id] = request_at_once(platform, 1)
    background.follow()
    work, queue.sent[:] = list(queue.sent), []

    matching = threading.Thread(target=work_at_once, args=(platform, work * 4))
    matching.start()
    for lender in lenders:
        platform.loans.offers.make(lender, loan_id, Rate.percent("8.00"), Money.of("10.00"))
    matching.join()
    background.settle()

    offers = [offer_of(platform, loan_id, lender) for lender in lenders]
    assert [(offer.amount, offer.rule_id) for offer in offers if offer] == [(Money.of("10.00"), None)] * 4
    assert [held(platform, lender) for lender in lenders] == [Money(0)] * 4
    assert_holds_agree(storage)
