"""Histories of transfers: notifications arrive late, twice and in any order while the user spends the money."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from chalicelib.auto_invest.domain import RuleTerms
from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import AppError, Unavailable
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate
from chalicelib.transfers.domain.notification import NotificationType, TransferEvent
from chalicelib.transfers.domain.transfer import Direction, TransferStatus
from chalicelib.transfers.providers.notification_body import notification_body
from tests.factories import pending_deposit, requested_withdrawal
from tests.simulation.environment import Checkpoint, Environment
from tests.simulation.history_support import repeat_until_known, run_clients
from tests.simulation.invariants import assert_invariants
from tests.simulation.scripts import Script
from tools.dynamodb_simulator.scheduler import Scheduler
from tools.dynamodb_simulator.virtual_time import seeded

MAX_CLIENTS: Final = 6
_RULE: Final = RuleTerms(Money.of("100.00"), Rate.percent("5"), 12, Rate.percent("100"), Money.of("300.00"))
_COPIES: Final = 2
"""Events of one kind about one transfer, each of which may also be delivered several times."""
_SETTLED, _FAILED, _RETURNED = NotificationType.SETTLED, NotificationType.FAILED, NotificationType.RETURNED
_TABLES: Final = ("wallets", "ledger", "transfers")


@dataclass(frozen=True, slots=True)
class TransferStart:
    """A platform with transfers in every state in which something can still happen."""

    start: Checkpoint
    borrower: Actor
    lender: Actor
    running_loan: str
    transfers: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Event:
    """An event of the provider."""

    id: str
    transfer_id: str
    type: NotificationType


@dataclass
class _Sent:
    """Events and requests that the clients have sent; requests by outcome and name."""

    events: set[_Event] = field(default_factory=set)
    outcomes: Counter[tuple[str, str]] = field(default_factory=Counter)
    operations: int = 0


def build_transfer_start(environment: Environment) -> TransferStart:
    """Create the state from which histories of transfers start: the lender's money is lent, reserved and available."""
    container, rate = environment.container, Rate.percent("12")
    borrower = environment.actor(Role.BORROWER, "bob", "500.00")
    lender = environment.actor(Role.LENDER, "lena", "1.00")
    deposits = [pending_deposit(lender.user_id, amount) for amount in ("900.00", "120.00", "60.00", "40.00")]
    for number, transfer_id in enumerate(deposits[:2]):
        _deliver(environment, _Event(f"start-{number}", transfer_id, _SETTLED))
    loan = container.loan_requests.request(borrower, LoanTerms(Money.of("700.00"), rate, 6)).value.loan
    offer = container.offers.make(lender, loan.id, rate, Money.of("700.00")).value.offer
    container.offers.accept(borrower, loan.id, [offer.id])
    container.funding.fund(lender, loan.id)
    container.auto_invest.create(lender, _RULE)
    container.loan_requests.request(borrower, LoanTerms(Money.of("300.00"), rate, 6))
    environment.settle()
    withdrawals = [requested_withdrawal(lender.user_id, amount) for amount in ("50.00", "30.00", "20.00")]
    _submit(environment, withdrawals[0])
    environment.settle()
    transfers = (*deposits, *withdrawals)
    return TransferStart(environment.checkpoint(), borrower, lender, loan.id, transfers)


def play_transfers(environment: Environment, starting_point: TransferStart, script: Script) -> int:
    """Play a history; return the number of operations.

    Raises:
        AssertionError: an invariant is violated, or an event or a request has not exactly one effect.
    """
    return TransferHistory(environment, starting_point, script).play()


class TransferHistory:
    """One history; its script decides everything in it."""

    def __init__(self, environment: Environment, starting_point: TransferStart, script: Script) -> None:
        self._environment = environment
        self._container = environment.container
        self._start = starting_point
        self._script = script
        self._choice = script.random_for_run()
        self._sent = _Sent()

    def play(self) -> int:
        """Run all clients; then the provider delivers every event again, as it does after an error."""
        environment, choice = self._environment, self._choice
        scheduler = Scheduler(environment.simulator, choice)
        environment.restore(self._start.start)
        before = self._moves()
        with seeded(self._script.seed):
            clients = [partial(self._run, labels) for labels in self._script.operations_of_clients(MAX_CLIENTS)]
            run_clients(environment, scheduler, clients, self._script, choice)
            environment.settle()
            self._deliver_all()
            environment.settle()
            assert_invariants(environment.storage)
            self._check_statuses()
            self._check_restriction()
            self._check_moves(before)
            state = self._state()
            self._deliver_all()
            assert self._state() == state, "an event that is delivered again has an effect"
        return self._sent.operations

    def _run(self, labels: tuple[str, ...]) -> None:
        """Run the operations of one client, one after the other."""
        for label in labels:
            name, operation = self._operation(label, self._script.random_for(label))
            self._sent.operations += 1
            self._sent.outcomes[_outcome(operation), name] += 1

    def _operation(self, label: str, drawn: random.Random) -> tuple[str, Callable[[], Any]]:
        """Choose an operation: mostly events of the provider."""
        start, container, lender = self._start, self._container, self._start.lender
        key = IdempotencyKey.of(lender.user_id, label, "POST", "", "")
        transfer_id, amount = drawn.choice(start.transfers), Money(drawn.choice((1_000, 4_000, 20_000)))
        kind = drawn.choice((_SETTLED, _FAILED, _RETURNED, _RETURNED))
        event = _Event(f"{transfer_id}-{kind.value}-{drawn.randrange(_COPIES)}", transfer_id, kind)
        frozen = drawn.random() < 0.5
        others: list[tuple[str, Callable[[], Any]]] = [
            ("cancel", lambda: container.transfer_requests.cancel(lender, transfer_id, key)),
            ("sandbox", lambda: container.sandbox.report(lender, transfer_id, kind, key)),
            ("submit", lambda: _submit(self._environment, transfer_id)),
            ("deposit", lambda: container.wallets.deposit(lender, amount, "", key)),
            ("deposit", lambda: container.wallets.deposit(lender, amount + amount, "", key)),
            ("withdraw", lambda: container.wallets.withdraw(lender, amount, "", key)),
            ("pay", lambda: container.payments.pay(start.borrower, start.running_loan, idempotency_key=key)),
            ("freeze", lambda: self._freeze(frozen=frozen)),
            ("job", self._run_background_jobs),
        ]
        if drawn.random() < 0.5:
            self._sent.events.add(event)
            return "event", partial(_deliver, self._environment, event)
        return drawn.choice(others)

    def _freeze(self, *, frozen: bool) -> None:
        writes = WriteTransaction(self._container.database)
        self._container.wallets.add_freeze(writes, self._start.lender.user_id, frozen=frozen)
        writes.commit()

    def _run_background_jobs(self) -> None:
        self._environment.process_streams()
        while self._environment.queue.sent:
            job = self._environment.queue.sent.pop()
            self._environment.worker_of(job.kind)[1].do(job)

    def _deliver_all(self) -> None:
        for event in sorted(self._sent.events, key=lambda each: each.id):
            _deliver(self._environment, event)

    def _check_statuses(self) -> None:
        """Check that the reports about each transfer had their effect, in whatever order they came."""
        sandbox_used = self._sent.outcomes["done", "sandbox"] + self._sent.outcomes["unknown", "sandbox"] > 0
        for transfer_id in self._start.transfers:
            types = {event.type for event in self._sent.events if event.transfer_id == transfer_id}
            stored = self._container.transfers.get(transfer_id)
            if stored.direction is Direction.DEPOSIT and (_SETTLED in types or stored.transaction_id):
                expected = TransferStatus.RETURNED if _RETURNED in types else TransferStatus.SETTLED
                assert stored.status is expected or sandbox_used, stored
                assert stored.status in (TransferStatus.SETTLED, TransferStatus.RETURNED), stored
            if stored.status is TransferStatus.SETTLED:
                assert stored.held_return is None, stored

    def _check_restriction(self) -> None:
        """Check that a user who owes something reserves no money that could pay it."""
        if not self._container.wallets.balance_of(self._start.lender.user_id).receivable:
            return
        for item in self._environment.storage.items("transfers"):
            assert item.get("status_key", {"S": ""})["S"] != "WITHDRAWAL#REQUESTED", item
        for item in self._environment.storage.items("loans"):
            is_offer = item["sk"]["S"].startswith("OFFER#")
            assert not (is_offer and "reserved" in item and item["accepted"]["N"] == "0"), item

    def _check_moves(self, before: Counter[str]) -> None:
        """Check that every acknowledged deposit, withdrawal and payment is in the ledger once, and no rejected one."""
        found = self._moves()
        for name in ("deposit", "withdraw", "pay"):
            least = self._sent.outcomes["done", name]
            most = least + self._sent.outcomes["unknown", name]
            assert least <= found[name] - before[name] <= most, (name, found, before, self._sent.outcomes)

    def _moves(self) -> Counter[str]:
        """Count instant deposits and withdrawals, whose postings have no reference, and payments."""
        storage, found = self._environment.storage, Counter[str]()
        for item in storage.items("ledger"):
            if item["account"]["S"].startswith("external:cash") and "reference" not in item:
                found["deposit" if item["lines"]["L"][0]["L"][0]["S"] == "DEPOSIT" else "withdraw"] += 1
        found["pay"] = sum(item["sk"]["S"].startswith("PAYMENT#") for item in storage.items("loans"))
        return found

    def _state(self) -> dict[str, list[Any]]:
        storage = self._environment.storage
        return {table: sorted(storage.items(table), key=str) for table in _TABLES}


def _deliver(environment: Environment, event: _Event) -> None:
    """Send a signed notification to the service behind the webhook route."""
    container = environment.container
    reason = None if event.type is _SETTLED else "AC04"
    body = notification_body(event.transfer_id, TransferEvent(event.type, None, reason), environment.clock())
    container.transfer_notifications.receive(container.notification_signer.sign(event.id, body), body)


def _submit(environment: Environment, transfer_id: str) -> None:
    """Hand a withdrawal to the bank, as a payout does."""
    container = environment.container

    def submit() -> None:
        stored = container.transfers.get(transfer_id)
        writes = container.transfers.writes()
        container.transfers.add_submission(writes, stored, new_id(environment.clock()))
        container.wallets.add_payer_check(writes, stored.user_id)
        writes.commit()

    retry_on_conflict(submit)


def _outcome(request: Callable[[], Any]) -> str:
    """Repeat a request until its outcome is known, as a correct client does."""
    try:
        repeat_until_known(request)
    except Unavailable:
        return "unknown"
    except AppError:
        return "rejected"
    return "done"
