"""What no request asks for: tasks of the clock, records of the streams, work of the queue."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.repository.next_actions import NextActionQueue, NextActionRepository
from chalicelib.shared.actor import Role
from tests.factories import accept_offer, funded_loan, make_offer, ok, open_loan
from tests.simulation.callers import doing, following, many, scheduled, two, working
from tests.simulation.faults import Action, Scenario
from tests.simulation.scenarios.lending import cancel
from tests.simulation.scenarios.rules import offers_on, placed, the_rule, with_rules
from tests.simulation.scenarios.servicing import pay_many
from tests.simulation.wire import DYNAMODB, Fault, Sent
from tests.simulation.world import World


def _distribute(world: World) -> Action:
    pay_many(world)()
    return working(world, "DISTRIBUTION")


def _refund(world: World) -> Action:
    cancel(5, 4)(world)()
    return working(world, "UNWIND_LOAN")


def _match_loan(world: World) -> Action:
    with_rules(world, 2)
    return working(world, "MATCH_LOAN")


def _match_lender(world: World) -> Action:
    _, people, _ = with_rules(world, 1, lender_has="0.50")
    world.settle()
    ok(people[0].http.post("/api/wallets/deposit/", {"amount": "700.00"}))
    return working(world, "MATCH_LENDER")


def _cover(world: World) -> Action:
    borrower, _, loan_id = placed(world, 2, "800.00")
    for offer_id in offers_on(world, loan_id):
        accept_offer(borrower, loan_id, offer_id)
    return working(world, "FUND_AUTO_INVEST_OFFERS")


def _release(world: World) -> Action:
    _, people, _ = placed(world, 1, "1000.00")
    seen: list[str] = []

    def fails_once_it_is_stopped(sent: Sent) -> Fault | None:
        seen.append(sent.operation)
        return Fault.THROTTLED if "TransactWriteItems" in seen[:-1] and sent.service == DYNAMODB else None

    world.wire.begin(fails_once_it_is_stopped)
    people[0].http.patch(f"/api/loans/auto-invest/{the_rule(world)}/", {"active": False})
    world.wire.begin()
    return working(world, "RELEASE_RULE")


def _go_on(world: World) -> Action:
    borrower, lender = two(world, lender_has="5000.00")
    for _ in range(3):
        funded_loan(borrower, lender)
    world.clock.advance(days=60)
    agenda = NextActionRepository(world.container.database, status_shards=1)
    [partition] = agenda.partitions(NextActionQueue.RUNNING)
    _, rest = agenda.due(partition, world.clock().date(), limit=1)
    return doing(world, BackgroundJob("CONTINUE_DUE_LOANS", partition, str(rest)))


def _reconcile_a_segment(world: World) -> Action:
    for number in range(6):
        world.person(Role.LENDER, f"lender{number}", "5.00")
    world.container.reconciliation._page_size = 1
    world.double.pause = lambda step: world.time.sleep(10)  # so slow that segments are left to the queue
    assert scheduled(world, "reconcile_ledger")() == "done"
    world.double.pause = lambda step: None
    return doing(world, world.queue.sent.pop())


def _overdue(days: int) -> Callable[[World], Action]:
    def prepare(world: World) -> Action:
        borrower, lender = two(world)
        funded_loan(borrower, lender)
        world.clock.advance(days=days)
        return scheduled(world, "check_overdue_payments")

    return prepare


def _act(world: World) -> Action:
    borrower, lender = two(world)
    loan = funded_loan(borrower, lender)
    world.clock.advance(days=60)
    return working(world, "ACT_ON_LOAN", loan["id"])


def _expire(world: World) -> Action:
    borrower, lender = two(world)
    loan = open_loan(borrower)
    make_offer(lender, loan["id"])
    world.clock.advance(days=31)
    return scheduled(world, "expire_stale_loans")


def _lapse(parts: int, funded: int) -> Callable[[World], Action]:
    def prepare(world: World) -> Action:
        many(world, world.person(Role.BORROWER, "bob"), parts, funded=funded)
        world.clock.advance(days=8)
        return scheduled(world, "expire_stale_loans")

    return prepare


def _sweep(world: World) -> Action:
    pay_many(world)()
    world.records("loans")  # the stream's handler never saw it
    world.clock.advance(minutes=6)
    return scheduled(world, "outbox_sweep")


def _report(world: World) -> Action:
    _counted(world)
    world.clock.advance(days=2)
    return scheduled(world, "loan_status_summary_report")


def _reconcile(world: World) -> Action:
    borrower, lender = two(world, borrower_has="50.00")
    funded_loan(borrower, lender)
    return scheduled(world, "reconcile_ledger")


def _clean_up(world: World) -> Action:
    borrower, _ = two(world)
    ok(borrower.http.get("/api/wallets/"))
    return scheduled(world, "cleanup_expired_loan_cache")


def _counted(world: World) -> None:
    borrower, lender = two(world)
    funded_loan(borrower, lender)
    world.projects = True
    world.settle()


def _stream(function: str, table: str) -> Callable[[World], Action]:
    """The records of a table after a loan was funded and a payment to many was made."""

    def prepare(world: World) -> Action:
        pay_many(world)()
        return following(world, function, table)

    return prepare


_TASK: Final = "check_overdue_payments"
JOBS: Final = (
    Scenario("distribute", "work DISTRIBUTION", _distribute),
    Scenario("refund", "work UNWIND_LOAN", _refund),
    Scenario("match a loan", "work MATCH_LOAN", _match_loan),
    Scenario("match a lender", "work MATCH_LENDER", _match_lender),
    Scenario("cover", "work FUND_AUTO_INVEST_OFFERS", _cover),
    Scenario("act on one loan", "work ACT_ON_LOAN", _act),
    Scenario("release a rule's offers", "work RELEASE_RULE", _release),
    Scenario("a long list", "work CONTINUE_DUE_LOANS", _go_on),
    Scenario(
        "reconcile a segment", "work RECONCILE", _reconcile_a_segment, settles=True, tries_show=True, moves_nothing=True
    ),
    Scenario("overdue check", _TASK, _overdue(60)),
    Scenario("default", _TASK, _overdue(200)),
    Scenario("expiry", "expire_stale_loans", _expire),
    Scenario("lapse of one", "expire_stale_loans", _lapse(2, 1)),
    Scenario("lapse of many", "expire_stale_loans", _lapse(4, 3)),
    Scenario("outbox sweep", "outbox_sweep", _sweep, settles=True),
    Scenario("daily report", "loan_status_summary_report", _report, settles=True, tries_show=True, moves_nothing=True),
    Scenario("reconciliation", "reconcile_ledger", _reconcile, tries_show=True, moves_nothing=True),
    Scenario("cache clean-up", "cleanup_expired_loan_cache", _clean_up),
    Scenario("stream of loans", "loans_stream", _stream("loans_stream", "loans")),
    Scenario("stream of wallets", "wallets_stream", _stream("wallets_stream", "wallets")),
    Scenario("loans counted", "loans_projections", _stream("loans_projections", "loans")),
    Scenario("postings counted", "ledger_projections", _stream("ledger_projections", "ledger")),
)
