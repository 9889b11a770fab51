"""Loans of many lenders: funded, paid, wound back; the worker killed at every write, messages twice or lost."""

from __future__ import annotations

from collections.abc import Sequence

import pytest

from chalicelib.common.actor import Actor, Role
from chalicelib.common.clock import FixedClock
from chalicelib.common.ids import new_id
from chalicelib.common.money import Money, Rate
from chalicelib.common.transactions import Writes
from chalicelib.common.work import Work
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.repository import LoanRepository, WorkRepository
from chalicelib.loans.service.distributing import DISTRIBUTION
from chalicelib.loans.service.requesting import LoanTerms
from chalicelib.wiring import Platform
from tests.books import assert_books_balance
from tests.engines import Storage
from tests.queues import RecordingQueue


def repository(platform: Platform) -> LoanRepository:
    return LoanRepository(platform.database, WorkRepository(platform.database), status_shards=1)


class Killed(BaseException):
    """The worker's process ends here."""


def a_person(platform: Platform, role: Role, name: str, funds: str = "") -> Actor:
    actor = Actor(new_id(platform.clock()), name, role)
    if funds:
        platform.wallets.deposit(actor, Money.of(funds), "")
    return actor


def parts_of(total: Money, count: int) -> list[Money]:
    """Odd parts: 1, 2, 3 … times a base, and the last takes what is left."""
    base = total.cents // (count * (count + 1) // 2 + count)
    parts = [Money(base * (number + 1)) for number in range(count - 1)]
    return [*parts, total - Money.total(parts)]


def an_accepted_loan(platform: Platform, borrower: Actor, lenders: Sequence[Actor], parts: Sequence[Money]) -> str:
    amount = Money.total(parts)
    loan = platform.loans.requests.request(borrower, LoanTerms(amount, Rate.percent("12"), 6)).value.loan
    for lender, part in zip(lenders, parts, strict=True):
        made = platform.loans.offers.make(lender, loan.id, Rate.percent("11.50"), part).value
        platform.loans.offers.accept(borrower, loan.id, made.id)
    return loan.id


def a_funded_loan(platform: Platform, count: int, amount: str) -> tuple[str, Actor, list[Actor], list[Money]]:
    parts = parts_of(Money.of(amount), count)
    borrower = a_person(platform, Role.BORROWER, "borrower", funds=amount)
    lenders = [
        a_person(platform, Role.LENDER, f"lender{n}", funds=str(part + Money(500))) for n, part in enumerate(parts)
    ]
    loan_id = an_accepted_loan(platform, borrower, lenders, parts)
    for lender in lenders:
        platform.loans.funding.fund(lender, loan_id)
    return loan_id, borrower, lenders, parts


def outbox(storage: Storage) -> list[Work]:
    return [
        Work(item["sk"]["S"].split("#")[1], item["pk"]["S"].split("#")[1], item["sk"]["S"].split("#")[2])
        for item in storage.items("loans")
        if item["sk"]["S"].startswith("OUTBOX#")
    ]


def work_until_done(platform: Platform, storage: Storage) -> None:
    for work in outbox(storage):
        platform.loans.worker.do(work)


def test_a_loan_of_37_lenders_is_funded_and_repaid_to_the_cent(platform: Platform, storage: Storage) -> None:
    loan_id, borrower, lenders, parts = a_funded_loan(platform, 37, "10000.00")

    balances = assert_books_balance(storage)
    assert balances["platform:fees"] == 375
    assert balances.get(f"loan:{loan_id}", 0) == 0

    for _ in range(6):
        platform.loans.repayment.pay(borrower, loan_id)
        assert_books_balance(storage)
        work_until_done(platform, storage)
        assert_books_balance(storage)

    servicing = repository(platform).find_servicing(loan_id, consistent=True, with_positions=True)
    assert servicing is not None
    assert servicing[0].status is LoanStatus.COMPLETED
    assert servicing[1] is not None
    by_lender = {held.lender_id: held for held in servicing[1].positions}
    assert [by_lender[lender.user_id].received_principal for lender in lenders] == parts
    assert assert_books_balance(storage).get(f"loan:{loan_id}", 0) == 0


def kill_at(monkeypatch: pytest.MonkeyPatch, write: int, *, after: bool) -> None:
    """End the process at the n-th transaction from now: before it is sent, or after it has happened."""
    commit = Writes.commit
    seen = {"writes": 0}

    def dying_commit(self: Writes) -> None:
        seen["writes"] += 1
        if seen["writes"] == write and not after:
            raise Killed
        commit(self)
        if seen["writes"] == write:
            raise Killed

    monkeypatch.setattr(Writes, "commit", dying_commit)


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_a_worker_killed_at_each_of_its_writes_pays_everybody_once(
    platform: Platform, storage: Storage, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    loan_id, borrower, lenders, _ = a_funded_loan(platform, 100, "10000.00")
    before = {lender.user_id: platform.wallets.balance_of(lender.user_id).balance for lender in lenders}
    platform.loans.repayment.pay(borrower, loan_id)
    [work] = outbox(storage)

    for _ in range(3):
        with monkeypatch.context() as patch, pytest.raises(Killed):
            kill_at(patch, 1, after=after)
            platform.loans.worker.do(work)
        assert_books_balance(storage)
    platform.loans.worker.do(work)
    platform.loans.worker.do(work)

    found = repository(platform).find_servicing(loan_id, consistent=True, with_positions=True)
    assert found is not None
    assert found[1] is not None
    credited = {
        lender_id: platform.wallets.balance_of(lender_id).balance - balance for lender_id, balance in before.items()
    }
    assert credited == {held.lender_id: held.received for held in found[1].positions}
    assert outbox(storage) == []
    assert assert_books_balance(storage).get(f"loan:{loan_id}", 0) == 0


def test_work_whose_message_was_lost_is_sent_again_after_five_minutes(
    platform: Platform, storage: Storage, clock: FixedClock, queue: RecordingQueue
) -> None:
    loan_id, borrower, _, _ = a_funded_loan(platform, 25, "5000.00")
    platform.loans.repayment.pay(borrower, loan_id)
    queue.sent.clear()

    clock.advance(minutes=4)
    assert platform.loans.worker.send_again() == 0
    clock.advance(minutes=2)
    assert platform.loans.worker.send_again() == 1

    [work] = queue.sent
    assert (work.kind, work.subject) == (DISTRIBUTION, loan_id)
    platform.loans.worker.do(work)
    assert platform.loans.worker.send_again() == 0
    assert_books_balance(storage)


def test_499_of_500_parts_paid_in_and_then_cancelled_all_go_back_once(platform: Platform, storage: Storage) -> None:
    parts = parts_of(Money.of("250000.00"), 60)
    borrower = a_person(platform, Role.BORROWER, "borrower")
    lenders = [
        a_person(platform, Role.LENDER, f"lender{n}", funds=str(part + Money(500))) for n, part in enumerate(parts)
    ]
    before = {lender.user_id: platform.wallets.balance_of(lender.user_id).balance for lender in lenders}
    loan_id = an_accepted_loan(platform, borrower, lenders, parts)
    for lender in lenders[:-1]:
        platform.loans.funding.fund(lender, loan_id)

    view = platform.loans.requests.cancel(borrower, loan_id).value
    assert view.loan.refunding is LoanStatus.CANCELLED
    work_until_done(platform, storage)
    work_until_done(platform, storage)

    found = repository(platform).find(loan_id, consistent=True)
    assert found is not None
    assert found.status is LoanStatus.CANCELLED
    assert {lender_id: platform.wallets.balance_of(lender_id).balance for lender_id in before} == before
    balances = assert_books_balance(storage)
    assert balances.get("platform:fees", 0) == 0
    assert balances[f"loan:{loan_id}"] == 0


def test_lapsed_funding_voids_every_acceptance_and_opens_the_loan_again(
    platform: Platform, storage: Storage, clock: FixedClock
) -> None:
    parts = [Money.of("300.00"), Money.of("700.00")]
    borrower = a_person(platform, Role.BORROWER, "borrower")
    lenders = [a_person(platform, Role.LENDER, f"lender{n}", funds="1000.00") for n in range(2)]
    loan_id = an_accepted_loan(platform, borrower, lenders, parts)
    platform.loans.funding.fund(lenders[0], loan_id)

    clock.advance(days=7)
    platform.loans.clockwork.act(loan_id)
    work_until_done(platform, storage)

    found = repository(platform).find_with_offers(loan_id, consistent=True)
    assert found is not None
    loan, offers = found
    assert loan.status is LoanStatus.REQUESTED
    assert loan.accepted == loan.funded == Money(0)
    assert loan.annual_rate == Rate.percent("12")
    assert [offer.lender_id for offer in offers] == [lenders[0].user_id]
    assert not offers[0].is_accepted
    assert platform.wallets.balance_of(lenders[0].user_id).balance == Money.of("1000.00")
    assert_books_balance(storage)


def test_a_request_that_nobody_covered_expires(platform: Platform, clock: FixedClock) -> None:
    borrower = a_person(platform, Role.BORROWER, "borrower")
    loan = platform.loans.requests.request(borrower, LoanTerms(Money.of("100.00"), Rate.percent("5"), 3)).value.loan

    clock.advance(days=29)
    platform.loans.clockwork.act(loan.id)
    assert repository(platform).find(loan.id, consistent=True).status is LoanStatus.REQUESTED  # type: ignore[union-attr]  # it exists
    clock.advance(days=1)
    platform.loans.clockwork.act(loan.id)

    expired = repository(platform).find(loan.id, consistent=True)
    assert expired is not None
    assert expired.status is LoanStatus.CANCELLED
    assert expired.next_action_on is None


def test_what_is_due_for_default_date_is_written_off_and_recoveries_lower_it(
    platform: Platform, storage: Storage, clock: FixedClock
) -> None:
    loan_id, borrower, _, _ = a_funded_loan(platform, 3, "900.00")

    clock.advance(days=31 + 119)
    platform.loans.clockwork.act(loan_id)
    assert repository(platform).find(loan_id, consistent=True).status is LoanStatus.FUNDED  # type: ignore[union-attr]  # it exists
    clock.advance(days=1)
    platform.loans.clockwork.act(loan_id)

    loan = repository(platform).find(loan_id, consistent=True)
    assert loan is not None
    assert loan.status is LoanStatus.DEFAULTED
    assert loan.written_off == Money.of("900.00")
    assert loan.outstanding == Money(0)

    paid = platform.loans.repayment.pay(borrower, loan_id).value

    assert paid.view.loan.status is LoanStatus.DEFAULTED
    assert paid.view.loan.written_off == Money.of("900.00") - paid.payment.principal
    assert_books_balance(storage)
