"""The whole platform step by step against a small pure model: wallets, loans, time."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any, Final

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import AppError
from chalicelib.shared.money import Money, Rate
from tests.simulation.counts import Counts
from tests.simulation.environment import Checkpoint, Environment
from tests.simulation.invariants import assert_invariants
from tests.simulation.model import FEE_CENTS, Model, ModelLoan

EXAMPLES: Final = int(os.environ.get("MODEL_EXAMPLES", "20"))
_STEPS: Final = 20
_LENDERS: Final = 3
_EXPIRY_DAYS: Final = 30
_cents = st.sampled_from([1, 10_000, 33_333, 100_000, 250_000])
_lender = st.integers(0, _LENDERS - 1)
_any_loan = st.integers(0, 9)


class Platform(RuleBasedStateMachine):
    """Steps of one borrower and three lenders; a step that the model refuses must be refused, and the other way."""

    def __init__(
        self, environment: Environment, start: Checkpoint, borrower: Actor, lenders: list[Actor], steps: list[str]
    ) -> None:
        super().__init__()
        environment.restore(start)
        self.environment, self.borrower, self.lenders, self.steps = environment, borrower, lenders, steps
        self.model = Model()
        self.ids: list[str] = []
        self.offer_ids: dict[tuple[int, int], str] = {}

    def _expect(self, may: bool, do: Callable[[], Any]) -> Any:
        """Do it; whether it is refused must be as the model says."""
        self.steps.append("")
        result, refused = None, None
        try:
            result = do()
        except AppError as refusal:
            refused = refusal
        assert may == (refused is None), f"the model says {may}, the platform {refused!r}"
        return result

    def _pick(self, number: int) -> tuple[int, ModelLoan, str]:
        place = number % len(self.ids)
        return place, self.model.loans[place], self.ids[place]

    @rule(lender=_lender, cents=_cents)
    def deposit(self, lender: int, cents: int) -> None:
        """A lender brings money."""
        self._expect(True, lambda: self.environment.container.wallets.deposit(self.lenders[lender], Money(cents), ""))
        self.model.lenders[lender] += cents

    @rule(cents=_cents)
    def borrower_withdraws(self, cents: int) -> None:
        """The borrower takes money out, if it is there."""
        may = self.model.borrower >= cents
        self._expect(may, lambda: self.environment.container.wallets.withdraw(self.borrower, Money(cents), ""))
        self.model.borrower -= cents if may else 0

    @rule(cents=_cents)
    def borrower_deposits(self, cents: int) -> None:
        """The borrower brings money."""
        self._expect(True, lambda: self.environment.container.wallets.deposit(self.borrower, Money(cents), ""))
        self.model.borrower += cents

    @precondition(lambda self: len(self.ids) < 3)
    @rule(cents=st.sampled_from([10_000, 33_333, 100_000]), months=st.integers(1, 6), percent=st.integers(0, 30))
    def request(self, cents: int, months: int, percent: int) -> None:
        """The borrower asks for a loan."""
        terms = LoanTerms(Money(cents), Rate.percent(str(percent)), months)
        done = self._expect(True, lambda: self.environment.container.loan_requests.request(self.borrower, terms))
        self.ids.append(done.value.loan.id)
        self.model.loans.append(ModelLoan(cents, months, percent))

    @precondition(lambda self: self.ids)
    @rule(lender=_lender, number=_any_loan, part=st.sampled_from([1, 2, 3]))
    def offer(self, lender: int, number: int, part: int) -> None:
        """A lender offers a part, at the rate that is asked."""
        place, loan, loan_id = self._pick(number)
        cents, rate = max(1, loan.amount // part), Rate.percent(str(loan.yearly_percent))
        may = loan.status == "REQUESTED" and lender not in loan.offers
        offers = self.environment.container.offers
        done = self._expect(may, lambda: offers.make(self.lenders[lender], loan_id, rate, Money(cents)))
        if may:
            loan.offers[lender] = cents
            self.offer_ids[place, lender] = done.value.id

    @precondition(lambda self: self.offer_ids)
    @rule(lender=_lender, number=_any_loan)
    def accept(self, lender: int, number: int) -> None:
        """The borrower accepts an offer, or as much of it as is missing."""
        place, loan, loan_id = self._pick(number)
        offer_id = self.offer_ids.get((place, lender), loan_id)
        may = loan.status == "REQUESTED" and lender in loan.offers and lender not in loan.accepted
        self._expect(may, lambda: self.environment.container.offers.accept(self.borrower, loan_id, offer_id))
        if may:
            loan.accepted[lender] = min(loan.offers[lender], loan.missing)
            loan.status = "REQUESTED" if loan.missing else "PENDING_FUNDING"

    @precondition(lambda self: self.ids)
    @rule(lender=_lender, number=_any_loan)
    def fund(self, lender: int, number: int) -> None:
        """An accepted lender pays in; the last one sets the loan going."""
        _, loan, loan_id = self._pick(number)
        waits = loan.status == "PENDING_FUNDING" and lender in loan.accepted and lender not in loan.paid_in
        cost = loan.accepted[lender] + loan.fee_share(lender) if waits else 0
        may = waits and self._has(lender) >= cost
        self._expect(may, lambda: self.environment.container.funding.fund(self.lenders[lender], loan_id))
        if may:
            self.model.lenders[lender] -= cost
            loan.paid_in.add(lender)
            if loan.paid_in == set(loan.accepted):
                loan.status = "FUNDED"
                self.model.borrower += loan.amount

    @precondition(lambda self: any(loan.status == "FUNDED" for loan in self.model.loans))
    @rule(number=_any_loan)
    def pay(self, number: int) -> None:
        """The borrower pays an instalment."""
        _, loan, loan_id = self._pick(number)
        cents = sum(loan.rows()[loan.payments]) if loan.status == "FUNDED" else 0
        may = loan.status == "FUNDED" and self.model.borrower >= cents
        self._expect(may, lambda: self.environment.container.payments.pay(self.borrower, loan_id))
        if may:
            self.model.borrower -= cents
            loan.payments += 1
            loan.status = "COMPLETED" if loan.payments == loan.months else "FUNDED"

    @precondition(lambda self: self.ids)
    @rule(number=_any_loan)
    def cancel(self, number: int) -> None:
        """The borrower takes a request back; what was paid in goes back."""
        _, loan, loan_id = self._pick(number)
        may = loan.status in ("REQUESTED", "PENDING_FUNDING")
        self._expect(may, lambda: self.environment.container.loan_requests.cancel(self.borrower, loan_id))
        self.environment.settle()
        if may:
            self._give_back(loan)
            loan.status = "CANCELLED"

    @rule(days=st.sampled_from([1, 10]))
    def time_passes(self, days: int) -> None:
        """Days pass, and the clock does what is due."""
        self.environment.clock.advance(days=days)
        self.environment.container.lifecycle.expire_stale()
        self.environment.settle()
        for loan in self.model.loans:
            loan.age_days += days
            if loan.status == "REQUESTED" and loan.age_days >= _EXPIRY_DAYS:
                loan.status = "CANCELLED"
        for place, loan in enumerate(self.model.loans):
            if loan.status == "PENDING_FUNDING":
                self._follow_lapse(place, loan)

    def _follow_lapse(self, place: int, loan: ModelLoan) -> None:
        """Where the funding has lapsed, the loan is open again, with the offers of those who had paid in."""
        item = self.environment.simulator.tables[f"{self.environment.simulator.prefix}loans"].get(
            (f"LOAN#{self.ids[place]}", "LOAN")
        )
        assert item is not None
        if item["status"]["S"] == "PENDING_FUNDING":
            return
        kept = {who: part for who, part in loan.offers.items() if who in loan.paid_in or who not in loan.accepted}
        self._give_back(loan)
        expired = loan.age_days >= _EXPIRY_DAYS
        loan.status, loan.offers, loan.accepted = item["status"]["S"], kept, {}
        assert loan.status == "REQUESTED" or (expired and loan.status == "CANCELLED")

    def _give_back(self, loan: ModelLoan) -> None:
        for lender in loan.paid_in:
            self.model.lenders[lender] += loan.accepted[lender] + loan.fee_share(lender)
        loan.paid_in = set()

    def _has(self, lender: int) -> int:
        """What is in a lender's wallet: single cents of what loans brought may lie on either side of the quota."""
        return self.environment.container.wallets.balance_of(self.lenders[lender].user_id).available.cents

    @invariant()
    def money_is_where_the_model_says(self) -> None:
        """The borrower to the cent, lenders within a cent of each of their quotas, the platform by its fees."""
        wallets = self.environment.container.wallets
        assert wallets.balance_of(self.borrower.user_id).available.cents == self.model.borrower
        for number in range(_LENDERS):
            expected = self.model.lenders[number] + self.model.due_to(number)
            assert abs(self._has(number) - expected) < 2 * max(1, len(self.ids))
        fees = sum(FEE_CENTS for loan in self.model.loans if loan.status in ("FUNDED", "COMPLETED"))
        total = self.model.borrower + sum(map(self._has, range(_LENDERS))) + fees
        assert total == -self._outside() - self._in_escrow()

    def _outside(self) -> int:
        ledger = self.environment.storage.items("ledger")
        outside = [item for item in ledger if item["account"]["S"].startswith("external:cash")]
        return sum(int(line["L"][1]["N"]) for item in outside for line in item["lines"]["L"])

    def _in_escrow(self) -> int:
        waiting = [loan for loan in self.model.loans if loan.status == "PENDING_FUNDING"]
        return sum(loan.accepted[who] + loan.fee_share(who) for loan in waiting for who in loan.paid_in)

    def teardown(self) -> None:
        """At the end everything that the design promises."""
        assert_invariants(self.environment.storage)


def test_the_platform_does_what_the_model_does(environment: Environment, counts: Counts) -> None:
    borrower = environment.actor(Role.BORROWER, "bob")
    lenders = [environment.actor(Role.LENDER, f"lender{number}") for number in range(_LENDERS)]
    start, steps = environment.checkpoint(), list[str]()

    class Here(Platform):
        """The machine in this world."""

        def __init__(self) -> None:
            super().__init__(environment, start, borrower, lenders, steps)

    run_state_machine_as_test(
        Here,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=_STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    counts.tell("Steps as the model says", len(steps), len(steps))
