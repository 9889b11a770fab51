"""Concurrent matching of many loans with one rule: its limit holds, and stopping it releases everything."""

import contextlib
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import Any

import pytest

from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.auto_invest.service.matching import MATCH_LOAN
from chalicelib.auto_invest.service.rules import RuleChange
from chalicelib.container import Container
from chalicelib.jobs.outbox import RELEASE_RULE
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.errors import OfferNotFound
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.integration.auto_invest_market import AutoInvestMarket
from tests.killed_process import killed_at_write
from tests.queues import RecordingQueue
from tests.stored_state import outbox, stored_offers

LOANS = 50
WORKERS = 6
STOP = RuleChange(active=False)


def request_concurrently(market: AutoInvestMarket, queue: RecordingQueue, count: int) -> list[BackgroundJob]:
    """Request loans at the same time; take the jobs that match them."""
    borrowers = [market.factory.borrower() for _ in range(count)]
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(market.factory.open_loan, borrowers))
    market.background.follow()
    jobs, queue.sent[:] = list(queue.sent), []
    return jobs


def run_concurrently(container: Container, jobs: list[BackgroundJob]) -> None:
    with ThreadPoolExecutor(WORKERS) as pool:
        list(pool.map(container.worker.do, jobs))


@contextmanager
def checked_limit(market: AutoInvestMarket, lender: Actor, cap: Money) -> Iterator[None]:
    """Read the lender's reservation and the rule's commitment repeatedly, and check them against the limit."""
    rule_id = market.rule_view(lender).rule.id
    seen: list[Money] = []
    done = threading.Event()

    def read() -> None:
        while not done.is_set():
            rule = market.rules().find(lender.user_id, rule_id)
            assert rule is not None
            seen.append(max(market.reserved(lender), rule.committed))

    reader = threading.Thread(target=read)
    reader.start()
    try:
        yield
    finally:
        done.set()
        reader.join()
    assert seen
    assert max(seen) <= cap


def test_concurrent_loans_never_exceed_the_exposure_limit(market: AutoInvestMarket, queue: RecordingQueue) -> None:
    cap = Money.of("1000.00")
    lender = market.lender("100000.00", amount="73.00", cap=str(cap))

    with checked_limit(market, lender, cap):
        jobs = request_concurrently(market, queue, LOANS)
        run_concurrently(market.container, [*jobs, *jobs])  # every message is delivered twice
    market.background.settle()

    assert len(jobs) >= LOANS
    assert Money.of("990.00") < market.reserved(lender) <= cap
    assert market.rule_view(lender).exposure.reserved == market.reserved(lender)
    market.assert_reservations_agree()

    market.change_rule(lender, STOP)

    assert market.reserved(lender) == market.rule_view(lender).exposure.total == Money(0)
    assert not any(market.find_offer(job.subject, lender) for job in jobs if job.kind == MATCH_LOAN)
    assert market.wallet(lender).available == Money.of("100000.00")


def test_concurrent_loans_never_exceed_the_borrower_limit(market: AutoInvestMarket, queue: RecordingQueue) -> None:
    lender = market.lender("100000.00", amount="100.00", cap="50000.00", per_borrower="350.00")
    borrower = market.factory.borrower()
    loan_ids = [market.factory.open_loan(borrower) for _ in range(12)]
    market.background.follow()
    jobs, queue.sent[:] = list(queue.sent), []

    run_concurrently(market.container, [*jobs, *jobs])
    market.background.settle()

    offers = [market.find_offer(loan_id, lender) for loan_id in loan_ids]
    assert Money.total(offer.amount for offer in offers if offer) == Money.of("350.00")


def test_reservation_lapses_or_is_accepted(market: AutoInvestMarket, clock: FixedClock) -> None:
    lenders, borrower = market.lenders(4, amount="250.00"), market.factory.borrower()
    loan_id = market.open_loan(borrower)
    offers = [market.offer(loan_id, lender) for lender in lenders]
    clock.advance(days=3)

    def accept() -> list[str]:
        accepted = []
        for offer in offers:
            with contextlib.suppress(OfferNotFound):
                market.container.offers.accept(borrower, loan_id, [offer.id])
                accepted.append(offer.id)
        return accepted

    with ThreadPoolExecutor(3) as pool:
        jobs = [pool.submit(market.container.lifecycle.expire_stale) for _ in range(2)]
        accepted = pool.submit(accept).result()
    released = sum(job.result().get("released", 0) for job in jobs)
    market.background.settle()

    assert released + len(accepted) == 4
    assert {offer.id for offer in stored_offers(market.container, loan_id)} == set(accepted)
    assert Money.total(market.wallet(lender).balance for lender in lenders) <= Money.of("4000.00")
    market.assert_reservations_agree()


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_interrupted_lapse_releases_each_reservation_once(
    market: AutoInvestMarket, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    lenders = market.lenders(2, amount="250.00")
    market.open_loan()
    clock.advance(days=3)

    killed_at_write(monkeypatch, market.container.lifecycle.expire_stale, after=after)
    market.assert_reservations_agree()
    market.container.lifecycle.expire_stale()

    assert market.reserved(*lenders) == Money(0)
    assert Money.total(market.wallet(lender).available for lender in lenders) == Money.of("2000.00")


def test_rule_stopped_while_placing_leaves_no_reservation(market: AutoInvestMarket, queue: RecordingQueue) -> None:
    lender = market.lender("100000.00", amount="100.00", cap="50000.00")
    rule_id = market.rule_view(lender).rule.id
    jobs = request_concurrently(market, queue, LOANS)

    worker = threading.Thread(target=run_concurrently, args=(market.container, jobs))
    worker.start()
    market.container.auto_invest.change(lender, rule_id, STOP)
    worker.join()
    market.background.settle()

    assert market.reserved(lender) == Money(0)
    assert outbox(market.storage) == []


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_interrupted_release_releases_everything_once(
    market: AutoInvestMarket, queue: RecordingQueue, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    container = market.container
    lender = market.lender("100000.00", amount="100.00", cap="50000.00")
    run_concurrently(container, request_concurrently(market, queue, LOANS))
    market.background.settle()
    rule_id = market.rule_view(lender).rule.id
    # Interrupted before anything is released.
    killed_at_write(monkeypatch, lambda: container.auto_invest.change(lender, rule_id, STOP), after=True)
    market.background.follow()
    [job] = [job for job in queue.sent if job.kind == RELEASE_RULE]

    for number in (1, 1, 1, 1) if after else (1, 2, 2, 2):  # twenty, twenty, ten offers, and the end of the job
        killed_at_write(monkeypatch, lambda: container.worker.do(job), number, after=after)
        market.assert_reservations_agree()
    run_concurrently(container, [job, job])

    assert market.reserved(lender) == Money(0)
    assert outbox(market.storage) == []


def test_concurrent_rule_and_manual_offers_leave_one_offer(market: AutoInvestMarket, queue: RecordingQueue) -> None:
    lenders = market.lenders(4, amount="200.00")
    jobs = request_concurrently(market, queue, 1)

    matching = threading.Thread(target=run_concurrently, args=(market.container, jobs * 4))
    matching.start()
    for lender in lenders:
        market.make_offer(lender, jobs[0].subject, "8.00", "25.00")
    matching.join()
    market.background.settle()

    offers = [market.offer(jobs[0].subject, lender) for lender in lenders]
    assert [(offer.amount, offer.rule_id) for offer in offers] == [(Money.of("25.00"), None)] * 4
    assert market.reserved(*lenders) == Money(0)


def test_small_placement_requires_that_the_loan_needs_no_more(
    market: AutoInvestMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The borrower releases the loan between the plan of a placement of 20.00 and its transaction."""
    borrower, other = market.factory.borrower(), market.factory.lender("1000.00")
    loan_id = market.open_loan(borrower)
    market.factory.accept_offer(borrower, other, loan_id, "980.00")
    add_placement = RuleRepository.add_placement

    def release_first(self: RuleRepository, *arguments: Any) -> None:
        monkeypatch.undo()
        market.container.loan_requests.release(borrower, loan_id)
        add_placement(self, *arguments)

    monkeypatch.setattr(RuleRepository, "add_placement", release_first)
    lender = market.lender()

    assert market.offer(loan_id, lender).amount == Money.of("100.00")
