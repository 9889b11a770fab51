"""Seeded histories of concurrent clients with random faults, and the properties that must hold after each."""

import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from chalicelib.admin.domain.audit import AuditContext
from chalicelib.auto_invest.domain import RuleTerms
from chalicelib.auto_invest.service.rules import RuleChange
from chalicelib.dynamodb.idempotency import IdempotencyKey
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.jobs.outbox import APPLY_FREEZE
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor
from chalicelib.shared.errors import AppError, Unavailable
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate
from tests.simulation.environment import Environment
from tests.simulation.history_support import OPERATOR, StartingPoint, offers_on, repeat_until_known, run_clients
from tests.simulation.invariants import assert_frozen_accounts_left_the_market, assert_invariants
from tests.simulation.loan_histories import play_loan
from tests.simulation.scripts import FAULTS, LAGS, Script, shrink
from tests.simulation.wallet_histories import play_wallet
from tools.dynamodb_simulator.scheduler import Scheduler
from tools.dynamodb_simulator.virtual_time import seeded

MAX_CLIENTS: Final = 6
_PROJECTIONS_PROBABILITY: Final = 0.25
_WALLET_KIND, _LOAN_KIND, _KINDS = 0, 3, 6
"""One seed in six is a history of a wallet, and one a history of a loan."""
_RULE: Final = RuleTerms(Money.of("300.00"), Rate.percent("5"), 12, Rate.percent("100"), Money.of("500.00"))
_CHEAPER: Final = NewTerms(annual_rate=Rate.percent("6"))
_DEARER: Final = NewTerms(holiday_months=1)
_AUDITED: Final = {
    "RESCHEDULE_LOAN": "reschedule",
    "PROPOSE_RESCHEDULE": "propose",
    "ACCEPT_RESCHEDULE": "accept proposal",
}
Operation = Callable[[IdempotencyKey], Any]


@dataclass
class Outcomes:
    """Numbers of operations in one history: all, and by outcome and name."""

    counted: Counter[tuple[str, str]] = field(default_factory=Counter)
    operations: int = 0


def play(environment: Environment, starting_point: StartingPoint, script: Script) -> int:
    """Play a history; return the number of operations.

    Raises:
        AssertionError: an invariant is violated, or no order of the operations explains their results.
    """
    if script.seed % _KINDS == _WALLET_KIND:
        return play_wallet(environment, starting_point, script)
    if script.seed % _KINDS == _LOAN_KIND:
        return play_loan(environment, starting_point, script)
    return History(environment, starting_point, script).play().operations


def minimise(environment: Environment, starting_point: StartingPoint, script: Script) -> Script:
    """Return a history that still fails, without the parts that it fails without."""
    labels = script.operations_of_clients(MAX_CLIENTS)

    def fails(smaller: Script) -> bool:
        try:
            play(environment, starting_point, smaller)
        except Exception:  # noqa: BLE001 - any failure counts
            return True
        return False

    return shrink(script, frozenset({FAULTS, LAGS, *(label for each in labels for label in each)}), fails)


class History:
    """One history of the whole platform; its script decides everything in it."""

    def __init__(self, environment: Environment, starting_point: StartingPoint, script: Script) -> None:
        self._environment = environment
        self._container = environment.container
        self._starting_point = starting_point
        self._script = script
        self._choice = script.random_for_run()
        self._outcomes = Outcomes()

    def play(self) -> Outcomes:
        """Run all clients, then streams and jobs, and check the result.

        Raises:
            AssertionError: an invariant is violated, or an acknowledged operation is missing or found twice.
        """
        environment, choice = self._environment, self._choice
        scheduler = Scheduler(environment.simulator, choice)
        environment.restore(self._starting_point.start)
        environment.updates_projections = choice.random() < _PROJECTIONS_PROBABILITY
        before = _effects(environment)
        with seeded(self._script.seed):
            clients = [partial(self._run, labels) for labels in self._script.operations_of_clients(MAX_CLIENTS)]
            run_clients(environment, scheduler, clients, self._script, choice)
            environment.settle()
            environment.clock.advance(minutes=6)
            self._container.worker.send_again()
            environment.settle()
        assert_invariants(environment.storage)
        assert_frozen_accounts_left_the_market(environment.storage)
        self._check_effects(_effects(environment) - before)
        return self._outcomes

    def _run(self, labels: tuple[str, ...]) -> None:
        """Run the operations of one client, one after the other."""
        for label in labels:
            name, actor, operation = self._operation(self._script.random_for(label))
            idempotency_key = IdempotencyKey.of(actor.user_id, label, "POST", name, "")
            self._outcomes.operations += 1
            self._outcomes.counted[_outcome(partial(operation, idempotency_key)), name] += 1

    def _operation(self, drawn: random.Random) -> tuple[str, Actor, Operation]:
        """Choose an operation."""
        start, container = self._starting_point, self._container
        lender, amount = drawn.choice(start.lenders), Money(drawn.choice((2_400, 5_000, 45_000, 90_000)))
        loan_id = drawn.choice((start.open_loan, start.subscribed_loan, start.running_loan))
        bob, rate, frozen = start.borrower, Rate.percent("11"), drawn.random() < 0.5
        wallets, offers, payments = container.wallets, container.offers, container.payments
        terms = LoanTerms(amount + amount, rate, 3)
        operations: list[tuple[str, Actor, Operation]] = [
            ("deposit", lender, lambda key: wallets.deposit(lender, amount, "", key)),
            ("withdraw", lender, lambda key: wallets.withdraw(lender, amount, "", key)),
            ("withdraw", bob, lambda key: wallets.withdraw(bob, amount, "", key)),
            ("pay", bob, lambda key: payments.pay(bob, start.running_loan, idempotency_key=key)),
            ("pay", bob, lambda key: payments.pay(bob, start.running_loan, amount, idempotency_key=key)),
            ("pay", bob, partial(self._pay_off, [])),
            ("request", bob, lambda key: container.loan_requests.request(bob, terms, key)),
            ("offer", lender, lambda key: offers.make(lender, start.open_loan, rate, amount, key)),
            ("withdraw offer", lender, lambda key: offers.withdraw(lender, start.open_loan, key)),
            ("accept", bob, lambda key: offers.accept(bob, loan_id, self._random_offers(loan_id, 1), key)),
            ("accept two", bob, lambda key: offers.accept(bob, loan_id, self._random_offers(loan_id, 2), key)),
            ("release", bob, lambda key: container.loan_requests.release(bob, loan_id, key)),
            ("fund", lender, lambda key: container.funding.fund(lender, start.subscribed_loan, key)),
            ("fund", lender, lambda key: container.funding.fund(lender, loan_id, key)),
            ("cancel", bob, lambda key: container.loan_requests.cancel(bob, loan_id, key)),
            ("freeze", lender, lambda _: self._freeze(lender, frozen=frozen)),
            ("freeze", bob, lambda _: self._freeze(bob, frozen=frozen)),
            ("rule", lender, lambda key: container.auto_invest.create(lender, _RULE, idempotency_key=key)),
            ("stop rule", lender, lambda key: self._stop_rule(lender, key)),
            ("reschedule", OPERATOR, lambda key: self._reschedule(_CHEAPER, key)),
            ("propose", OPERATOR, lambda key: self._reschedule(_DEARER, key)),
            ("accept proposal", bob, self._accept_proposal),
            ("accept proposal", bob, self._accept_proposal),
            ("lapse", bob, lambda _: self._lapse_reservations()),
            ("job", bob, lambda _: self._run_background_jobs()),
        ]
        return drawn.choice(operations)

    def _reschedule(self, terms: NewTerms, idempotency_key: IdempotencyKey) -> None:
        loan_id, context = self._starting_point.running_loan, AuditContext("loss of income")
        self._container.operator_rescheduling.apply(
            OPERATOR, loan_id, terms, Ground.DISTRESSED, context, idempotency_key
        )

    def _accept_proposal(self, idempotency_key: IdempotencyKey) -> None:
        """Accept a proposal: the one that the loan names, or one that was replaced."""
        proposals = [
            item["sk"]["S"].removeprefix("PROPOSAL#")
            for item in self._environment.storage.items("loans")
            if item["sk"]["S"].startswith("PROPOSAL#")
        ]
        self._container.operator_rescheduling.accept(
            self._starting_point.borrower,
            self._starting_point.running_loan,
            self._choice.choice(proposals) if proposals else "none",
            "request",
            idempotency_key,
        )

    def _pay_off(self, amounts: list[Money], idempotency_key: IdempotencyKey) -> None:
        """Pay what closes the loan; a repeated request pays the amount of the first."""
        payments, bob, loan_id = (
            self._container.payments,
            self._starting_point.borrower,
            self._starting_point.running_loan,
        )
        if not amounts:
            amounts.append(payments.payoff(bob, loan_id).amount)
        payments.pay(bob, loan_id, amounts[0], idempotency_key=idempotency_key)

    def _lapse_reservations(self) -> None:
        """Let the days pass after which reservations lapse, and run the daily job."""
        self._environment.clock.advance(days=3)
        self._container.lifecycle.expire_stale()

    def _random_offers(self, loan_id: str, number: int) -> list[str]:
        offers = [offer["offer_id"]["S"] for offer in offers_on(self._environment, loan_id)]
        return self._choice.sample(offers, min(number, len(offers))) or ["none"]

    def _stop_rule(self, lender: Actor, idempotency_key: IdempotencyKey) -> None:
        loans = self._environment.simulator.tables[f"{self._environment.simulator.prefix}loans"]
        sort_keys = loans.items.get(f"USER#{lender.user_id}", {})
        rules = [
            sort.removeprefix("RULE#") for sort in sort_keys if sort.startswith("RULE#") and "#BORROWER#" not in sort
        ]
        if rules:
            self._container.auto_invest.change(lender, min(rules), RuleChange(active=False), idempotency_key)

    def _freeze(self, user: Actor, *, frozen: bool) -> None:
        writes, now = WriteTransaction(self._container.database), self._environment.clock()
        self._container.wallets.add_freeze(writes, user.user_id, frozen=frozen)
        self._container.outbox.add_outbox(writes, BackgroundJob(APPLY_FREEZE, user.user_id, new_id(now)), now)
        writes.commit()

    def _run_background_jobs(self) -> None:
        """Process streams and queue; half the time the streams are delivered again from their beginning."""
        self._environment.process_streams()
        if self._choice.random() < 0.5:
            self._environment.set_stream_positions({})
        while self._environment.queue.sent:
            job = self._environment.queue.sent.pop()
            self._environment.worker_of(job.kind)[1].do(job)

    def _check_effects(self, found: Counter[str]) -> None:
        """Check that every acknowledged operation is stored exactly once, and no rejected one."""
        for name in ("deposit", "withdraw", "pay", "request", "rule", "reschedule", "propose", "accept proposal"):
            least = self._outcomes.counted["done", name]
            most = least + self._outcomes.counted["unknown", name]
            assert least <= found[name] <= most, (name, found, self._outcomes)
        accepted = [
            item["details"]["M"]["proposal"]["S"]
            for item in self._environment.storage.items("audit")
            if item["action"]["S"] == "ACCEPT_RESCHEDULE"
        ]
        assert len(set(accepted)) == len(accepted)


def _outcome(request: Callable[[], Any]) -> str:
    """Repeat a request with its key until its outcome is known, as a correct client does."""
    try:
        repeat_until_known(request)
    except Unavailable:
        return "unknown"
    except AppError:
        return "rejected"
    return "done"


def _effects(environment: Environment) -> Counter[str]:
    """Count the operations that leave an item of their own, by name."""
    found: Counter[str] = Counter()
    for item in environment.storage.items("ledger"):
        if item["account"]["S"].startswith("external:cash"):
            found["deposit" if item["lines"]["L"][0]["L"][0]["S"] == "DEPOSIT" else "withdraw"] += 1
    for item in environment.storage.items("audit"):
        found[_AUDITED.get(item["action"]["S"], "other")] += 1
    for item in environment.storage.items("loans"):
        found["pay"] += item["sk"]["S"].startswith("PAYMENT#")
        found["rule"] += item["sk"]["S"].startswith("RULE#") and "rule_id" in item
        found["request"] += item["sk"]["S"] == "LOAN"
    return found
