"""Loans of many lenders: funded, paid, wound back; the worker killed at every write, messages twice or lost."""

from __future__ import annotations

import pytest

from chalicelib.container import Container
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.servicing.service.payments import BATCH, DISTRIBUTION
from chalicelib.shared.actor import Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money, Rate
from tests.books import assert_books_balance
from tests.crowds import (
    a_funded_crowd,
    a_person,
    an_accepted_crowd,
    balances,
    outbox,
    pay_in,
    positions,
    repository,
    work_until_done,
)
from tests.engines import Storage
from tests.killing import killed_at_write
from tests.queues import RecordingQueue

MANY = 500


def status_of(container: Container, loan_id: str) -> LoanStatus:
    loan = repository(container).find(loan_id, consistent=True)
    assert loan is not None
    return loan.status


def test_a_loan_of_37_lenders_is_funded_and_repaid_to_the_cent(container: Container, storage: Storage) -> None:
    crowd = a_funded_crowd(container, 37, "10000.00")
    books = assert_books_balance(storage)
    assert books["platform:fees"] == 375
    assert books.get(f"loan:{crowd.loan_id}", 0) == 0

    for _ in range(6):
        container.payments.pay(crowd.borrower, crowd.loan_id)
        assert_books_balance(storage)
        work_until_done(container, storage)

    by_lender = {held.lender_id: held.received_principal for held in positions(container, crowd)}
    assert tuple(by_lender[lender.user_id] for lender in crowd.lenders) == crowd.parts
    assert status_of(container, crowd.loan_id) is LoanStatus.COMPLETED
    assert assert_books_balance(storage).get(f"loan:{crowd.loan_id}", 0) == 0


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_worker_killed_at_each_of_its_writes_pays_500_lenders_once(
    container: Container, storage: Storage, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    crowd = a_funded_crowd(container, MANY, "250000.00")
    before = balances(container, crowd)
    container.payments.pay(crowd.borrower, crowd.loan_id)
    [work] = outbox(storage)

    for write in range(1, MANY // BATCH + 1):
        number = 1 if after else 2
        if write < MANY // BATCH or after:
            killed_at_write(monkeypatch, lambda: container.worker.do(work), number, after=after)
    container.worker.do(work)
    container.worker.do(work)

    credited = {lender: balance - before[lender] for lender, balance in balances(container, crowd).items()}
    assert credited == {held.lender_id: held.received for held in positions(container, crowd)}
    assert outbox(storage) == []
    assert assert_books_balance(storage).get(f"loan:{crowd.loan_id}", 0) == 0


def test_work_whose_message_was_lost_is_sent_again_after_five_minutes(
    container: Container, storage: Storage, clock: FixedClock, queue: RecordingQueue
) -> None:
    crowd = a_funded_crowd(container, 25, "5000.00")
    container.payments.pay(crowd.borrower, crowd.loan_id)
    queue.sent.clear()

    clock.advance(minutes=4)
    assert container.worker.send_again() == 0
    clock.advance(minutes=2)
    assert container.worker.send_again() == 1

    [work] = queue.sent
    assert (work.kind, work.subject) == (DISTRIBUTION, crowd.loan_id)
    container.worker.do(work)
    assert container.worker.send_again() == 0
    assert_books_balance(storage)


def test_499_of_500_parts_paid_in_and_then_cancelled_all_go_back_once(
    container: Container, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = an_accepted_crowd(container, MANY, "250000.00")
    before = balances(container, crowd)
    pay_in(container, crowd.loan_id, MANY - 1)

    view = container.loan_requests.cancel(crowd.borrower, crowd.loan_id).value
    assert view.loan.refunding is LoanStatus.CANCELLED
    [work] = outbox(storage)
    for _ in range(3):
        killed_at_write(monkeypatch, lambda: container.worker.do(work), 2, after=True)
    container.worker.do(work)
    container.worker.do(work)

    assert status_of(container, crowd.loan_id) is LoanStatus.CANCELLED
    assert balances(container, crowd) == before
    books = assert_books_balance(storage)
    assert books.get("platform:fees", 0) == 0
    assert books[f"loan:{crowd.loan_id}"] == 0
    assert outbox(storage) == []


def test_lapsed_funding_voids_every_acceptance_and_opens_the_loan_again(
    container: Container, storage: Storage, clock: FixedClock
) -> None:
    crowd = an_accepted_crowd(container, 2, "1000.00")
    before = balances(container, crowd)
    container.funding.fund(crowd.lenders[0], crowd.loan_id)

    clock.advance(days=7)
    container.lifecycle.expire_stale()
    work_until_done(container, storage)

    found = repository(container).find_with_offers(crowd.loan_id, consistent=True)
    assert found is not None
    loan, offers = found
    assert loan.status is LoanStatus.REQUESTED
    assert loan.accepted == loan.funded == Money(0)
    assert loan.annual_rate == Rate.percent("12")
    assert [offer.lender_id for offer in offers] == [crowd.lenders[0].user_id]
    assert not offers[0].is_accepted
    assert balances(container, crowd) == before
    assert_books_balance(storage)


def test_a_request_that_nobody_covered_expires(container: Container, clock: FixedClock) -> None:
    borrower = a_person(container, Role.BORROWER, "borrower")
    loan = container.loan_requests.request(borrower, LoanTerms(Money.of("100.00"), Rate.percent("5"), 3)).value.loan

    clock.advance(days=29)
    container.lifecycle.expire_stale()
    assert status_of(container, loan.id) is LoanStatus.REQUESTED
    clock.advance(days=1)
    container.lifecycle.expire_stale()

    assert status_of(container, loan.id) is LoanStatus.CANCELLED


def test_what_is_overdue_too_long_is_written_off_and_recoveries_lower_it(
    container: Container, storage: Storage, clock: FixedClock
) -> None:
    crowd = a_funded_crowd(container, 3, "900.00")

    clock.advance(days=31 + 119)
    container.lifecycle.check_overdue()
    assert status_of(container, crowd.loan_id) is LoanStatus.FUNDED
    clock.advance(days=1)
    container.lifecycle.check_overdue()

    loan = repository(container).find(crowd.loan_id, consistent=True)
    assert loan is not None
    assert loan.status is LoanStatus.DEFAULTED
    assert loan.written_off == Money.of("900.00")
    assert loan.outstanding == Money(0)

    paid = container.payments.pay(crowd.borrower, crowd.loan_id).value

    assert paid.view.loan.status is LoanStatus.DEFAULTED
    assert paid.view.loan.written_off == Money.of("900.00") - paid.payment.principal
    assert_books_balance(storage)
