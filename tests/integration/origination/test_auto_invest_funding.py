"""Loans subscribed by rules: funded from reservations, each lender once, and unwound without losing a cent."""

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.auto_invest.domain import Reason
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.origination.service.funding import FUND_AUTO_INVEST_OFFERS
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.integration.auto_invest_market import AutoInvestMarket
from tests.killed_process import killed_at_write
from tests.stored_state import assert_ledger_balances, outbox, stored_loan, stored_offers

COUNT = 30
MANUAL_AMOUNT = "200.00"


def subscribed_loan(market: AutoInvestMarket, lenders: list[Actor]) -> tuple[str, Actor]:
    """A loan of 100.00 per rule, whose offers are all accepted, and its borrower."""
    borrower = market.factory.borrower()
    loan_id = market.open_loan(borrower, f"{100 * len(lenders)}.00")
    for lender in lenders:
        market.accept_rule_offer(borrower, loan_id, lender)
    return loan_id, borrower


def subscribed_with_manual_offer(market: AutoInvestMarket, lenders: list[Actor]) -> tuple[str, Actor]:
    """A loan of 100.00 per rule, where a manual offer replaces the last two rules, and the manual lender."""
    borrower, manual = market.factory.borrower(), market.factory.lender("5000.00")
    loan_id = market.open_loan(borrower, f"{100 * len(lenders)}.00")
    market.factory.accept_offer(borrower, manual, loan_id, MANUAL_AMOUNT, "11.00")
    for lender in lenders[:-2]:
        market.accept_rule_offer(borrower, loan_id, lender)
    return loan_id, manual


def funding_job(market: AutoInvestMarket, loan_id: str) -> BackgroundJob:
    [job] = outbox(market.storage)
    assert (job.kind, job.subject) == (FUND_AUTO_INVEST_OFFERS, loan_id)
    return job


def status(market: AutoInvestMarket, loan_id: str) -> LoanStatus:
    return stored_loan(market.container, loan_id).status


def assert_all_have_their_money(market: AutoInvestMarket, lenders: list[Actor]) -> None:
    assert {market.wallet(lender).available for lender in lenders} == {Money.of("1000.00")}


def test_loan_subscribed_by_rules_is_funded_automatically(market: AutoInvestMarket) -> None:
    lenders = market.lenders(COUNT)
    loan_id, borrower = subscribed_loan(market, lenders)

    market.background.settle()

    loan, offers = stored_loan(market.container, loan_id), stored_offers(market.container, loan_id)
    assert (loan.status, loan.reservations) == (LoanStatus.FUNDED, 0)
    assert all(offer.is_funded for offer in offers)
    assert market.wallet(borrower).balance == Money.of("3000.00")
    paid = [Money.of("1000.00") - market.wallet(lender).available for lender in lenders]
    assert Money.total(paid) == Money.of("3003.75")
    assert {amount.cents for amount in paid} <= {10_012, 10_013}
    shown = market.rule_view(lenders[0])
    assert (shown.exposure.reserved, shown.exposure.invested) == (Money(0), Money.of("100.00"))
    assert outbox(market.storage) == []
    assert assert_ledger_balances(market.storage)["platform:fees"] == 375


def test_unaccepted_rule_offers_are_released(market: AutoInvestMarket) -> None:
    lenders = market.lenders(5)
    loan_id, manual = subscribed_with_manual_offer(market, lenders)

    market.container.funding.fund(manual, loan_id)
    market.background.settle()

    assert status(market, loan_id) is LoanStatus.FUNDED
    assert [market.find_offer(loan_id, lender) for lender in lenders[3:]] == [None, None]
    assert market.reserved(*lenders) == Money(0)
    assert market.result(loan_id, lenders[4]).reason is Reason.NOT_TAKEN


def test_manual_last_funding_leaves_no_reservation(market: AutoInvestMarket) -> None:
    lenders = market.lenders(2)
    loan_id, manual = subscribed_with_manual_offer(market, lenders)

    market.container.funding.fund(manual, loan_id)
    assert status(market, loan_id) is LoanStatus.FUNDED
    assert market.reserved(*lenders) > Money(0)
    market.background.settle()

    assert market.reserved(*lenders) == Money(0)


def test_lender_may_fund_a_reserved_offer(market: AutoInvestMarket) -> None:
    lenders = market.lenders(2)
    loan_id, _ = subscribed_loan(market, lenders)

    market.container.funding.fund(lenders[0], loan_id)

    assert market.reserved(lenders[0]) == Money(0)
    assert stored_loan(market.container, loan_id).reservations == 1
    market.assert_reservations_agree()
    market.background.settle()
    assert status(market, loan_id) is LoanStatus.FUNDED


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_interrupted_worker_funds_every_lender_once(
    market: AutoInvestMarket, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    container = market.container
    loan_id, manual = subscribed_with_manual_offer(market, market.lenders(COUNT + 2))
    container.funding.fund(manual, loan_id)
    job = funding_job(market, loan_id)

    for number in (1, 1, 1) if after else (1, 2, 2):  # releases, 25 funded, 5 funded and paid out
        killed_at_write(monkeypatch, lambda: container.worker.do(job), number, after=after)
        market.assert_reservations_agree()
    container.worker.do(job)
    container.worker.do(job)

    assert status(market, loan_id) is LoanStatus.FUNDED
    assert sum(offer.is_funded for offer in stored_offers(container, loan_id)) == COUNT + 1
    assert outbox(market.storage) == []
    balances = assert_ledger_balances(market.storage)
    assert balances["platform:fees"] == 375
    assert balances.get(f"loan:{loan_id}", 0) == 0


def test_concurrent_workers_fund_every_lender_once(market: AutoInvestMarket) -> None:
    loan_id, _ = subscribed_loan(market, market.lenders(COUNT))
    job = funding_job(market, loan_id)

    with ThreadPoolExecutor(3) as pool:
        funded = list(pool.map(market.container.worker.do, [job] * 3))

    assert sum(funded) == COUNT
    assert status(market, loan_id) is LoanStatus.FUNDED


def test_frozen_lender_is_skipped_until_unfrozen(market: AutoInvestMarket, clock: FixedClock) -> None:
    lenders = market.lenders(4)
    loan_id, _ = subscribed_loan(market, lenders)
    market.freeze(lenders[1])

    market.background.settle()

    loan, offers = stored_loan(market.container, loan_id), stored_offers(market.container, loan_id)
    assert (loan.status, loan.reservations) == (LoanStatus.PENDING_FUNDING, 1)
    assert [offer.lender_id for offer in offers if not offer.is_funded] == [lenders[1].user_id]
    market.assert_reservations_agree()
    market.freeze(lenders[1], frozen=False)
    clock.advance(minutes=6)
    assert market.container.worker.send_again() == {"sent": 1}
    market.background.settle()
    assert status(market, loan_id) is LoanStatus.FUNDED


def test_cancelled_request_releases_every_reservation(market: AutoInvestMarket) -> None:
    lenders, borrower = market.lenders(COUNT), market.factory.borrower()
    loan_id = market.open_loan(borrower, "3000.00")
    market.accept_rule_offer(borrower, loan_id, lenders[0])

    market.container.loan_requests.cancel(borrower, loan_id)
    market.background.settle()

    assert status(market, loan_id) is LoanStatus.CANCELLED
    assert_all_have_their_money(market, lenders)
    assert market.rule_view(lenders[0]).exposure.total == Money(0)
    assert market.result(loan_id, lenders[0]).reason is Reason.NOT_TAKEN


@pytest.mark.parametrize(("count", "has_job"), [(1, False), (3, True)])
def test_expired_request_releases_every_reservation(
    market: AutoInvestMarket, clock: FixedClock, count: int, has_job: bool
) -> None:
    lenders = market.lenders(count)
    loan_id = market.open_loan(amount="3000.00")
    assert market.reserved(*lenders) > Money(0)

    clock.advance(days=30)
    assert market.container.lifecycle.expire_stale()["expired"] == 1
    assert bool(outbox(market.storage)) is has_job  # a single reservation is released with the loan
    market.background.settle()

    assert market.reserved(*lenders) == Money(0)
    assert status(market, loan_id) is LoanStatus.CANCELLED


def test_rules_consider_a_lapsed_loan_again(market: AutoInvestMarket, clock: FixedClock) -> None:
    lenders = market.lenders(4)
    loan_id, _ = subscribed_with_manual_offer(market, lenders)
    market.background.settle()
    assert all(market.offer(loan_id, lender).is_funded for lender in lenders[:2])

    clock.advance(days=7)
    assert market.container.lifecycle.expire_stale()["lapsed"] == 1
    market.background.settle()

    loan, offers = stored_loan(market.container, loan_id), stored_offers(market.container, loan_id)
    assert (loan.status, loan.funded, loan.accepted) == (LoanStatus.REQUESTED, Money(0), Money(0))
    assert sorted(offer.lender_id for offer in offers) == sorted(lender.user_id for lender in lenders)
    assert all(offer.reserved and not offer.is_accepted for offer in offers)
    assert assert_ledger_balances(market.storage).get(f"loan:{loan_id}", 0) == 0


def test_loan_cancelled_during_funding_refunds_once(market: AutoInvestMarket, monkeypatch: pytest.MonkeyPatch) -> None:
    lenders = market.lenders(COUNT)
    loan_id, borrower = subscribed_loan(market, lenders)
    job = funding_job(market, loan_id)
    killed_at_write(monkeypatch, lambda: market.container.worker.do(job), after=True)

    market.container.loan_requests.cancel(borrower, loan_id)
    assert market.container.worker.do(job) == 0
    market.background.settle()

    assert status(market, loan_id) is LoanStatus.CANCELLED
    assert_all_have_their_money(market, lenders)
    assert outbox(market.storage) == []
    balances = assert_ledger_balances(market.storage)
    assert balances.get("platform:fees", 0) == balances[f"loan:{loan_id}"] == 0
