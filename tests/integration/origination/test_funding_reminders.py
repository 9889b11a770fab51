"""Lenders who have not funded are reminded before the funding lapses, and notified if their money does not suffice."""

from datetime import date, timedelta
from typing import Any, Final

import pytest

from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import UnwindKind
from chalicelib.origination.service import unfunded_loans
from chalicelib.origination.service.triggers import CHECK_OFFERS, check_subscribed_loan
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.concurrent_calls import run_concurrently
from tests.factories import ServiceFactory
from tests.killed_process import killed_at_write
from tests.stored_state import stored_loan, stored_offers

SUBSCRIBED: Final = date(2026, 1, 15)
LAPSE: Final = SUBSCRIBED + timedelta(days=7)


@pytest.fixture
def rich(service_factory: ServiceFactory) -> Actor:
    return service_factory.lender("2000.00")


@pytest.fixture
def poor(service_factory: ServiceFactory) -> Actor:
    """A lender whose balance covers the principal, and not the fee share."""
    return service_factory.lender("400.00")


@pytest.fixture
def loan_id(service_factory: ServiceFactory, clock: FixedClock, rich: Actor, poor: Actor) -> str:
    clock.set_date(SUBSCRIBED)
    return service_factory.subscribed_loan(service_factory.borrower(), {rich: "600.00", poor: "400.00"})


def check(container: Container, loan_id: str) -> int:
    return container.worker.do(BackgroundJob(CHECK_OFFERS, loan_id))


def run_on(container: Container, clock: FixedClock, day: date) -> dict[str, int]:
    clock.set_date(day)
    return {name: count for name, count in container.lifecycle.expire_stale().items() if count}


def reminders(container: Container, loan_id: str) -> dict[str, tuple[int, bool, date]]:
    """Days left, whether backed, and day of each offer's last reminder, by lender."""
    return {
        offer.lender_id: (offer.reminder.days_left, offer.reminder.is_backed, offer.reminder.at.date())
        for offer in stored_offers(container, loan_id)
        if offer.reminder
    }


def test_unbacked_offer_is_recorded_at_full_subscription(container: Container, loan_id: str, poor: Actor) -> None:
    assert check(container, loan_id) == 1
    assert reminders(container, loan_id) == {poor.user_id: (7, False, SUBSCRIBED)}
    assert check(container, loan_id) == 0


def test_lenders_are_reminded_two_days_and_one_day_before(
    container: Container, clock: FixedClock, loan_id: str, rich: Actor, poor: Actor
) -> None:
    found = []
    for days in range(1, 8):
        day = SUBSCRIBED + timedelta(days=days)
        found.append(run_on(container, clock, day))
        assert run_on(container, clock, day) == {}
        if days in (5, 6):
            left = 7 - days
            assert reminders(container, loan_id) == {
                rich.user_id: (left, True, day),
                poor.user_id: (left, False, day),
            }

    reminded = {"due": 1, "reminded": 1}
    assert found == [{}, {}, {}, {}, reminded, reminded, {"due": 1, "lapsed": 1}]
    assert stored_loan(container, loan_id).refunding is UnwindKind.LAPSE


def test_funded_offers_are_not_reminded(
    container: Container, clock: FixedClock, loan_id: str, rich: Actor, poor: Actor
) -> None:
    container.funding.fund(rich, loan_id)

    run_on(container, clock, LAPSE - timedelta(days=2))

    assert reminders(container, loan_id).keys() == {poor.user_id}


def test_money_that_arrives_backs_the_offer(container: Container, clock: FixedClock, loan_id: str, poor: Actor) -> None:
    run_on(container, clock, LAPSE - timedelta(days=2))
    container.wallets.deposit(poor, Money.of("10.00"), "")

    run_on(container, clock, LAPSE - timedelta(days=1))

    assert reminders(container, loan_id)[poor.user_id] == (1, True, LAPSE - timedelta(days=1))
    container.funding.fund(poor, loan_id)


def test_late_run_records_the_latest_reminder(container: Container, clock: FixedClock, loan_id: str) -> None:
    assert run_on(container, clock, LAPSE - timedelta(days=1)) == {"due": 1, "reminded": 1}
    assert {each[0] for each in reminders(container, loan_id).values()} == {1}

    assert run_on(container, clock, LAPSE + timedelta(days=3)) == {"due": 1, "lapsed": 1}


def test_next_round_is_reminded_again(
    container: Container, clock: FixedClock, loan_id: str, service_factory: ServiceFactory, rich: Actor
) -> None:
    run_on(container, clock, LAPSE - timedelta(days=2))
    borrower = Actor(stored_loan(container, loan_id).borrower_id, "b", service_factory.borrower().role)
    container.loan_requests.release(borrower, loan_id)
    assert stored_loan(container, loan_id).funding_lapses_on is None
    offer = service_factory.make_offer(rich, loan_id, "1000.00")
    container.offers.accept(borrower, loan_id, [offer.id])

    assert stored_loan(container, loan_id).funding_lapses_on == LAPSE + timedelta(days=5)
    assert reminders(container, loan_id) == {}
    run_on(container, clock, LAPSE + timedelta(days=3))
    assert reminders(container, loan_id) == {rich.user_id: (2, True, LAPSE + timedelta(days=3))}


@pytest.mark.parametrize("write", [1, 2])
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_killed_run_reminds_each_lender_once(
    container: Container,
    clock: FixedClock,
    loan_id: str,
    monkeypatch: pytest.MonkeyPatch,
    after: bool,
    write: int,
) -> None:
    monkeypatch.setattr(unfunded_loans, "BATCH", 1)
    clock.set_date(LAPSE - timedelta(days=2))

    killed_at_write(monkeypatch, container.lifecycle.expire_stale, write, after=after)
    first = {offer.lender_id: offer.reminder for offer in stored_offers(container, loan_id) if offer.reminder}
    clock.advance(hours=1)
    container.lifecycle.expire_stale()

    last = {offer.lender_id: offer.reminder for offer in stored_offers(container, loan_id)}
    assert len([each for each in last.values() if each]) == 2
    assert {lender: last[lender] for lender in first} == first
    assert stored_loan(container, loan_id).next_action_on == LAPSE - timedelta(days=1)


def test_overlapping_runs_remind_each_lender_once(container: Container, clock: FixedClock, loan_id: str) -> None:
    version = stored_loan(container, loan_id).version
    clock.set_date(LAPSE - timedelta(days=2))

    run_concurrently([container.lifecycle.expire_stale] * 4)

    assert stored_loan(container, loan_id).version == version + 1
    assert {each[0] for each in reminders(container, loan_id).values()} == {2}


def test_only_full_subscription_asks_for_a_check() -> None:
    def job(before: str | None, after: str | None, sort_key: str = "LOAN") -> BackgroundJob | None:
        change: dict[str, Any] = {"Keys": {"pk": {"S": "LOAN#L"}, "sk": {"S": sort_key}}}
        change |= {"OldImage": {"status": {"S": before}}} if before else {}
        change |= {"NewImage": {"status": {"S": after}}} if after else {}
        return check_subscribed_loan({"eventName": "MODIFY", "dynamodb": change})

    assert job("REQUESTED", "PENDING_FUNDING") == job(None, "PENDING_FUNDING") == BackgroundJob(CHECK_OFFERS, "L")
    assert job("PENDING_FUNDING", "PENDING_FUNDING") is None
    assert job("PENDING_FUNDING", None) is None
    assert job("PENDING_FUNDING", "FUNDED") is None
    assert job("REQUESTED", "PENDING_FUNDING", "SCHEDULE") is None
