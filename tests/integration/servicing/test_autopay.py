"""Autopay: instalments are paid from the wallet on their due dates, once, whatever runs twice, overlaps or dies."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

import pytest

from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.autopay import AttemptStatus
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms
from chalicelib.servicing.service.lifecycle import ACT_ON_LOAN
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import ZERO, Money, Rate
from chalicelib.shared.settings import Settings
from tests.bulk_loans import funded_shared_loan
from tests.concurrent_calls import run_concurrently
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.killed_process import killed_at_write
from tests.queues import RecordingQueue
from tests.stored_state import assert_ledger_balances, loan_repository, run_outbox, stored_loan

DUE: Final = date(2026, 2, 15)
PAID, FAILED = AttemptStatus.PAID, AttemptStatus.FAILED


def loan_with_autopay(container: Container, *, months: int = 6, balance: str = "") -> tuple[str, Actor]:
    """A loan of 1,000.00 with a mandate; the borrower has exactly ``balance`` in the wallet."""
    loan_id, borrower = funded_loan(container, months=months, balance=balance)
    container.autopay.enable(borrower, loan_id)
    return loan_id, borrower


def funded_loan(container: Container, *, months: int = 6, balance: str = "") -> tuple[str, Actor]:
    factory = ServiceFactory(container)
    borrower = factory.borrower(balance)
    loan_id = factory.funded_loan(borrower, {factory.lender("2000.00"): "1000.00"}, months)
    container.wallets.withdraw(borrower, Money.of("1000.00"), "")
    return loan_id, borrower


def run_on(container: Container, clock: FixedClock, day: date) -> Mapping[str, int]:
    """Run the job on a day; its counts without those that are 0."""
    clock.set_date(day)
    return {name: count for name, count in container.lifecycle.check_overdue().items() if count}


def payments(container: Container, loan_id: str) -> list[tuple[date, int]]:
    """The days and instalments of all payments."""
    page = loan_repository(container).page_of_payments(loan_id, limit=100, after=None)
    return sorted((payment.paid_at.date(), payment.number) for payment in page.items)


def attempts(container: Container, loan_id: str) -> list[tuple[date, int, AttemptStatus, str | None]]:
    return [(each.on, each.number, each.status, each.code) for each in stored_loan(container, loan_id).autopay.attempts]


def test_twelve_instalments_are_paid_on_their_due_days(
    container: Container, clock: FixedClock, storage: Storage
) -> None:
    loan_id, borrower = loan_with_autopay(container, months=12, balance="1066.19")
    due_dates = [*(date(2026, month, 15) for month in range(2, 13)), date(2027, 1, 15)]
    collected = 0

    for _ in range(366):
        clock.advance(days=1)
        for _ in range(2):
            collected += container.lifecycle.check_overdue().get("autopaid", 0)

    assert collected == 12
    assert payments(container, loan_id) == [(day, number) for number, day in enumerate(due_dates, start=1)]
    assert stored_loan(container, loan_id).status is LoanStatus.COMPLETED
    assert container.wallets.balance_of(borrower.user_id).balance == ZERO
    assert_ledger_balances(storage)


def test_failed_attempt_is_retried_until_there_is_money(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = loan_with_autopay(container)
    for days in range(3):
        assert run_on(container, clock, DUE + timedelta(days=days)) == {"due": 1, "autopay_failed": 1}
        assert run_on(container, clock, DUE + timedelta(days=days)) == {}
    container.wallets.deposit(borrower, Money.of("200.00"), "")

    day = DUE + timedelta(days=3)
    assert run_on(container, clock, day) == {"due": 1, "autopaid": 1}

    assert attempts(container, loan_id) == [
        *((DUE + timedelta(days=days), 1, FAILED, "insufficient_funds") for days in range(3)),
        (day, 1, PAID, None),
    ]
    assert payments(container, loan_id) == [(day, 1)]
    assert stored_loan(container, loan_id).next_action_on == date(2026, 3, 12)


def test_autopay_in_time_spares_the_late_fee(
    settings: Settings, clock: FixedClock, queue: RecordingQueue, storage: Storage
) -> None:
    with_fee = replace(settings, late_fee_grace_days=3, late_fee_percent=Rate.percent("5.00"))
    container = Container(with_fee, clock=clock, queue=queue)
    in_time, borrower = loan_with_autopay(container)
    late, _ = loan_with_autopay(container)
    for days in range(5):
        if days == 3:
            container.wallets.deposit(borrower, Money.of("200.00"), "")
        run_on(container, clock, DUE + timedelta(days=days))

    assert "LATE_FEE" not in {entry.type.value for entry in container.wallets.history(borrower, limit=20).entries}
    assert payments(container, in_time) == [(DUE + timedelta(days=3), 1)]
    found = loan_repository(container).find_funded_loan(late, consistent=True)
    assert found is not None
    assert found[1] is not None
    assert found[1].account.instalments[0].late_fee == Money.of("8.63")
    assert_ledger_balances(storage)


def test_five_retries_fail_and_the_loan_is_overdue(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = loan_with_autopay(container)
    for days in range(6):
        assert run_on(container, clock, DUE + timedelta(days=days))["autopay_failed"] == 1
    container.wallets.deposit(borrower, Money.of("200.00"), "")

    for days in range(6, 28):
        reminded = {"due": 1, "accrued": 1} if days in (7, 14) else {}
        assert run_on(container, clock, DUE + timedelta(days=days)) == reminded

    assert [each[0] for each in attempts(container, loan_id)] == [DUE + timedelta(days=days) for days in range(6)]
    assert payments(container, loan_id) == []
    assert stored_loan(container, loan_id).next_due_date == DUE


def test_next_due_date_pays_the_oldest_instalment_first(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = loan_with_autopay(container)
    for days in range(6):
        run_on(container, clock, DUE + timedelta(days=days))
    container.wallets.deposit(borrower, Money.of("200.00"), "")
    following = date(2026, 3, 15)

    assert run_on(container, clock, following) == {"due": 1, "autopay_failed": 1}
    assert payments(container, loan_id) == [(following, 1)]
    assert attempts(container, loan_id)[-2:] == [
        (following, 1, PAID, None),
        (following, 2, FAILED, "insufficient_funds"),
    ]

    container.wallets.deposit(borrower, Money.of("200.00"), "")
    assert run_on(container, clock, following + timedelta(days=1)) == {"due": 1, "autopaid": 1}
    assert payments(container, loan_id)[-1] == (following + timedelta(days=1), 2)


def test_two_due_instalments_are_paid_in_one_run(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = funded_loan(container, balance="500.00")
    run_on(container, clock, date(2026, 3, 20))
    container.autopay.enable(borrower, loan_id)

    assert run_on(container, clock, date(2026, 3, 20)) == {"due": 1, "autopaid": 1}

    assert payments(container, loan_id) == [(date(2026, 3, 20), 1), (date(2026, 3, 20), 2)]
    assert stored_loan(container, loan_id).next_action_on == date(2026, 4, 12)


def test_instalment_paid_by_hand_is_not_charged(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = loan_with_autopay(container, balance="500.00")
    clock.set_date(DUE - timedelta(days=2))
    container.payments.pay(borrower, loan_id)

    assert run_on(container, clock, DUE) == {}

    assert payments(container, loan_id) == [(DUE - timedelta(days=2), 1)]
    assert stored_loan(container, loan_id).next_action_on == date(2026, 3, 12)


def test_rest_of_a_partly_paid_instalment_is_charged(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = loan_with_autopay(container, balance="172.55")
    clock.set_date(DUE)
    container.payments.pay(borrower, loan_id, Money.of("100.00"))

    assert run_on(container, clock, DUE) == {"due": 1, "autopaid": 1}

    assert container.wallets.balance_of(borrower.user_id).balance == ZERO


def test_mandate_given_on_the_due_date_pays_the_same_day(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = funded_loan(container, balance="500.00")
    clock.set_date(DUE)
    container.autopay.enable(borrower, loan_id)

    assert run_on(container, clock, DUE) == {"due": 1, "autopaid": 1}


def test_ended_mandate_pays_nothing(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = loan_with_autopay(container, balance="500.00")
    assert run_on(container, clock, DUE - timedelta(days=3)) == {"due": 1, "reminded": 1}
    assert stored_loan(container, loan_id).next_action_on == DUE
    container.autopay.disable(borrower, loan_id)

    assert run_on(container, clock, DUE) == {"due": 1, "reminded": 1}
    assert run_on(container, clock, DUE + timedelta(days=1)) == {"due": 1, "accrued": 1}

    assert payments(container, loan_id) == []


def test_mandate_keeps_an_action_that_is_due(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = funded_loan(container)
    run_on(container, clock, DUE)
    clock.set_date(DUE + timedelta(days=1))

    container.autopay.enable(borrower, loan_id)
    container.autopay.disable(borrower, loan_id)

    assert stored_loan(container, loan_id).next_action_on == DUE + timedelta(days=1)


def test_payment_needs_neither_token_nor_active_account(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = loan_with_autopay(container, balance="500.00")
    writes = loan_repository(container).writes()
    container.wallets.add_freeze(writes, borrower.user_id, frozen=True)
    writes.commit()
    revocation = loan_repository(container).writes()
    container.wallets.add_revocation(revocation, borrower.user_id, 2**42)
    revocation.commit()

    assert run_on(container, clock, DUE) == {"due": 1, "autopaid": 1}

    assert payments(container, loan_id) == [(DUE, 1)]


def test_many_lenders_are_credited_by_the_worker(container: Container, clock: FixedClock, storage: Storage) -> None:
    shared = funded_shared_loan(container, 22, "2200.00")
    container.autopay.enable(shared.borrower, shared.loan_id)

    assert run_on(container, clock, DUE) == {"due": 1, "autopaid": 1}
    run_outbox(container, storage)

    assert assert_ledger_balances(storage)[f"loan:{shared.loan_id}"] == 0
    assert payments(container, shared.loan_id) == [(DUE, 1)]


def test_reschedule_moves_the_attempt(container: Container, clock: FixedClock, service_factory: ServiceFactory) -> None:
    loan_id, _ = loan_with_autopay(container, balance="500.00")
    operator = service_factory.user(Role.ADMIN)
    plan = container.rescheduling.plan(operator, loan_id, NewTerms(holiday_months=1))
    writes = loan_repository(container).writes()
    container.rescheduling.add(writes, plan, Ground.CONTRACTUAL)
    writes.commit()

    assert run_on(container, clock, DUE) == {}
    assert run_on(container, clock, date(2026, 3, 15)) == {"due": 1, "autopaid": 1}


def test_defaulted_loan_is_not_collected(container: Container, clock: FixedClock) -> None:
    loan_id, borrower = loan_with_autopay(container)
    run_on(container, clock, date(2026, 12, 24))
    container.wallets.deposit(borrower, Money.of("5000.00"), "")

    assert run_on(container, clock, date(2026, 12, 25)) == {}

    loan = stored_loan(container, loan_id)
    assert (loan.status, loan.next_action_on) == (LoanStatus.DEFAULTED, None)
    assert payments(container, loan_id) == []


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_killed_payment_has_one_effect(
    container: Container, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    loan_id, _ = loan_with_autopay(container, balance="500.00")
    clock.set_date(DUE)

    killed_at_write(monkeypatch, container.lifecycle.check_overdue, after=after)
    container.lifecycle.check_overdue()
    container.lifecycle.check_overdue()

    assert attempts(container, loan_id) == [(DUE, 1, PAID, None)]
    assert payments(container, loan_id) == [(DUE, 1)]


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_death_after_a_failed_payment_repeats_the_attempt(
    container: Container, clock: FixedClock, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    """The first transaction is refused; the second records the failure."""
    loan_id, borrower = loan_with_autopay(container)
    clock.set_date(DUE)

    killed_at_write(monkeypatch, container.lifecycle.check_overdue, 2, after=after)
    container.wallets.deposit(borrower, Money.of("500.00"), "")
    container.lifecycle.check_overdue()

    assert payments(container, loan_id) == ([] if after else [(DUE, 1)])
    assert len(attempts(container, loan_id)) == 1


def test_collected_instalment_is_not_collected_again(container: Container, clock: FixedClock) -> None:
    """A second run may have decided to collect before the first one paid."""
    loan_id, borrower = loan_with_autopay(container, balance="500.00")
    clock.set_date(DUE)
    assert container.payments.collect(loan_id) is not None

    assert container.payments.collect(loan_id) is None

    assert payments(container, loan_id) == [(DUE, 1)]
    assert container.wallets.balance_of(borrower.user_id).balance == Money.of("327.45")


def test_concurrent_workers_charge_an_instalment_once(
    container: Container, clock: FixedClock, storage: Storage
) -> None:
    loan_id, borrower = loan_with_autopay(container, balance="500.00")
    clock.set_date(DUE)
    job = BackgroundJob(ACT_ON_LOAN, loan_id)

    run_concurrently([lambda: container.worker.do(job)] * 4 + [container.lifecycle.check_overdue])

    assert payments(container, loan_id) == [(DUE, 1)]
    assert container.wallets.balance_of(borrower.user_id).balance == Money.of("327.45")
    assert_ledger_balances(storage)


def test_concurrent_payment_by_hand_is_not_doubled(container: Container, clock: FixedClock, storage: Storage) -> None:
    """The amount is that of the due instalment: whichever comes first pays it, and the other one pays nothing twice."""
    loan_id, borrower = loan_with_autopay(container, balance="1200.00")
    clock.set_date(DUE)
    instalment = Money.of("172.55")

    run_concurrently(
        [
            lambda: container.lifecycle.check_overdue(),
            lambda: container.payments.pay(borrower, loan_id, instalment),
        ]
    )

    assert sorted(payments(container, loan_id)) in ([(DUE, 1)], [(DUE, 1), (DUE, 2)])
    found = loan_repository(container).find_funded_loan(loan_id, consistent=True)
    assert found is not None
    assert found[1] is not None
    paid = Money.total(row.paid_amount for row in found[1].account.instalments)
    assert container.wallets.balance_of(borrower.user_id).balance == Money.of("1200.00") - paid
    assert found[1].account.instalments[0].paid_amount == instalment
    assert_ledger_balances(storage)
