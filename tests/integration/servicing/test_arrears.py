"""Default over material amounts only, and small remainders that the platform pays."""

from datetime import date, timedelta

from chalicelib.container import Container
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import ZERO, Money
from tests.bulk_loans import balances, funded_shared_loan, positions
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.queues import RecordingQueue
from tests.stored_state import assert_ledger_balances, stored_loan

FIRST_DUE = date(2026, 2, 15)


def funded_loan(container: Container, *, months: int = 6) -> tuple[str, Actor, Actor]:
    factory = ServiceFactory(container)
    borrower, lender = factory.borrower("1000.00"), factory.lender("1003.75")
    return factory.funded_loan(borrower, {lender: "1000.00"}, months), borrower, lender


def test_overdue_cent_does_not_default_the_loan(container: Container, clock: FixedClock) -> None:
    """A loan with 0.01 overdue used to default after 120 days, with all that was not due."""
    loan_id, borrower, _ = funded_loan(container)
    clock.set_date(FIRST_DUE)
    container.payments.pay(borrower, loan_id, Money.of("172.54"))
    for month in range(3, 8):
        clock.set_date(date(2026, month, 14))
        container.lifecycle.check_overdue()
        assert stored_loan(container, loan_id).status is LoanStatus.FUNDED
        clock.set_date(date(2026, month, 15))
        container.payments.pay(borrower, loan_id, Money.of("172.55"))

    assert stored_loan(container, loan_id).status in (LoanStatus.FUNDED, LoanStatus.COMPLETED)


def test_small_remainder_is_paid_by_the_platform(container: Container, clock: FixedClock, storage: Storage) -> None:
    loan_id, borrower, lender = funded_loan(container, months=1)
    clock.set_date(FIRST_DUE)
    container.payments.pay(borrower, loan_id, Money.of("1009.60"))
    assert container.lifecycle.check_overdue()["due"] == 0

    clock.advance(days=1)
    assert container.lifecycle.check_overdue() == {"due": 1, "queued": 0, "failed": 0, "settled": 1}
    assert container.lifecycle.check_overdue()["due"] == 0

    loan = stored_loan(container, loan_id)
    assert (loan.status, loan.remaining, loan.outstanding) == (LoanStatus.COMPLETED, ZERO, ZERO)
    assert container.wallets.balance_of(lender.user_id).balance == Money.of("1010.00")
    assert assert_ledger_balances(storage)["platform:adjustments"] == -40


def test_remainder_above_the_tolerance_stays_due(container: Container, clock: FixedClock) -> None:
    loan_id, borrower, _ = funded_loan(container, months=1)
    clock.set_date(FIRST_DUE)
    container.payments.pay(borrower, loan_id, Money.of("1009.49"))

    clock.advance(days=1)
    assert container.lifecycle.check_overdue()["accrued"] == 1

    assert stored_loan(container, loan_id).status is LoanStatus.FUNDED
    assert stored_loan(container, loan_id).remaining == Money.of("0.51")


def test_remainder_that_a_late_payment_leaves_is_paid(container: Container, clock: FixedClock) -> None:
    loan_id, borrower, _ = funded_loan(container, months=1)
    clock.set_date(FIRST_DUE + timedelta(days=30))
    owed = container.payments.payoff(borrower, loan_id).amount
    container.payments.pay(borrower, loan_id, owed - Money.of("0.50"))

    assert container.lifecycle.check_overdue()["settled"] == 1

    assert stored_loan(container, loan_id).status is LoanStatus.COMPLETED


def test_remainder_of_a_default_is_paid(container: Container, clock: FixedClock) -> None:
    loan_id, borrower, _ = funded_loan(container)
    clock.set_date(FIRST_DUE + timedelta(days=130))
    owed = container.payments.payoff(borrower, loan_id).amount
    paid = container.payments.pay(borrower, loan_id, owed - Money.of("0.50")).value
    assert paid.view.loan.status is LoanStatus.DEFAULTED

    assert container.lifecycle.check_overdue()["settled"] == 1

    loan = stored_loan(container, loan_id)
    assert (loan.status, loan.written_off) == (LoanStatus.COMPLETED, ZERO)
    assert loan.defaulted_at is not None
    assert loan.defaulted_at.date() == FIRST_DUE + timedelta(days=120)


def test_many_lenders_receive_the_remainder(
    container: Container, clock: FixedClock, storage: Storage, queue: RecordingQueue
) -> None:
    shared = funded_shared_loan(container, 22, "900.00")
    for _ in range(5):
        container.payments.pay(shared.borrower, shared.loan_id)
    clock.set_date(date(2026, 7, 15))
    last = container.payments.payoff(shared.borrower, shared.loan_id).amount
    container.payments.pay(shared.borrower, shared.loan_id, last - Money.of("0.30"))
    clock.advance(days=1)

    assert container.lifecycle.check_overdue()["settled"] == 1
    for job in queue.sent:
        container.worker.do(job)
    container.worker.send_again()

    assert all(position.outstanding == ZERO for position in positions(container, shared))
    assert stored_loan(container, shared.loan_id).status is LoanStatus.COMPLETED
    assert len(balances(container, shared)) == 22
    assert assert_ledger_balances(storage)["platform:adjustments"] == -30


def test_loan_is_past_due_after_90_days(container: Container, clock: FixedClock) -> None:
    loan_id, _, _ = funded_loan(container)

    clock.set_date(FIRST_DUE + timedelta(days=90))
    container.lifecycle.check_overdue()
    assert stored_loan(container, loan_id).past_due_90_on is None
    clock.advance(days=1)
    assert container.lifecycle.check_overdue()["due"] == 1

    assert stored_loan(container, loan_id).past_due_90_on == FIRST_DUE + timedelta(days=91)


def test_past_due_loan_is_recorded_without_a_job(container: Container, clock: FixedClock) -> None:
    loan_id, borrower, _ = funded_loan(container)
    clock.set_date(FIRST_DUE + timedelta(days=92))

    container.payments.pay(borrower, loan_id, container.payments.payoff(borrower, loan_id).amount)

    assert stored_loan(container, loan_id).past_due_90_on == FIRST_DUE + timedelta(days=91)


def test_paying_the_oldest_instalment_does_not_hide_90_days_past_due(container: Container, clock: FixedClock) -> None:
    """A material amount stays overdue; the date used to be recorded 90 days after the next instalment, if ever."""
    loan_id, borrower, _ = funded_loan(container)
    clock.set_date(FIRST_DUE + timedelta(days=60))
    container.payments.pay(borrower, loan_id)

    clock.set_date(FIRST_DUE + timedelta(days=91))
    container.lifecycle.check_overdue()

    assert stored_loan(container, loan_id).past_due_90_on == FIRST_DUE + timedelta(days=91)
