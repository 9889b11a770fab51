"""Autopay among manual payments, deposits, withdrawals and days that pass: no instalment is charged twice."""

from collections.abc import Callable, Sequence
from datetime import date

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from chalicelib.loans.domain.autopay import AttemptStatus
from chalicelib.loans.domain.payment_record import PaymentRecord
from chalicelib.servicing.domain.payment import ApplyTo
from chalicelib.shared.errors import Conflict
from chalicelib.shared.money import Money
from tests.factories import ServiceFactory
from tests.simulation.environment import Environment, simulated_environment
from tests.simulation.invariants import assert_invariants
from tests.stored_state import loan_repository, stored_loan

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("advance"), st.integers(1, 40)),
        st.tuples(st.sampled_from(["on", "off", "job", "worker", "pay", "withdraw"]), st.just(0)),
        st.tuples(st.sampled_from(["pay", "principal", "deposit"]), st.integers(1, 40_000)),
    ),
    max_size=25,
)
_EXAMPLES = 60
_PHASES = (Phase.explicit, Phase.reuse, Phase.generate)
"""Shrinking an example would take minutes, because every step is a transaction."""


class Market:
    """A borrower's loan of six months with a mandate, and the payments that autopay made."""

    def __init__(self, environment: Environment) -> None:
        self.container = environment.container
        self.clock = environment.clock
        factory = ServiceFactory(self.container)
        self.borrower = factory.borrower()
        self.loan_id = factory.funded_loan(self.borrower, {factory.lender("2000.00"): "1000.00"})
        self.container.autopay.enable(self.borrower, self.loan_id)
        self.collected: list[PaymentRecord] = []

    def payments(self) -> list[PaymentRecord]:
        page = loan_repository(self.container).page_of_payments(self.loan_id, limit=100, after=None)
        return list(page.items)

    def take(self, kind: str, value: int) -> None:
        container, borrower, loan_id = self.container, self.borrower, self.loan_id
        steps: dict[str, Callable[[], object]] = {
            "advance": lambda: self.clock.advance(days=value),
            "on": lambda: container.autopay.enable(borrower, loan_id),
            "off": lambda: container.autopay.disable(borrower, loan_id),
            "job": lambda: self.collect(container.lifecycle.check_overdue),
            "worker": lambda: self.collect(lambda: container.lifecycle.act(loan_id)),
            "pay": lambda: container.payments.pay(borrower, loan_id, Money(value) if value else None),
            "principal": lambda: container.payments.pay(borrower, loan_id, Money(value), apply_to=ApplyTo.PRINCIPAL),
            "deposit": lambda: container.wallets.deposit(borrower, Money(value), ""),
            "withdraw": self.withdraw_all,
        }
        steps[kind]()

    def withdraw_all(self) -> None:
        if available := self.container.wallets.find(self.borrower).available:
            self.container.wallets.withdraw(self.borrower, available, "")

    def collect(self, run: Callable[[], object]) -> None:
        """Run the job; check that only due instalments are charged, in full and oldest first."""
        today, before = self.clock().date(), self.payments()
        unpaid = self.unpaid(today)
        run()
        made = sorted((each for each in self.payments() if each not in before), key=lambda payment: payment.number)
        loan = stored_loan(self.container, self.loan_id)
        tries = [each for each in loan.autopay.attempts if each.on == today]
        paid = [each.number for each in tries if each.status is AttemptStatus.PAID]
        charged = [payment for payment in made if payment.number in paid]
        assert [(each.number, each.principal + each.interest + each.late_fee) for each in charged] == unpaid[
            : len(charged)
        ]
        self.collected += charged

    def unpaid(self, today: date) -> list[tuple[int, Money]]:
        found = loan_repository(self.container).find_funded_loan(self.loan_id, consistent=True)
        assert found is not None
        assert found[1] is not None
        account = found[1].account.accrue(today)
        return [(each.number, each.unpaid) for each in account.due_instalments(today) if not each.is_paid]


@given(STEPS)
@settings(max_examples=_EXAMPLES, phases=_PHASES)
def test_no_instalment_is_charged_twice(signing_key_file: str, steps: Sequence[tuple[str, int]]) -> None:
    with simulated_environment(signing_key_file) as environment:
        market = Market(environment)

        for kind, value in steps:
            try:
                market.take(kind, value)
            except Conflict:
                continue  # the state does not allow it
            assert_invariants(environment.storage)

        numbers = [payment.number for payment in market.collected]
        assert len(numbers) == len(set(numbers))
