"""The whole platform compared step by step with a small pure model: wallets, loans, time."""

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


class PlatformModel(RuleBasedStateMachine):
    """Steps of one borrower and three lenders. The platform rejects a step exactly if the model does."""

    def __init__(
        self, environment: Environment, start: Checkpoint, borrower: Actor, lenders: list[Actor], steps: list[str]
    ) -> None:
        super().__init__()
        environment.restore(start)
        self.environment, self.borrower, self.lenders, self.steps = environment, borrower, lenders, steps
        self.model = Model()
        self.ids: list[str] = []
        self.offer_ids: dict[tuple[int, int], str] = {}

    def _expect(self, allowed: bool, execute: Callable[[], Any]) -> Any:
        """Execute a step; the platform must reject it exactly if the model does."""
        self.steps.append("")
        result, rejection = None, None
        try:
            result = execute()
        except AppError as error:
            rejection = error
        assert allowed == (rejection is None), f"allowed by the model: {allowed}; platform: {rejection!r}"
        return result

    def _loan_number(self, number: int) -> tuple[int, ModelLoan, str]:
        place = number % len(self.ids)
        return place, self.model.loans[place], self.ids[place]

    @rule(lender=_lender, cents=_cents)
    def deposit(self, lender: int, cents: int) -> None:
        """A lender deposits money."""
        self._expect(True, lambda: self.environment.container.wallets.deposit(self.lenders[lender], Money(cents), ""))
        self.model.lenders[lender] += cents

    @rule(cents=_cents)
    def borrower_withdraws(self, cents: int) -> None:
        """The borrower withdraws money, if the balance allows it."""
        may = self.model.borrower >= cents
        self._expect(may, lambda: self.environment.container.wallets.withdraw(self.borrower, Money(cents), ""))
        self.model.borrower -= cents if may else 0

    @rule(cents=_cents)
    def borrower_deposits(self, cents: int) -> None:
        """The borrower deposits money."""
        self._expect(True, lambda: self.environment.container.wallets.deposit(self.borrower, Money(cents), ""))
        self.model.borrower += cents

    @precondition(lambda self: len(self.ids) < 3)
    @rule(cents=st.sampled_from([10_000, 33_333, 100_000]), months=st.integers(1, 6), percent=st.integers(0, 30))
    def request(self, cents: int, months: int, percent: int) -> None:
        """The borrower requests a loan."""
        terms = LoanTerms(Money(cents), Rate.percent(str(percent)), months)
        done = self._expect(True, lambda: self.environment.container.loan_requests.request(self.borrower, terms))
        self.ids.append(done.value.loan.id)
        self.model.loans.append(ModelLoan(cents, months, percent))

    @precondition(lambda self: self.ids)
    @rule(lender=_lender, number=_any_loan, part=st.sampled_from([1, 2, 3]))
    def offer(self, lender: int, number: int, part: int) -> None:
        """A lender offers a part at the requested rate."""
        place, loan, loan_id = self._loan_number(number)
        cents, rate = max(1, loan.amount // part), Rate.percent(str(loan.yearly_percent))
        may = loan.status == "REQUESTED" and lender not in loan.offers
        offers = self.environment.container.offers
        done = self._expect(may, lambda: offers.make(self.lenders[lender], loan_id, rate, Money(cents)))
        if may:
            loan.offers[lender] = cents
            self.offer_ids[place, lender] = done.value.offer.id

    @precondition(lambda self: self.offer_ids)
    @rule(lender=_lender, number=_any_loan)
    def accept(self, lender: int, number: int) -> None:
        """The borrower accepts an offer, or as much of it as the loan still needs."""
        place, loan, loan_id = self._loan_number(number)
        offer_id = self.offer_ids.get((place, lender), loan_id)
        may = loan.status == "REQUESTED" and lender in loan.offers and lender not in loan.accepted
        self._expect(may, lambda: self.environment.container.offers.accept(self.borrower, loan_id, [offer_id]))
        if may:
            loan.accepted[lender] = min(loan.offers[lender], loan.unsubscribed)
            loan.status = "REQUESTED" if loan.unsubscribed else "PENDING_FUNDING"

    @precondition(lambda self: self.ids)
    @rule(lender=_lender, number=_any_loan)
    def fund(self, lender: int, number: int) -> None:
        """An accepted lender funds its part; the last funding disburses the loan."""
        _, loan, loan_id = self._loan_number(number)
        can_fund = loan.status == "PENDING_FUNDING" and lender in loan.accepted and lender not in loan.funded_by
        cost = loan.accepted[lender] + loan.fee_share(lender) if can_fund else 0
        may = can_fund and self._available(lender) >= cost
        self._expect(may, lambda: self.environment.container.funding.fund(self.lenders[lender], loan_id))
        if may:
            self.model.lenders[lender] -= cost
            loan.funded_by.add(lender)
            if loan.funded_by == set(loan.accepted):
                loan.status, loan.funded_on = "FUNDED", self.environment.clock().date()
                self.model.borrower += loan.amount

    @precondition(lambda self: any(loan.status == "FUNDED" for loan in self.model.loans))
    @rule(number=_any_loan)
    def pay(self, number: int) -> None:
        """The borrower pays an instalment."""
        _, loan, loan_id = self._loan_number(number)
        today = self.environment.clock().date()
        cents = sum(loan.next_payment(today)) if loan.status == "FUNDED" else 0
        may = loan.status == "FUNDED" and self.model.borrower >= cents
        self._expect(may, lambda: self.environment.container.payments.pay(self.borrower, loan_id))
        if may:
            self.model.borrower -= cents
            loan.pay(today)

    @precondition(lambda self: self.ids)
    @rule(number=_any_loan)
    def cancel(self, number: int) -> None:
        """The borrower cancels a request, and funded parts are refunded."""
        _, loan, loan_id = self._loan_number(number)
        may = loan.status in ("REQUESTED", "PENDING_FUNDING")
        self._expect(may, lambda: self.environment.container.loan_requests.cancel(self.borrower, loan_id))
        self.environment.settle()
        if may:
            self._refund(loan)
            loan.status = "CANCELLED"

    @precondition(lambda self: self.ids)
    @rule(number=_any_loan)
    def release(self, number: int) -> None:
        """The borrower gives up all acceptances: funded parts are refunded, and other offers stand."""
        _, loan, loan_id = self._loan_number(number)
        may = loan.status in ("REQUESTED", "PENDING_FUNDING") and bool(loan.accepted)
        self._expect(may, lambda: self.environment.container.loan_requests.release(self.borrower, loan_id))
        if may:
            self._refund(loan)
            loan.offers = {lender: part for lender, part in loan.offers.items() if lender not in loan.accepted}
            loan.accepted.clear()
            loan.status = "REQUESTED"

    @rule(days=st.sampled_from([1, 10]))
    def pass_time(self, days: int) -> None:
        """Days pass, and the scheduled job expires and lapses loans."""
        self.environment.clock.advance(days=days)
        self.environment.container.lifecycle.expire_stale()
        self.environment.settle()
        for loan in self.model.loans:
            loan.age_days += days
            if loan.status == "REQUESTED" and loan.age_days >= _EXPIRY_DAYS:
                loan.status = "CANCELLED"
        for place, loan in enumerate(self.model.loans):
            if loan.status == "PENDING_FUNDING":
                self._apply_lapse(place, loan)

    def _apply_lapse(self, place: int, loan: ModelLoan) -> None:
        """If the funding has lapsed, the loan is open again, with the offers of the lenders who had funded."""
        item = self.environment.simulator.tables[f"{self.environment.simulator.prefix}loans"].get(
            (f"LOAN#{self.ids[place]}", "LOAN")
        )
        assert item is not None
        if item["status"]["S"] == "PENDING_FUNDING":
            return
        kept = {
            lender: part
            for lender, part in loan.offers.items()
            if lender in loan.funded_by or lender not in loan.accepted
        }
        self._refund(loan)
        expired = loan.age_days >= _EXPIRY_DAYS
        loan.status, loan.offers, loan.accepted = item["status"]["S"], kept, {}
        assert loan.status == "REQUESTED" or (expired and loan.status == "CANCELLED")

    def _refund(self, loan: ModelLoan) -> None:
        for lender in loan.funded_by:
            self.model.lenders[lender] += loan.accepted[lender] + loan.fee_share(lender)
        loan.funded_by = set()

    def _available(self, lender: int) -> int:
        """Return a lender's available cents."""
        return self.environment.container.wallets.balance_of(self.lenders[lender].user_id).available.cents

    @invariant()
    def balances_agree_with_the_model(self) -> None:
        """Compare balances: the borrower's to the cent, lenders' within a cent per loan of their exact shares."""
        wallets = self.environment.container.wallets
        assert wallets.balance_of(self.borrower.user_id).available.cents == self.model.borrower
        for number in range(_LENDERS):
            expected = self.model.lenders[number] + self.model.due_to(number)
            difference = self._available(number) - expected
            assert -2 * max(1, len(self.ids)) < difference < 2 * max(1, len(self.ids)) + self.model.fee_refunds
        fees = sum(FEE_CENTS for loan in self.model.loans if loan.status in ("FUNDED", "COMPLETED"))
        total = self.model.borrower + sum(map(self._available, range(_LENDERS))) + fees
        assert 0 <= total + self._external_cash() + self._escrow() <= self.model.fee_refunds

    def _external_cash(self) -> int:
        ledger = self.environment.storage.items("ledger")
        external = [item for item in ledger if item["account"]["S"].startswith("external:cash")]
        return sum(int(line["L"][1]["N"]) for item in external for line in item["lines"]["L"])

    def _escrow(self) -> int:
        waiting = [loan for loan in self.model.loans if loan.status == "PENDING_FUNDING"]
        return sum(loan.accepted[lender] + loan.fee_share(lender) for loan in waiting for lender in loan.funded_by)

    def teardown(self) -> None:
        """Assert the invariants at the end."""
        assert_invariants(self.environment.storage)


def test_platform_agrees_with_model(environment: Environment, counts: Counts) -> None:
    borrower = environment.actor(Role.BORROWER, "bob")
    lenders = [environment.actor(Role.LENDER, f"lender{number}") for number in range(_LENDERS)]
    start, steps = environment.checkpoint(), list[str]()

    class Machine(PlatformModel):
        def __init__(self) -> None:
            super().__init__(environment, start, borrower, lenders, steps)

    run_state_machine_as_test(
        Machine,
        settings=settings(
            max_examples=EXAMPLES,
            stateful_step_count=_STEPS,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    counts.add("Steps as in the model", len(steps), len(steps))
