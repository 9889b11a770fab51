"""Standing rules against the real engine: placing, the bound, waiting."""

from __future__ import annotations

from chalicelib.auto_invest.domain import Outcome, Reason
from chalicelib.auto_invest.service.matching import MATCH_LENDER, MATCH_LOAN
from chalicelib.container import Container
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money, Rate
from tests.engines import Storage
from tests.integration.loans.ruling import (
    a_borrower,
    a_lender,
    a_request,
    a_rule,
    accept_rule_offer,
    assert_holds_agree,
    effects_by_loan,
    freeze,
    held,
    offer_of,
    the_rule,
)
from tests.streams import Background


def test_a_requested_loan_gets_an_offer_that_holds_its_money(
    container: Container, storage: Storage, background: Background
) -> None:
    lender = a_lender(container, "500.00")
    rule = a_rule(container, lender, amount="100.00").rule
    background.settle()

    loan = a_request(container, a_borrower(container))
    background.settle()

    offer = offer_of(container, loan.id, lender)
    assert offer is not None
    assert (offer.amount, offer.annual_rate, offer.rule_id) == (Money.of("100.00"), Rate.percent("12.00"), rule.id)
    wallet = container.wallets.balance_of(lender.user_id)
    assert (wallet.available, wallet.reserved) == (Money.of("399.62"), Money.of("100.38"))
    shown = the_rule(container, lender)
    assert shown.exposure.reserved == Money.of("100.38")
    assert shown.rule.placed_count == 1
    assert effects_by_loan(shown)[loan.id].outcome is Outcome.PLACED
    assert_holds_agree(storage)


def test_a_loan_that_the_rule_is_not_for_gets_none(container: Container, background: Background) -> None:
    lender = a_lender(container, "500.00")
    a_rule(container, lender, min_rate="12.01")
    a_rule(container, lender, max_term=5)
    background.settle()

    a_request(container, a_borrower(container), rate="12.00")
    background.settle()

    assert held(container, lender) == Money(0)


def test_money_that_arrives_is_placed_in_loans_that_are_open(
    container: Container, storage: Storage, clock: FixedClock, background: Background
) -> None:
    lender = a_lender(container)
    a_rule(container, lender)
    older = a_request(container, a_borrower(container))
    background.settle()
    clock.advance(seconds=1)
    newer = a_request(container, a_borrower(container))
    background.settle()
    assert effects_by_loan(the_rule(container, lender))[older.id].reason is Reason.INSUFFICIENT_FUNDS

    container.wallets.deposit(lender, Money.of("150.00"), "")
    background.settle()

    assert offer_of(container, newer.id, lender) is not None
    assert offer_of(container, older.id, lender) is None
    container.wallets.deposit(lender, Money.of("100.00"), "")
    background.settle()
    assert offer_of(container, older.id, lender) is not None
    assert_holds_agree(storage)


def test_a_new_rule_looks_at_loans_that_are_open_already(container: Container, background: Background) -> None:
    lender = a_lender(container, "500.00")
    loan = a_request(container, a_borrower(container))
    background.settle()

    a_rule(container, lender)
    background.settle()

    assert offer_of(container, loan.id, lender) is not None


def test_a_match_that_comes_twice_places_once(container: Container, storage: Storage, background: Background) -> None:
    lender = a_lender(container, "500.00")
    a_rule(container, lender)
    loan = a_request(container, a_borrower(container))
    background.settle()

    assert container.worker.do(BackgroundJob(MATCH_LOAN, loan.id)) == 0
    assert container.worker.do(BackgroundJob(MATCH_LENDER, lender.user_id)) == 0

    assert held(container, lender) == Money.of("100.38")
    assert_holds_agree(storage)


def test_rules_place_no_more_than_the_loan_needs(
    container: Container, storage: Storage, background: Background
) -> None:
    lenders = [a_lender(container, "500.00", f"lender{number}") for number in range(5)]
    for lender in lenders:
        a_rule(container, lender, amount="400.00")
    background.settle()

    loan = a_request(container, a_borrower(container), amount="1000.00")
    background.settle()

    assert sum(offer_of(container, loan.id, lender) is not None for lender in lenders) == 3
    assert_holds_agree(storage)


def test_a_frozen_lender_s_rule_places_nothing(container: Container, storage: Storage, background: Background) -> None:
    lender = a_lender(container, "500.00")
    a_rule(container, lender)
    background.settle()
    freeze(container, lender, frozen=True)

    loan = a_request(container, a_borrower(container))
    background.settle()

    assert held(container, lender) == Money(0)
    shown = the_rule(container, lender)
    assert effects_by_loan(shown)[loan.id].reason is shown.rule.waiting_for is Reason.ACCOUNT_FROZEN
    assert_holds_agree(storage)


def test_a_wait_is_recorded_where_it_begins_and_ends_with_the_next_placement(
    container: Container, background: Background
) -> None:
    lender = a_lender(container, "50.00")
    a_rule(container, lender)
    background.settle()
    for _ in range(3):
        a_request(container, a_borrower(container))
    background.settle()
    waiting = the_rule(container, lender)

    container.wallets.deposit(lender, Money.of("300.00"), "")
    background.settle()

    assert (waiting.rule.skipped_count, waiting.rule.waiting_for) == (1, Reason.INSUFFICIENT_FUNDS)
    after = the_rule(container, lender).rule
    assert after.placed_count == 3
    assert after.waiting_for is None


def test_what_a_loan_repays_may_be_placed_again(
    container: Container, storage: Storage, clock: FixedClock, background: Background
) -> None:
    lender, borrower = a_lender(container, "1000.00"), a_borrower(container, "1000.00")
    a_rule(container, lender, amount="100.00", cap="110.00")
    loan = a_request(container, borrower, amount="100.00")
    background.settle()
    accept_rule_offer(container, borrower, loan.id, lender)
    background.settle()
    second = a_request(container, borrower, amount="200.00")
    background.settle()
    smaller = offer_of(container, second.id, lender)
    assert smaller is not None  # the fee is no exposure: the bound leaves 10.00 less the new offer's own fee
    assert smaller.reserved <= Money.of("10.00")
    container.offers.withdraw(lender, second.id)

    container.payments.pay(borrower, loan.id, container.payments.payoff(borrower, loan.id).amount)
    clock.advance(minutes=2)
    third = a_request(container, borrower, amount="100.00")
    background.settle()

    offer = offer_of(container, third.id, lender)
    assert offer is not None
    assert offer.amount == Money.of("100.00")
    effect = effects_by_loan(the_rule(container, lender))[loan.id]
    assert (effect.outcome, effect.reason) == (Outcome.ENDED, Reason.REPAID)
    assert_holds_agree(storage)
