"""Loans subscribed by rules: funded from reservations, each lender once, and unwound without losing a cent."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.auto_invest.domain import Reason
from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.origination.service.funding import FUND_AUTO_INVEST_OFFERS
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money, Rate
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.integration.auto_invest.auto_invest import (
    accept_rule_offer,
    assert_holds_agree,
    effects_by_loan,
    freeze,
    held,
    offer_of,
    the_rule,
)
from tests.killing import killed_at_write
from tests.stored_state import assert_ledger_balances, outbox, stored_loan, stored_offers
from tests.streams import Background

COUNT = 30


def lenders_with_rules(container: Container, background: Background, count: int, amount: str = "100.00") -> list[Actor]:
    lenders = [ServiceFactory(container).lender("1000.00") for number in range(count)]
    for lender in lenders:
        ServiceFactory(container).rule(lender, amount=amount)
    background.settle()
    return lenders


def a_covered_loan(
    container: Container, background: Background, lenders: list[Actor], *, by_hand: str = ""
) -> tuple[str, Actor, Actor | None]:
    """A loan of 100.00 per rule; a manual offer of ``by_hand`` replaces the part of the last rules."""
    borrower = ServiceFactory(container).borrower()
    loan_id = ServiceFactory(container).open_loan(borrower, amount=f"{100 * len(lenders)}.00")
    background.settle()
    manual: Actor | None = None
    left = list(lenders)
    if by_hand:
        manual = ServiceFactory(container).lender("5000.00")
        made = container.offers.make(manual, loan_id, Rate.percent("11.00"), Money.of(by_hand)).value
        container.offers.accept(borrower, loan_id, made.id)
        left = lenders[: -(Money.of(by_hand).cents // 10_000)]
    for lender in left:
        accept_rule_offer(container, borrower, loan_id, lender)
    return loan_id, borrower, manual


def funding_job(storage: Storage, loan_id: str) -> BackgroundJob:
    [job] = outbox(storage)
    assert (job.kind, job.subject) == (FUND_AUTO_INVEST_OFFERS, loan_id)
    return job


def test_loan_subscribed_by_rules_is_funded_automatically(
    container: Container, storage: Storage, background: Background
) -> None:
    lenders = lenders_with_rules(container, background, COUNT)
    loan_id, borrower, _ = a_covered_loan(container, background, lenders)

    background.settle()

    loan, offers = stored_loan(container, loan_id), stored_offers(container, loan_id)
    assert loan.status is LoanStatus.FUNDED
    assert loan.reservations == 0
    assert all(offer.is_funded for offer in offers)
    assert container.wallets.balance_of(borrower.user_id).balance == Money.of("3000.00")
    paid = [Money.of("1000.00") - container.wallets.balance_of(lender.user_id).available for lender in lenders]
    assert Money.total(paid) == Money.of("3003.75")
    assert {amount.cents for amount in paid} <= {10_012, 10_013}
    shown = the_rule(container, lenders[0])
    assert (shown.exposure.reserved, shown.exposure.invested) == (Money(0), Money.of("100.00"))
    assert outbox(storage) == []
    assert assert_ledger_balances(storage)["platform:fees"] == 375
    assert_holds_agree(storage)


def test_unaccepted_rule_offers_are_released(container: Container, storage: Storage, background: Background) -> None:
    lenders = lenders_with_rules(container, background, 5)
    loan_id, _, manual = a_covered_loan(container, background, lenders, by_hand="200.00")
    assert manual is not None

    container.funding.fund(manual, loan_id)
    background.settle()

    assert stored_loan(container, loan_id).status is LoanStatus.FUNDED
    assert [offer_of(container, loan_id, lender) for lender in lenders[3:]] == [None, None]
    assert [held(container, lender) for lender in lenders] == [Money(0)] * 5
    effect = effects_by_loan(the_rule(container, lenders[4]))[loan_id]
    assert effect.reason is Reason.NOT_TAKEN
    assert_holds_agree(storage)


def test_manual_last_funding_leaves_no_reservation(
    container: Container, storage: Storage, background: Background
) -> None:
    lenders = lenders_with_rules(container, background, 2)
    loan_id, _, manual = a_covered_loan(container, background, lenders, by_hand="200.00")
    assert manual is not None

    container.funding.fund(manual, loan_id)
    assert stored_loan(container, loan_id).status is LoanStatus.FUNDED
    assert [held(container, lender) for lender in lenders] != [Money(0)] * 2
    background.settle()

    assert [held(container, lender) for lender in lenders] == [Money(0)] * 2
    assert_holds_agree(storage)


def test_lender_may_fund_a_reserved_offer(container: Container, storage: Storage, background: Background) -> None:
    lenders = lenders_with_rules(container, background, 2)
    loan_id, _, _ = a_covered_loan(container, background, lenders)

    container.funding.fund(lenders[0], loan_id)

    assert held(container, lenders[0]) == Money(0)
    assert stored_loan(container, loan_id).reservations == 1
    assert_holds_agree(storage)
    background.settle()
    assert stored_loan(container, loan_id).status is LoanStatus.FUNDED
    assert_holds_agree(storage)


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_interrupted_worker_funds_every_lender_once(
    container: Container, storage: Storage, background: Background, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    lenders = lenders_with_rules(container, background, COUNT + 2)
    loan_id, _, manual = a_covered_loan(container, background, lenders, by_hand="200.00")
    assert manual is not None
    container.funding.fund(manual, loan_id)
    work = funding_job(storage, loan_id)

    for number in (1, 1, 1) if after else (1, 2, 2):  # releases, 25 funded, 5 funded and paid out
        killed_at_write(monkeypatch, lambda: container.worker.do(work), number, after=after)
        assert_holds_agree(storage)
    container.worker.do(work)
    container.worker.do(work)

    loan, offers = stored_loan(container, loan_id), stored_offers(container, loan_id)
    assert loan.status is LoanStatus.FUNDED
    assert sum(offer.is_funded for offer in offers) == COUNT + 1
    assert outbox(storage) == []
    balances = assert_ledger_balances(storage)
    assert balances["platform:fees"] == 375
    assert balances.get(f"loan:{loan_id}", 0) == 0
    assert_holds_agree(storage)


def test_concurrent_workers_fund_every_lender_once(
    container: Container, storage: Storage, background: Background
) -> None:
    lenders = lenders_with_rules(container, background, COUNT)
    loan_id, _, _ = a_covered_loan(container, background, lenders)
    work = funding_job(storage, loan_id)

    with ThreadPoolExecutor(3) as pool:
        served = list(pool.map(container.worker.do, [work] * 3))

    assert sum(served) == COUNT
    assert stored_loan(container, loan_id).status is LoanStatus.FUNDED
    assert_ledger_balances(storage)
    assert_holds_agree(storage)


def test_frozen_lender_is_skipped_until_unfrozen(
    container: Container, storage: Storage, clock: FixedClock, background: Background
) -> None:
    lenders = lenders_with_rules(container, background, 4)
    loan_id, _, _ = a_covered_loan(container, background, lenders)
    freeze(container, lenders[1], frozen=True)

    background.settle()

    loan, offers = stored_loan(container, loan_id), stored_offers(container, loan_id)
    assert (loan.status, loan.reservations) == (LoanStatus.PENDING_FUNDING, 1)
    assert [offer.lender_id for offer in offers if not offer.is_funded] == [lenders[1].user_id]
    assert_holds_agree(storage)
    freeze(container, lenders[1], frozen=False)
    clock.advance(minutes=6)
    assert container.worker.send_again() == {"sent": 1}
    background.settle()
    assert stored_loan(container, loan_id).status is LoanStatus.FUNDED
    assert_holds_agree(storage)


def test_cancelled_request_releases_every_reservation(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lenders = lenders_with_rules(container, background, COUNT)
    borrower = service_factory.borrower()
    loan_id = service_factory.open_loan(borrower, amount="3000.00")
    background.settle()
    accept_rule_offer(container, borrower, loan_id, lenders[0])

    container.loan_requests.cancel(borrower, loan_id)
    background.settle()

    assert stored_loan(container, loan_id).status is LoanStatus.CANCELLED
    assert [container.wallets.balance_of(each.user_id).available for each in lenders] == [Money.of("1000.00")] * COUNT
    shown = the_rule(container, lenders[0])
    assert shown.exposure.total == Money(0)
    assert effects_by_loan(shown)[loan_id].reason is Reason.NOT_TAKEN
    assert_holds_agree(storage)


def test_expired_request_releases_every_reservation(
    container: Container, service_factory: ServiceFactory, storage: Storage, clock: FixedClock, background: Background
) -> None:
    lenders = lenders_with_rules(container, background, 3)
    loan_id = service_factory.open_loan(service_factory.borrower(), amount="3000.00")
    background.settle()

    clock.advance(days=30)
    assert container.lifecycle.expire_stale()["expired"] == 1
    background.settle()

    assert [held(container, lender) for lender in lenders] == [Money(0)] * 3
    assert stored_loan(container, loan_id).status is LoanStatus.CANCELLED
    assert_holds_agree(storage)


def test_single_reservation_is_released_on_expiry(
    container: Container, service_factory: ServiceFactory, storage: Storage, clock: FixedClock, background: Background
) -> None:
    [lender] = lenders_with_rules(container, background, 1)
    loan_id = service_factory.open_loan(service_factory.borrower(), amount="3000.00")
    background.settle()
    assert held(container, lender) > Money(0)

    clock.advance(days=30)
    assert container.lifecycle.expire_stale()["expired"] == 1

    assert held(container, lender) == Money(0)
    assert stored_loan(container, loan_id).status is LoanStatus.CANCELLED
    assert_holds_agree(storage)


def test_rules_consider_a_lapsed_loan_again(
    container: Container, storage: Storage, clock: FixedClock, background: Background
) -> None:
    lenders = lenders_with_rules(container, background, 4)
    loan_id, _, _ = a_covered_loan(container, background, lenders, by_hand="200.00")
    background.settle()
    before = [offer_of(container, loan_id, lender) for lender in lenders[:2]]
    assert [each is not None and each.is_funded for each in before] == [True, True]

    clock.advance(days=7)
    assert container.lifecycle.expire_stale()["lapsed"] == 1
    background.settle()

    loan, offers = stored_loan(container, loan_id), stored_offers(container, loan_id)
    assert (loan.status, loan.funded, loan.accepted) == (LoanStatus.REQUESTED, Money(0), Money(0))
    assert sorted(offer.lender_id for offer in offers) == sorted(lender.user_id for lender in lenders)
    assert all(offer.reserved and not offer.is_accepted for offer in offers)
    assert assert_ledger_balances(storage).get(f"loan:{loan_id}", 0) == 0
    assert_holds_agree(storage)


def test_loan_cancelled_during_funding_refunds_once(
    container: Container, storage: Storage, background: Background, monkeypatch: pytest.MonkeyPatch
) -> None:
    lenders = lenders_with_rules(container, background, COUNT)
    loan_id, borrower, _ = a_covered_loan(container, background, lenders)
    work = funding_job(storage, loan_id)
    killed_at_write(monkeypatch, lambda: container.worker.do(work), after=True)

    container.loan_requests.cancel(borrower, loan_id)
    assert container.worker.do(work) == 0
    background.settle()

    assert stored_loan(container, loan_id).status is LoanStatus.CANCELLED
    assert [container.wallets.balance_of(each.user_id).available for each in lenders] == [Money.of("1000.00")] * COUNT
    assert outbox(storage) == []
    balances = assert_ledger_balances(storage)
    assert balances.get("platform:fees", 0) == balances[f"loan:{loan_id}"] == 0
    assert_holds_agree(storage)
