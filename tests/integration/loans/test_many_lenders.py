"""Loans of many lenders: funded, paid, wound back; the worker killed at every write, messages twice or lost."""

from __future__ import annotations

import pytest

from chalicelib.common.actor import Role
from chalicelib.common.clock import FixedClock
from chalicelib.common.money import Money, Rate
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.service.distributing import BATCH, DISTRIBUTION
from chalicelib.loans.service.requesting import LoanTerms
from chalicelib.wiring import Platform
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


def status_of(platform: Platform, loan_id: str) -> LoanStatus:
    loan = repository(platform).find(loan_id, consistent=True)
    assert loan is not None
    return loan.status


def test_a_loan_of_37_lenders_is_funded_and_repaid_to_the_cent(platform: Platform, storage: Storage) -> None:
    crowd = a_funded_crowd(platform, 37, "10000.00")
    books = assert_books_balance(storage)
    assert books["platform:fees"] == 375
    assert books.get(f"loan:{crowd.loan_id}", 0) == 0

    for _ in range(6):
        platform.loans.repayment.pay(crowd.borrower, crowd.loan_id)
        assert_books_balance(storage)
        work_until_done(platform, storage)

    by_lender = {held.lender_id: held.received_principal for held in positions(platform, crowd)}
    assert tuple(by_lender[lender.user_id] for lender in crowd.lenders) == crowd.parts
    assert status_of(platform, crowd.loan_id) is LoanStatus.COMPLETED
    assert assert_books_balance(storage).get(f"loan:{crowd.loan_id}", 0) == 0


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_worker_killed_at_each_of_its_writes_pays_500_lenders_once(
    platform: Platform, storage: Storage, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    crowd = a_funded_crowd(platform, MANY, "250000.00")
    before = balances(platform, crowd)
    platform.loans.repayment.pay(crowd.borrower, crowd.loan_id)
    [work] = outbox(storage)

    for write in range(1, MANY // BATCH + 1):
        number = 1 if after else 2
        if write < MANY // BATCH or after:
            killed_at_write(monkeypatch, lambda: platform.loans.worker.do(work), number, after=after)
    platform.loans.worker.do(work)
    platform.loans.worker.do(work)

    credited = {lender: balance - before[lender] for lender, balance in balances(platform, crowd).items()}
    assert credited == {held.lender_id: held.received for held in positions(platform, crowd)}
    assert outbox(storage) == []
    assert assert_books_balance(storage).get(f"loan:{crowd.loan_id}", 0) == 0


def test_work_whose_message_was_lost_is_sent_again_after_five_minutes(
    platform: Platform, storage: Storage, clock: FixedClock, queue: RecordingQueue
) -> None:
    crowd = a_funded_crowd(platform, 25, "5000.00")
    platform.loans.repayment.pay(crowd.borrower, crowd.loan_id)
    queue.sent.clear()

    clock.advance(minutes=4)
    assert platform.loans.worker.send_again() == 0
    clock.advance(minutes=2)
    assert platform.loans.worker.send_again() == 1

    [work] = queue.sent
    assert (work.kind, work.subject) == (DISTRIBUTION, crowd.loan_id)
    platform.loans.worker.do(work)
    assert platform.loans.worker.send_again() == 0
    assert_books_balance(storage)


def test_499_of_500_parts_paid_in_and_then_cancelled_all_go_back_once(
    platform: Platform, storage: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    crowd = an_accepted_crowd(platform, MANY, "250000.00")
    before = balances(platform, crowd)
    pay_in(platform, crowd.loan_id, MANY - 1)

    view = platform.loans.requests.cancel(crowd.borrower, crowd.loan_id).value
    assert view.loan.refunding is LoanStatus.CANCELLED
    [work] = outbox(storage)
    for _ in range(3):
        killed_at_write(monkeypatch, lambda: platform.loans.worker.do(work), 2, after=True)
    platform.loans.worker.do(work)
    platform.loans.worker.do(work)

    assert status_of(platform, crowd.loan_id) is LoanStatus.CANCELLED
    assert balances(platform, crowd) == before
    books = assert_books_balance(storage)
    assert books.get("platform:fees", 0) == 0
    assert books[f"loan:{crowd.loan_id}"] == 0
    assert outbox(storage) == []


def test_lapsed_funding_voids_every_acceptance_and_opens_the_loan_again(
    platform: Platform, storage: Storage, clock: FixedClock
) -> None:
    crowd = an_accepted_crowd(platform, 2, "1000.00")
    before = balances(platform, crowd)
    platform.loans.funding.fund(crowd.lenders[0], crowd.loan_id)

    clock.advance(days=7)
    platform.loans.sweeps.expire_stale()
    work_until_done(platform, storage)

    found = repository(platform).find_with_offers(crowd.loan_id, consistent=True)
    assert found is not None
    loan, offers = found
    assert loan.status is LoanStatus.REQUESTED
    assert loan.accepted == loan.funded == Money(0)
    assert loan.annual_rate == Rate.percent("12")
    assert [offer.lender_id for offer in offers] == [crowd.lenders[0].user_id]
    assert not offers[0].is_accepted
    assert balances(platform, crowd) == before
    assert_books_balance(storage)


def test_a_request_that_nobody_covered_expires(platform: Platform, clock: FixedClock) -> None:
    borrower = a_person(platform, Role.BORROWER, "borrower")
    loan = platform.loans.requests.request(borrower, LoanTerms(Money.of("100.00"), Rate.percent("5"), 3)).value.loan

    clock.advance(days=29)
    platform.loans.sweeps.expire_stale()
    assert status_of(platform, loan.id) is LoanStatus.REQUESTED
    clock.advance(days=1)
    platform.loans.sweeps.expire_stale()

    assert status_of(platform, loan.id) is LoanStatus.CANCELLED


def test_what_is_overdue_too_long_is_written_off_and_recoveries_lower_it(
    platform: Platform, storage: Storage, clock: FixedClock
) -> None:
    crowd = a_funded_crowd(platform, 3, "900.00")

    clock.advance(days=31 + 119)
    platform.loans.sweeps.check_overdue()
    assert status_of(platform, crowd.loan_id) is LoanStatus.FUNDED
    clock.advance(days=1)
    platform.loans.sweeps.check_overdue()

    loan = repository(platform).find(crowd.loan_id, consistent=True)
    assert loan is not None
    assert loan.status is LoanStatus.DEFAULTED
    assert loan.written_off == Money.of("900.00")
    assert loan.outstanding == Money(0)

    paid = platform.loans.repayment.pay(crowd.borrower, crowd.loan_id).value

    assert paid.view.loan.status is LoanStatus.DEFAULTED
    assert paid.view.loan.written_off == Money.of("900.00") - paid.payment.principal
    assert_books_balance(storage)
