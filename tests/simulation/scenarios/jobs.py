"""What no request asks for: tasks of the clock, records of the streams, work of the queue."""

from collections.abc import Callable
from typing import Final

from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.repository.next_actions import NextActionQueue, NextActionRepository
from chalicelib.shared.actor import Role
from tests.factories import accept_offer, funded_loan, make_offer, ok, open_loan
from tests.simulation.clients import many_lenders, reading_stream, running_job, running_worker, scheduled, two_lenders
from tests.simulation.environment import Environment
from tests.simulation.faults import Action, Scenario
from tests.simulation.scenarios.auto_invest import offers_on, placed, the_rule, with_rules
from tests.simulation.scenarios.origination import cancel
from tests.simulation.scenarios.servicing import pay_many
from tools.dynamodb_simulator.fault_injector import DYNAMODB, Fault, SentRequest


def _distribute(environment: Environment) -> Action:
    pay_many(environment)()
    return running_worker(environment, "DISTRIBUTION")


def _refund(environment: Environment) -> Action:
    cancel(5, 4)(environment)()
    return running_worker(environment, "UNWIND_LOAN")


def _match_loan(environment: Environment) -> Action:
    with_rules(environment, 2)
    return running_worker(environment, "MATCH_LOAN")


def _match_lender(environment: Environment) -> Action:
    _, people, _ = with_rules(environment, 1, lender_has="0.50")
    environment.settle()
    ok(people[0].http.post("/api/wallets/deposit/", {"amount": "700.00"}))
    return running_worker(environment, "MATCH_LENDER")


def _cover(environment: Environment) -> Action:
    borrower, _, loan_id = placed(environment, 2, "800.00")
    for offer_id in offers_on(environment, loan_id):
        accept_offer(borrower, loan_id, offer_id)
    return running_worker(environment, "FUND_AUTO_INVEST_OFFERS")


def _release(environment: Environment) -> Action:
    _, people, _ = placed(environment, 1, "1000.00")
    seen: list[str] = []

    def fails_once_it_is_stopped(sent: SentRequest) -> Fault | None:
        seen.append(sent.operation)
        return Fault.THROTTLED if "TransactWriteItems" in seen[:-1] and sent.service == DYNAMODB else None

    environment.injector.begin(fails_once_it_is_stopped)
    people[0].http.patch(f"/api/loans/auto-invest/{the_rule(environment)}/", {"active": False})
    environment.injector.begin()
    return running_worker(environment, "RELEASE_RULE")


def _go_on(environment: Environment) -> Action:
    borrower, lender = two_lenders(environment, lender_has="5000.00")
    for _ in range(3):
        funded_loan(borrower, lender)
    environment.clock.advance(days=60)
    agenda = NextActionRepository(environment.container.database, status_shards=1)
    [partition] = agenda.partitions(NextActionQueue.RUNNING)
    _, rest = agenda.due(partition, environment.clock().date(), limit=1)
    return running_job(environment, BackgroundJob("CONTINUE_DUE_LOANS", partition, str(rest)))


def _reconcile_a_segment(environment: Environment) -> Action:
    for number in range(6):
        environment.person(Role.LENDER, f"lender{number}", "5.00")
    environment.container.reconciliation._page_size = 1
    environment.simulator.pause = lambda step: environment.time.sleep(10)  # so slow that segments are left to the queue
    assert scheduled(environment, "reconcile_ledger")() == "done"
    environment.simulator.pause = lambda step: None
    return running_job(environment, environment.queue.sent.pop())


def _overdue(days: int) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        borrower, lender = two_lenders(environment)
        funded_loan(borrower, lender)
        environment.clock.advance(days=days)
        return scheduled(environment, "check_overdue_payments")

    return prepare


def _act(environment: Environment) -> Action:
    borrower, lender = two_lenders(environment)
    loan = funded_loan(borrower, lender)
    environment.clock.advance(days=60)
    return running_worker(environment, "ACT_ON_LOAN", loan["id"])


def _expire(environment: Environment) -> Action:
    borrower, lender = two_lenders(environment)
    loan = open_loan(borrower)
    make_offer(lender, loan["id"])
    environment.clock.advance(days=31)
    return scheduled(environment, "expire_stale_loans")


def _lapse(parts: int, funded: int) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        many_lenders(environment, environment.person(Role.BORROWER, "bob"), parts, funded=funded)
        environment.clock.advance(days=8)
        return scheduled(environment, "expire_stale_loans")

    return prepare


def _sweep(environment: Environment) -> Action:
    pay_many(environment)()
    environment.records("loans")  # the stream's handler never saw it
    environment.clock.advance(minutes=6)
    return scheduled(environment, "outbox_sweep")


def _report(environment: Environment) -> Action:
    _counted(environment)
    environment.clock.advance(days=2)
    return scheduled(environment, "loan_status_summary_report")


def _reconcile(environment: Environment) -> Action:
    borrower, lender = two_lenders(environment, borrower_has="50.00")
    funded_loan(borrower, lender)
    return scheduled(environment, "reconcile_ledger")


def _clean_up(environment: Environment) -> Action:
    borrower, _ = two_lenders(environment)
    ok(borrower.http.get("/api/wallets/"))
    return scheduled(environment, "cleanup_expired_loan_cache")


def _counted(environment: Environment) -> None:
    borrower, lender = two_lenders(environment)
    funded_loan(borrower, lender)
    environment.projects = True
    environment.settle()


def _stream(function: str, table: str) -> Callable[[Environment], Action]:
    """The records of a table after a loan was funded and a payment to many was made."""

    def prepare(environment: Environment) -> Action:
        pay_many(environment)()
        return reading_stream(environment, function, table)

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
