"""Loans of many lenders: funding, payments and unwind, with interrupted workers and repeated or lost messages."""

import pytest

from chalicelib.container import Container
from chalicelib.loans.domain.loan import LoanStatus, UnwindKind
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.servicing.service.payments import BATCH, DISTRIBUTION
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money, Rate
from tests.bulk_loans import (
    balances,
    fund_first,
    funded_shared_loan,
    positions,
    subscribed_shared_loan,
)
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.killed_process import killed_at_write
from tests.queues import RecordingQueue
from tests.stored_state import assert_ledger_balances, outbox, run_outbox, stored_loan, stored_offers

MANY = 500


def test_loan_of_37_lenders_is_repaid_exactly(container: Container, storage: Storage) -> None:
    shared = funded_shared_loan(container, 37, "10000.00")
    ledger = assert_ledger_balances(storage)
    assert ledger["platform:fees"] == 375
    assert ledger.get(f"loan:{shared.loan_id}", 0) == 0

    for _ in range(6):
        container.payments.pay(shared.borrower, shared.loan_id)
        assert_ledger_balances(storage)
        run_outbox(container, storage)

    by_lender = {held.lender_id: held.received_principal for held in positions(container, shared)}
    assert tuple(by_lender[lender.user_id] for lender in shared.lenders) == shared.parts
    assert stored_loan(container, shared.loan_id).status is LoanStatus.COMPLETED
    assert assert_ledger_balances(storage).get(f"loan:{shared.loan_id}", 0) == 0


def test_history_of_many_lenders_shows_the_split_of_payments(container: Container, storage: Storage) -> None:
    shared = funded_shared_loan(container, 37, "10000.00")
    payment = container.payments.pay(shared.borrower, shared.loan_id).value.payment

    run_outbox(container, storage)

    entries = [entry for lender in shared.lenders for entry in container.wallets.history(lender, limit=5).entries]
    splits = [entry.split for entry in entries if entry.split]
    assert len(splits) == 37
    assert Money.total(split.principal for split in splits) == payment.principal
    assert Money.total(split.interest for split in splits) == payment.interest


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_interrupted_worker_pays_500_lenders_once(
    container: Container, storage: Storage, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    shared = funded_shared_loan(container, MANY, "250000.00")
    before = balances(container, shared)
    container.payments.pay(shared.borrower, shared.loan_id)
    [work] = outbox(storage)

    for write in range(1, MANY // BATCH + 1):
        number = 1 if after else 2
        if write < MANY // BATCH or after:
            killed_at_write(monkeypatch, lambda: container.worker.do(work), number, after=after)
    container.worker.do(work)
    container.worker.do(work)

    credited = {lender: balance - before[lender] for lender, balance in balances(container, shared).items()}
    assert credited == {held.lender_id: held.received for held in positions(container, shared)}
    assert outbox(storage) == []
    assert assert_ledger_balances(storage).get(f"loan:{shared.loan_id}", 0) == 0


def test_early_closure_refunds_37_lenders_once(
    container: Container, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = subscribed_shared_loan(container, 37, "10000.00")
    before = balances(container, shared)
    fund_first(container, shared.loan_id, 37)
    payoff = container.payments.payoff(shared.borrower, shared.loan_id).amount

    container.payments.pay(shared.borrower, shared.loan_id, payoff)
    ledger = assert_ledger_balances(storage)
    assert (ledger["platform:fees"], ledger[f"loan:{shared.loan_id}"]) == (0, 1_000_375)
    assert container.loan_reconciliation.escrow(shared.loan_id).amount == Money.of("10003.75")
    [work] = outbox(storage)
    killed_at_write(monkeypatch, lambda: container.worker.do(work), after=True)
    container.worker.do(work)
    container.worker.do(work)

    assert balances(container, shared) == before
    assert assert_ledger_balances(storage)[f"loan:{shared.loan_id}"] == 0


def test_lost_message_is_resent_after_five_minutes(
    container: Container, storage: Storage, clock: FixedClock, queue: RecordingQueue
) -> None:
    shared = funded_shared_loan(container, 25, "5000.00")
    container.payments.pay(shared.borrower, shared.loan_id)
    queue.sent.clear()

    clock.advance(minutes=4)
    assert container.worker.send_again() == {"sent": 0}
    clock.advance(minutes=2)
    assert container.worker.send_again() == {"sent": 1}

    [work] = queue.sent
    assert (work.kind, work.subject) == (DISTRIBUTION, shared.loan_id)
    container.worker.do(work)
    assert container.worker.send_again() == {"sent": 0}
    assert_ledger_balances(storage)


def test_cancelled_loan_refunds_499_lenders_once(
    container: Container, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = subscribed_shared_loan(container, MANY, "250000.00")
    before = balances(container, shared)
    fund_first(container, shared.loan_id, MANY - 1)

    view = container.loan_requests.cancel(shared.borrower, shared.loan_id).value
    assert view.loan.refunding is UnwindKind.CANCELLATION
    [work] = outbox(storage)
    for _ in range(3):
        killed_at_write(monkeypatch, lambda: container.worker.do(work), 2, after=True)
    container.worker.do(work)
    container.worker.do(work)

    assert stored_loan(container, shared.loan_id).status is LoanStatus.CANCELLED
    assert balances(container, shared) == before
    ledger = assert_ledger_balances(storage)
    assert ledger.get("platform:fees", 0) == 0
    assert ledger[f"loan:{shared.loan_id}"] == 0
    assert outbox(storage) == []


def test_lapsed_funding_reopens_the_loan(container: Container, storage: Storage, clock: FixedClock) -> None:
    shared = subscribed_shared_loan(container, 2, "1000.00")
    before = balances(container, shared)
    container.funding.fund(shared.lenders[0], shared.loan_id)

    clock.advance(days=7)
    container.lifecycle.expire_stale()
    run_outbox(container, storage)

    loan, offers = stored_loan(container, shared.loan_id), stored_offers(container, shared.loan_id)
    assert loan.status is LoanStatus.REQUESTED
    assert loan.accepted == loan.funded == Money(0)
    assert loan.annual_rate == Rate.percent("12")
    assert [offer.lender_id for offer in offers] == [shared.lenders[0].user_id]
    assert not offers[0].is_accepted
    assert balances(container, shared) == before
    assert_ledger_balances(storage)


def test_unsubscribed_request_expires(container: Container, service_factory: ServiceFactory, clock: FixedClock) -> None:
    borrower = service_factory.borrower()
    loan = container.loan_requests.request(borrower, LoanTerms(Money.of("100.00"), Rate.percent("5"), 3)).value.loan

    clock.advance(days=29)
    container.lifecycle.expire_stale()
    assert stored_loan(container, loan.id).status is LoanStatus.REQUESTED
    clock.advance(days=1)
    container.lifecycle.expire_stale()

    assert stored_loan(container, loan.id).status is LoanStatus.CANCELLED


def test_defaulted_loan_is_written_off_and_recovered(container: Container, storage: Storage, clock: FixedClock) -> None:
    shared = funded_shared_loan(container, 3, "900.00")

    clock.advance(days=31 + 119)
    container.lifecycle.check_overdue()
    assert stored_loan(container, shared.loan_id).status is LoanStatus.FUNDED
    clock.advance(days=1)
    container.lifecycle.check_overdue()

    loan = stored_loan(container, shared.loan_id)
    assert loan.status is LoanStatus.DEFAULTED
    assert loan.written_off == Money.of("900.00")
    assert loan.outstanding == Money(0)

    paid = container.payments.pay(shared.borrower, shared.loan_id, Money.of("150.00")).value

    assert paid.view.loan.status is LoanStatus.DEFAULTED
    assert paid.view.loan.written_off == Money.of("750.00")
    assert paid.payment.principal == Money.of("150.00")
    assert_ledger_balances(storage)
