"""Standing rules against the real engine: placing, the bound, waiting."""

from __future__ import annotations

from chalicelib.common.clock import FixedClock
from chalicelib.common.money import Money, Rate
from chalicelib.common.work import Work
from chalicelib.loans.domain.auto_invest import Outcome, Reason
from chalicelib.loans.service.matching import MATCH_LENDER, MATCH_LOAN
from chalicelib.wiring import Platform
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
    platform: Platform, storage: Storage, background: Background
) -> None:
    lender = a_lender(platform, "500.00")
    rule = a_rule(platform, lender, amount="100.00").rule
    background.settle()

    loan = a_request(platform, a_borrower(platform))
    background.settle()

    offer = offer_of(platform, loan.id, lender)
    assert offer is not None
    assert (offer.amount, offer.annual_rate, offer.rule_id) == (Money.of("100.00"), Rate.percent("12.00"), rule.id)
    wallet = platform.wallets.balance_of(lender.user_id)
    assert (wallet.available, wallet.held) == (Money.of("399.62"), Money.of("100.38"))
    shown = the_rule(platform, lender)
    assert shown.stake.held == Money.of("100.38")
    assert shown.rule.placed_count == 1
    assert effects_by_loan(shown)[loan.id].outcome is Outcome.PLACED
    assert_holds_agree(storage)


def test_a_loan_that_the_rule_is_not_for_gets_none(platform: Platform, background: Background) -> None:
    lender = a_lender(platform, "500.00")
    a_rule(platform, lender, min_rate="12.01")
    a_rule(platform, lender, max_term=5)
    background.settle()

    a_request(platform, a_borrower(platform), rate="12.00")
    background.settle()

    assert held(platform, lender) == Money(0)


def test_money_that_arrives_is_placed_in_loans_that_are_open(
    platform: Platform, storage: Storage, clock: FixedClock, background: Background
) -> None:
    lender = a_lender(platform)
    a_rule(platform, lender)
    older = a_request(platform, a_borrower(platform))
    background.settle()
    clock.advance(seconds=1)
    newer = a_request(platform, a_borrower(platform))
    background.settle()
    assert effects_by_loan(the_rule(platform, lender))[older.id].reason is Reason.INSUFFICIENT_FUNDS

    platform.wallets.deposit(lender, Money.of("150.00"), "")
    background.settle()

    assert offer_of(platform, newer.id, lender) is not None
    assert offer_of(platform, older.id, lender) is None
    platform.wallets.deposit(lender, Money.of("100.00"), "")
    background.settle()
    assert offer_of(platform, older.id, lender) is not None
    assert_holds_agree(storage)


def test_a_new_rule_looks_at_loans_that_are_open_already(platform: Platform, background: Background) -> None:
    lender = a_lender(platform, "500.00")
    loan = a_request(platform, a_borrower(platform))
    background.settle()

    a_rule(platform, lender)
    background.settle()

    assert offer_of(platform, loan.id, lender) is not None


def test_a_match_that_comes_twice_places_once(platform: Platform, storage: Storage, background: Background) -> None:
    lender = a_lender(platform, "500.00")
    a_rule(platform, lender)
    loan = a_request(platform, a_borrower(platform))
    background.settle()

    assert platform.loans.worker.do(Work(MATCH_LOAN, loan.id)) == 0
    assert platform.loans.worker.do(Work(MATCH_LENDER, lender.user_id)) == 0

    assert held(platform, lender) == Money.of("100.38")
    assert_holds_agree(storage)


def test_rules_place_no_more_than_the_loan_needs(platform: Platform, storage: Storage, background: Background) -> None:
    lenders = [a_lender(platform, "500.00", f"lender{number}") for number in range(5)]
    for lender in lenders:
        a_rule(platform, lender, amount="400.00")
    background.settle()

    loan = a_request(platform, a_borrower(platform), amount="1000.00")
    background.settle()

    assert sum(offer_of(platform, loan.id, lender) is not None for lender in lenders) == 3
    assert_holds_agree(storage)


def test_a_frozen_lender_s_rule_places_nothing(platform: Platform, storage: Storage, background: Background) -> None:
    lender = a_lender(platform, "500.00")
    a_rule(platform, lender)
    background.settle()
    freeze(platform, lender, frozen=True)

    loan = a_request(platform, a_borrower(platform))
    background.settle()

    assert held(platform, lender) == Money(0)
    shown = the_rule(platform, lender)
    assert effects_by_loan(shown)[loan.id].reason is shown.rule.waiting_for is Reason.ACCOUNT_FROZEN
    assert_holds_agree(storage)


def test_a_wait_is_recorded_where_it_begins_and_ends_with_the_next_placement(
    platform: Platform, background: Background
) -> None:
    lender = a_lender(platform, "50.00")
    a_rule(platform, lender)
    background.settle()
    for _ in range(3):
        a_request(platform, a_borrower(platform))
    background.settle()
    waiting = the_rule(platform, lender)

    platform.wallets.deposit(lender, Money.of("300.00"), "")
    background.settle()

    assert (waiting.rule.skipped_count, waiting.rule.waiting_for) == (1, Reason.INSUFFICIENT_FUNDS)
    after = the_rule(platform, lender).rule
    assert after.placed_count == 3
    assert after.waiting_for is None


def test_what_a_loan_repays_may_be_placed_again(
    platform: Platform, storage: Storage, clock: FixedClock, background: Background
) -> None:
    lender, borrower = a_lender(platform, "1000.00"), a_borrower(platform, "1000.00")
    a_rule(platform, lender, amount="100.00", cap="110.00")
    loan = a_request(platform, borrower, amount="100.00")
    background.settle()
    accept_rule_offer(platform, borrower, loan.id, lender)
    background.settle()
    second = a_request(platform, borrower, amount="200.00")
    background.settle()
    smaller = offer_of(platform, second.id, lender)
    assert smaller is not None  # the fee is no exposure: the bound leaves 10.00 less the new offer's own fee
    assert smaller.held <= Money.of("10.00")
    platform.loans.offers.withdraw(lender, second.id)

    platform.loans.repayment.pay(borrower, loan.id, platform.loans.repayment.payoff(borrower, loan.id).amount)
    clock.advance(minutes=2)
    third = a_request(platform, borrower, amount="100.00")
    background.settle()

    offer = offer_of(platform, third.id, lender)
    assert offer is not None
    assert offer.amount == Money.of("100.00")
    effect = effects_by_loan(the_rule(platform, lender))[loan.id]
    assert (effect.outcome, effect.reason) == (Outcome.ENDED, Reason.REPAID)
    assert_holds_agree(storage)
