"""Scenarios without requests: scheduled jobs, stream functions, background jobs."""

from collections.abc import Callable, Sequence
from typing import Final

from chalicelib.events.domain.event import Event
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.repository.next_actions import NextActionQueue, NextActionRepository
from chalicelib.shared.actor import Role
from tests.example_events import example_event
from tests.factories import User, accept_offer, funded_loan, make_offer, ok, open_loan, pay
from tests.simulation.clients import (
    borrower_and_lender,
    create_account,
    job_action,
    loan_in_parts,
    operator,
    scheduled_action,
    stream_action,
    worker_action,
)
from tests.simulation.environment import Environment
from tests.simulation.faults import DONE, Action, Scenario
from tests.simulation.scenarios.auto_invest import offers_on, placed_offers, rule_id, with_rules
from tests.simulation.scenarios.origination import MANY, unwind
from tests.simulation.scenarios.servicing import pay_many
from tools.dynamodb_simulator.fault_injector import DYNAMODB, Fault, SentRequest


def _distribute(environment: Environment) -> Action:
    pay_many(environment)()
    return worker_action(environment, "DISTRIBUTION")


def _distribute_refunds(environment: Environment) -> Action:
    pay_many(environment, closes=True)()
    return worker_action(environment, "DISTRIBUTION")


def _refund(environment: Environment) -> Action:
    unwind("cancel", 5, 4)(environment)()
    return worker_action(environment, "UNWIND_LOAN")


def _refund_a_release(environment: Environment) -> Action:
    unwind("release", 26, 2)(environment)()
    return worker_action(environment, "UNWIND_LOAN")


def _match_loan(environment: Environment) -> Action:
    with_rules(environment, 2)
    return worker_action(environment, "MATCH_LOAN")


def _match_lender(environment: Environment) -> Action:
    _, users, _ = with_rules(environment, 1, lender_balance="0.50")
    environment.settle()
    ok(users[0].http.post("/api/wallets/deposit/", {"amount": "700.00"}))
    return worker_action(environment, "MATCH_LENDER")


def _fund_auto_invest_offers(environment: Environment) -> Action:
    borrower, _, loan_id = placed_offers(environment, 2, "800.00")
    for offer_id in offers_on(environment, loan_id):
        accept_offer(borrower, loan_id, offer_id)
    return worker_action(environment, "FUND_AUTO_INVEST_OFFERS")


def _freeze_lender(environment: Environment) -> Action:
    _, users, _ = placed_offers(environment, 1, "1000.00")
    borrower = environment.user(Role.BORROWER, "ben")
    for _ in range(2):
        make_offer(users[0], open_loan(borrower)["id"], amount="500.00")
    return _freeze(environment, users[0])


def _freeze_borrower(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment)
    make_offer(lender, open_loan(borrower)["id"])
    open_loan(borrower)
    return _freeze(environment, borrower)


def _unfreeze_borrower(environment: Environment) -> Action:
    borrower, _ = borrower_and_lender(environment)
    open_loan(borrower)
    _freeze(environment, borrower)()
    environment.settle()
    ok(environment.users[-1].http.post(f"/api/admin/users/{borrower.id}/unfreeze/", {"reason": "no finding"}))
    return worker_action(environment, "APPLY_FREEZE")


def _freeze(environment: Environment, user: User) -> Action:
    """Return the action of the job of an account that was frozen a moment ago."""
    environment.settle()
    create_account(environment, user)
    ok(operator(environment).http.post(f"/api/admin/users/{user.id}/freeze/", {"reason": "a check"}))
    return worker_action(environment, "APPLY_FREEZE")


def _release(environment: Environment) -> Action:
    _, users, _ = placed_offers(environment, 1, "1000.00")
    seen: list[str] = []

    def fail_after_transaction(sent: SentRequest) -> Fault | None:
        seen.append(sent.operation)
        return Fault.THROTTLED if "TransactWriteItems" in seen[:-1] and sent.service == DYNAMODB else None

    environment.injector.begin(fail_after_transaction)
    users[0].http.patch(f"/api/loans/auto-invest/{rule_id(environment)}/", {"active": False})
    environment.injector.begin()
    return worker_action(environment, "RELEASE_RULE")


def _continue_due_loans(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment, lender_balance="5000.00")
    for _ in range(3):
        funded_loan(borrower, lender)
    environment.clock.advance(days=60)
    next_actions = NextActionRepository(environment.container.database, status_shards=1)
    [partition] = next_actions.partitions(NextActionQueue.RUNNING)
    _, rest = next_actions.due(partition, environment.clock().date(), limit=1)
    return job_action(environment, BackgroundJob("CONTINUE_DUE_LOANS", partition, str(rest)))


def _reconcile_a_segment(environment: Environment) -> Action:
    for number in range(6):
        environment.user(Role.LENDER, f"lender{number}", "5.00")
    environment.container.reconciliation._page_size = 1
    environment.simulator.pause = lambda step: environment.time.sleep(10)  # so slow that segments go to the queue
    assert scheduled_action(environment, "reconcile_ledger")() == DONE
    environment.simulator.pause = lambda step: None
    return job_action(environment, environment.queue.sent.pop())


def _overdue(days: int) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        borrower, lender = borrower_and_lender(environment)
        funded_loan(borrower, lender)
        environment.clock.advance(days=days)
        return scheduled_action(environment, "check_overdue_payments")

    return prepare


def _settle_remainder(environment: Environment) -> Action:
    """A day after the last due date, 0.40 of the loan is not paid."""
    borrower, lender = borrower_and_lender(environment, borrower_balance="500.00")
    loan = funded_loan(borrower, lender, months=1)
    environment.clock.advance(days=31)
    pay(borrower, loan["id"], "1009.60")
    environment.clock.advance(days=1)
    return scheduled_action(environment, _OVERDUE_CHECK)


def _autopay(days: int, *, can_pay: bool) -> Callable[[Environment], Action]:
    """An instalment, or two after 61 days, is due for autopay."""

    def prepare(environment: Environment) -> Action:
        borrower, lender = borrower_and_lender(environment)
        loan = funded_loan(borrower, lender)
        borrower.call("PUT", f"/api/loans/{loan['id']}/autopay/")
        if not can_pay:
            borrower.call("POST", "/api/wallets/withdraw/", {"amount": "1000.00"})
        environment.clock.advance(days=days)
        return scheduled_action(environment, _OVERDUE_CHECK)

    return prepare


def _autopay_many(environment: Environment) -> Action:
    borrower = environment.user(Role.BORROWER, "bob", "500.00")
    loan_id, _ = loan_in_parts(environment, borrower, MANY, funded=MANY)
    borrower.call("PUT", f"/api/loans/{loan_id}/autopay/")
    environment.clock.advance(days=31)
    return worker_action(environment, "ACT_ON_LOAN", loan_id)


def _act_on_loan(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment)
    loan = funded_loan(borrower, lender)
    environment.clock.advance(days=60)
    return worker_action(environment, "ACT_ON_LOAN", loan["id"])


def _expire(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment)
    loan = open_loan(borrower)
    make_offer(lender, loan["id"])
    environment.clock.advance(days=31)
    return scheduled_action(environment, "expire_stale_loans")


def _lapse_reservation(environment: Environment) -> Action:
    placed_offers(environment, 2, "1000.00")
    environment.clock.advance(days=3)
    return scheduled_action(environment, "expire_stale_loans")


def _remind_lenders(environment: Environment) -> Action:
    """Three of five lenders have not funded, two days before the funding lapses."""
    loan_in_parts(environment, environment.user(Role.BORROWER, "bob"), 5, funded=2)
    environment.clock.advance(days=5)
    return scheduled_action(environment, "expire_stale_loans")


def _check_offers(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment, lender_balance="10.00")
    loan = open_loan(borrower)
    accept_offer(borrower, loan["id"], make_offer(lender, loan["id"])["id"])
    return worker_action(environment, "CHECK_OFFERS")


def _lapse(parts: int, funded: int) -> Callable[[Environment], Action]:
    def prepare(environment: Environment) -> Action:
        loan_in_parts(environment, environment.user(Role.BORROWER, "bob"), parts, funded=funded)
        environment.clock.advance(days=8)
        return scheduled_action(environment, "expire_stale_loans")

    return prepare


def _sweep_outbox(environment: Environment) -> Action:
    pay_many(environment)()
    environment.records("loans")  # the stream function never receives it
    environment.clock.advance(minutes=6)
    return scheduled_action(environment, "outbox_sweep")


def _sweep_events(environment: Environment) -> Action:
    environment.container.publisher.publish([example_event(lenders_of=_running_loan(environment))])
    environment.queue.sent.clear()
    environment.clock.advance(minutes=1)
    return scheduled_action(environment, "event_sweep")


def _publish_to_lenders(environment: Environment) -> Action:
    event = example_event(lenders_of=_running_loan(environment))
    environment.container.publisher.publish([event])
    environment.queue.sent.clear()
    return job_action(environment, BackgroundJob("FAN_OUT", event.id))


class _AcceptingBus:
    """Takes the place of EventBridge: it accepts every event."""

    def put(self, events: Sequence[Event]) -> list[Event]:
        return []


def _put_on_bus(environment: Environment) -> Action:
    """An event that the bus did not accept before."""
    vars(environment.container)["event_bus"] = _AcceptingBus()
    event = example_event()
    environment.container.event_repository.add_for_bus(event)
    return job_action(environment, BackgroundJob("PUT_ON_BUS", event.id))


def _running_loan(environment: Environment) -> str:
    borrower, lender = borrower_and_lender(environment)
    return str(funded_loan(borrower, lender)["id"])


def _report(environment: Environment) -> Action:
    _with_projections(environment)
    environment.clock.advance(days=2)
    return scheduled_action(environment, "loan_status_summary_report")


def _reconcile(environment: Environment) -> Action:
    borrower, lender = borrower_and_lender(environment, borrower_balance="50.00")
    funded_loan(borrower, lender)
    return scheduled_action(environment, "reconcile_ledger")


def _clean_up(environment: Environment) -> Action:
    borrower, _ = borrower_and_lender(environment)
    ok(borrower.http.get("/api/wallets/"))
    return scheduled_action(environment, "cleanup_expired_loan_cache")


def _with_projections(environment: Environment) -> None:
    borrower, lender = borrower_and_lender(environment)
    funded_loan(borrower, lender)
    environment.updates_projections = True
    environment.settle()


def _stream(function: str, table: str) -> Callable[[Environment], Action]:
    """Records of a table after the funding of a loan and a payment to 22 lenders."""

    def prepare(environment: Environment) -> Action:
        pay_many(environment)()
        return stream_action(environment, function, table)

    return prepare


def _derived(function: str, table: str) -> Callable[[Environment], Action]:
    """Records of a table after the funding of a loan and a payment to two lenders, each of whom has events."""

    def prepare(environment: Environment) -> Action:
        borrower = environment.user(Role.BORROWER, "bob", "500.00")
        loan_id, _ = loan_in_parts(environment, borrower, 2, funded=2)
        ok(borrower.http.post(f"/api/loans/{loan_id}/pay/", {}))
        return stream_action(environment, function, table)

    return prepare


_OVERDUE_CHECK: Final = "check_overdue_payments"
JOBS: Final = (
    Scenario("distribute", "job DISTRIBUTION", _distribute),
    Scenario("distribute refunds of the fee", "job DISTRIBUTION", _distribute_refunds),
    Scenario("refund", "job UNWIND_LOAN", _refund),
    Scenario("refund a release", "job UNWIND_LOAN", _refund_a_release),
    Scenario("match a loan", "job MATCH_LOAN", _match_loan),
    Scenario("match a lender", "job MATCH_LENDER", _match_lender),
    Scenario("fund auto-invest offers", "job FUND_AUTO_INVEST_OFFERS", _fund_auto_invest_offers),
    Scenario("act on one loan", "job ACT_ON_LOAN", _act_on_loan),
    Scenario("release reservations of a rule", "job RELEASE_RULE", _release),
    Scenario("freeze a lender's offers and rules", "job APPLY_FREEZE", _freeze_lender),
    Scenario("hide a borrower's requests", "job APPLY_FREEZE", _freeze_borrower),
    Scenario("show a borrower's requests", "job APPLY_FREEZE", _unfreeze_borrower),
    Scenario("continue due loans", "job CONTINUE_DUE_LOANS", _continue_due_loans),
    Scenario(
        "reconcile a segment",
        "job RECONCILE",
        _reconcile_a_segment,
        settles_first=True,
        attempts_leave_items=True,
        moves_no_money=True,
    ),
    Scenario("overdue check", _OVERDUE_CHECK, _overdue(60)),
    Scenario("remind lenders to fund", "expire_stale_loans", _remind_lenders),
    Scenario("check offers", "job CHECK_OFFERS", _check_offers),
    Scenario("remind before the due date", _OVERDUE_CHECK, _overdue(28)),
    Scenario("remind on the due date", _OVERDUE_CHECK, _overdue(31)),
    Scenario("default", _OVERDUE_CHECK, _overdue(200)),
    Scenario("settle a remainder", _OVERDUE_CHECK, _settle_remainder),
    Scenario("autopay", _OVERDUE_CHECK, _autopay(31, can_pay=True)),
    Scenario("autopay of two instalments", _OVERDUE_CHECK, _autopay(61, can_pay=True)),
    Scenario("autopay without money", _OVERDUE_CHECK, _autopay(31, can_pay=False)),
    Scenario("autopay without money, overdue", _OVERDUE_CHECK, _autopay(33, can_pay=False)),
    Scenario("autopay, 22 lenders", "job ACT_ON_LOAN", _autopay_many),
    Scenario("expiry", "expire_stale_loans", _expire),
    Scenario("lapse of two reservations", "expire_stale_loans", _lapse_reservation),
    Scenario("lapse with one funded part", "expire_stale_loans", _lapse(2, 1)),
    Scenario("lapse with three funded parts", "expire_stale_loans", _lapse(4, 3)),
    Scenario("outbox sweep", "outbox_sweep", _sweep_outbox, settles_first=True),
    Scenario("event sweep", "event_sweep", _sweep_events, settles_first=True),
    Scenario("publish to all lenders", "job FAN_OUT", _publish_to_lenders),
    Scenario("put an event on the bus", "job PUT_ON_BUS", _put_on_bus),
    Scenario(
        "daily report",
        "loan_status_summary_report",
        _report,
        settles_first=True,
        attempts_leave_items=True,
        moves_no_money=True,
    ),
    Scenario("reconciliation", "reconcile_ledger", _reconcile, attempts_leave_items=True, moves_no_money=True),
    Scenario("cache clean-up", "cleanup_expired_loan_cache", _clean_up),
    Scenario("stream of loans", "loans_stream", _stream("loans_stream", "loans")),
    Scenario("stream of wallets", "wallets_stream", _stream("wallets_stream", "wallets")),
    Scenario("derived data of loans", "loans_derived", _derived("loans_derived", "loans"), moves_no_money=True),
    Scenario("derived data of the ledger", "ledger_derived", _derived("ledger_derived", "ledger"), moves_no_money=True),
    Scenario("derived data of wallets", "wallets_derived", _stream("wallets_derived", "wallets"), calls_services=False),
    Scenario(
        "derived data of transfers",
        "transfers_derived",
        _stream("transfers_derived", "transfers"),
        calls_services=False,
    ),
    Scenario("derived data of the audit log", "audit_derived", _stream("audit_derived", "audit"), calls_services=False),
)
