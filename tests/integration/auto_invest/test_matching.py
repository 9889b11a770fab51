"""Matching of auto-invest rules and loans on the real database: placements, limits, waits."""

from __future__ import annotations

from chalicelib.auto_invest.domain import Outcome, Reason
from chalicelib.auto_invest.service.matching import MATCH_LENDER, MATCH_LOAN
from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
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
from tests.streams import Background


def test_requested_loan_gets_an_offer_with_reservation(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    rule = service_factory.rule(lender, amount="100.00").rule
    background.settle()

    loan_id = service_factory.open_loan(service_factory.borrower())
    background.settle()

    offer = offer_of(container, loan_id, lender)
    assert offer is not None
    assert (offer.amount, offer.annual_rate, offer.rule_id) == (Money.of("100.00"), Rate.percent("12.00"), rule.id)
    wallet = container.wallets.balance_of(lender.user_id)
    assert (wallet.available, wallet.reserved) == (Money.of("399.62"), Money.of("100.38"))
    shown = the_rule(container, lender)
    assert shown.exposure.reserved == Money.of("100.38")
    assert shown.rule.placed_count == 1
    assert effects_by_loan(shown)[loan_id].outcome is Outcome.PLACED
    assert_holds_agree(storage)


def test_unmatched_loan_gets_no_offer(
    container: Container, service_factory: ServiceFactory, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    service_factory.rule(lender, min_rate="12.01")
    service_factory.rule(lender, max_term=5)
    background.settle()

    service_factory.open_loan(service_factory.borrower(), rate="12.00")
    background.settle()

    assert held(container, lender) == Money(0)


def test_new_money_is_placed_in_open_loans(
    container: Container, service_factory: ServiceFactory, storage: Storage, clock: FixedClock, background: Background
) -> None:
    lender = service_factory.lender()
    service_factory.rule(lender)
    older = service_factory.open_loan(service_factory.borrower())
    background.settle()
    clock.advance(seconds=1)
    newer = service_factory.open_loan(service_factory.borrower())
    background.settle()
    assert effects_by_loan(the_rule(container, lender))[older].reason is Reason.INSUFFICIENT_FUNDS

    container.wallets.deposit(lender, Money.of("150.00"), "")
    background.settle()

    assert offer_of(container, newer, lender) is not None
    assert offer_of(container, older, lender) is None
    container.wallets.deposit(lender, Money.of("100.00"), "")
    background.settle()
    assert offer_of(container, older, lender) is not None
    assert_holds_agree(storage)


def test_new_rule_considers_open_loans(
    container: Container, service_factory: ServiceFactory, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    loan_id = service_factory.open_loan(service_factory.borrower())
    background.settle()

    service_factory.rule(lender)
    background.settle()

    assert offer_of(container, loan_id, lender) is not None


def test_repeated_match_places_once(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    service_factory.rule(lender)
    loan_id = service_factory.open_loan(service_factory.borrower())
    background.settle()

    assert container.worker.do(BackgroundJob(MATCH_LOAN, loan_id)) == 0
    assert container.worker.do(BackgroundJob(MATCH_LENDER, lender.user_id)) == 0

    assert held(container, lender) == Money.of("100.38")
    assert_holds_agree(storage)


def test_rules_place_only_the_needed_amount(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lenders = [service_factory.lender("500.00") for number in range(5)]
    for lender in lenders:
        service_factory.rule(lender, amount="400.00")
    background.settle()

    loan_id = service_factory.open_loan(service_factory.borrower(), amount="1000.00")
    background.settle()

    assert sum(offer_of(container, loan_id, lender) is not None for lender in lenders) == 3
    assert_holds_agree(storage)


def test_rule_of_frozen_lender_places_nothing(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    service_factory.rule(lender)
    background.settle()
    freeze(container, lender, frozen=True)

    loan_id = service_factory.open_loan(service_factory.borrower())
    background.settle()

    assert held(container, lender) == Money(0)
    shown = the_rule(container, lender)
    assert effects_by_loan(shown)[loan_id].reason is shown.rule.waiting_for is Reason.ACCOUNT_FROZEN
    assert_holds_agree(storage)


def test_wait_is_recorded_once_until_placement(
    container: Container, service_factory: ServiceFactory, background: Background
) -> None:
    lender = service_factory.lender("50.00")
    service_factory.rule(lender)
    background.settle()
    for _ in range(3):
        service_factory.open_loan(service_factory.borrower())
    background.settle()
    waiting = the_rule(container, lender)

    container.wallets.deposit(lender, Money.of("300.00"), "")
    background.settle()

    assert (waiting.rule.skipped_count, waiting.rule.waiting_for) == (1, Reason.INSUFFICIENT_FUNDS)
    after = the_rule(container, lender).rule
    assert after.placed_count == 3
    assert after.waiting_for is None


def test_repaid_money_may_be_placed_again(
    container: Container, service_factory: ServiceFactory, storage: Storage, clock: FixedClock, background: Background
) -> None:
    lender, borrower = service_factory.lender("1000.00"), service_factory.borrower("1000.00")
    service_factory.rule(lender, amount="100.00", cap="110.00")
    loan_id = service_factory.open_loan(borrower, amount="100.00")
    background.settle()
    accept_rule_offer(container, borrower, loan_id, lender)
    background.settle()
    second = service_factory.open_loan(borrower, amount="200.00")
    background.settle()
    smaller = offer_of(container, second, lender)
    assert smaller is not None  # the fee does not count: 10.00 are left, less the fee of the new offer
    assert smaller.reserved <= Money.of("10.00")
    container.offers.withdraw(lender, second)

    container.payments.pay(borrower, loan_id, container.payments.payoff(borrower, loan_id).amount)
    clock.advance(minutes=2)
    third = service_factory.open_loan(borrower, amount="100.00")
    background.settle()

    offer = offer_of(container, third, lender)
    assert offer is not None
    assert offer.amount == Money.of("100.00")
    effect = effects_by_loan(the_rule(container, lender))[loan_id]
    assert (effect.outcome, effect.reason) == (Outcome.ENDED, Reason.REPAID)
    assert_holds_agree(storage)
