"""Matching of auto-invest rules and loans on the real database: placements, limits, waits."""

from chalicelib.auto_invest.domain import Exposure, Outcome, Reason
from chalicelib.auto_invest.service.matching import MATCH_LENDER, MATCH_LOAN
from chalicelib.auto_invest.service.rules import RuleChange
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money, Rate
from tests.integration.auto_invest_market import AutoInvestMarket


def test_requested_loan_gets_one_offer_with_reservation(market: AutoInvestMarket) -> None:
    lender = market.lender("500.00", amount="100.00")

    loan_id = market.open_loan()

    offer, shown = market.offer(loan_id, lender), market.rule_view(lender)
    assert (offer.amount, offer.annual_rate, offer.rule_id) == (
        Money.of("100.00"),
        Rate.percent("10.00"),
        shown.rule.id,
    )
    wallet = market.wallet(lender)
    assert (wallet.available, wallet.reserved) == (Money.of("399.62"), Money.of("100.38"))
    assert shown.exposure.reserved == Money.of("100.38")
    assert shown.rule.placed_count == 1
    assert market.result(loan_id, lender).outcome is Outcome.PLACED
    for repeated in (BackgroundJob(MATCH_LOAN, loan_id), BackgroundJob(MATCH_LENDER, lender.user_id)):
        assert market.container.worker.do(repeated) == 0
    assert market.reserved(lender) == Money.of("100.38")


def test_unmatched_loan_gets_no_offer(market: AutoInvestMarket) -> None:
    lender = market.lender(min_rate="12.01")
    market.factory.rule(lender, max_term=5)
    market.background.settle()

    market.open_loan()

    assert market.reserved(lender) == Money(0)


def test_new_money_is_placed_in_open_loans(market: AutoInvestMarket, clock: FixedClock) -> None:
    lender = market.lender("")
    older = market.open_loan()
    clock.advance(seconds=1)
    newer = market.open_loan()
    assert market.result(older, lender).reason is Reason.INSUFFICIENT_FUNDS

    market.deposit(lender, "150.00")

    assert market.offer(newer, lender)
    assert market.find_offer(older, lender) is None
    market.deposit(lender, "100.00")
    assert market.offer(older, lender)


def test_new_rule_considers_open_loans(market: AutoInvestMarket) -> None:
    loan_id = market.open_loan()

    lender = market.lender()

    assert market.offer(loan_id, lender)


def test_rules_place_only_the_needed_amount(market: AutoInvestMarket) -> None:
    lenders = market.lenders(5, "500.00", amount="400.00")

    loan_id = market.open_loan(amount="1000.00")

    assert sum(market.find_offer(loan_id, lender) is not None for lender in lenders) == 3


def test_rule_of_frozen_lender_places_nothing(market: AutoInvestMarket) -> None:
    lender = market.lender()
    market.freeze(lender)

    loan_id = market.open_loan()

    assert market.reserved(lender) == Money(0)
    assert market.result(loan_id, lender).reason is Reason.ACCOUNT_FROZEN
    assert market.rule_view(lender).rule.waiting_for is Reason.ACCOUNT_FROZEN


def test_wait_is_recorded_once_until_placement(market: AutoInvestMarket) -> None:
    lender = market.lender("50.00")
    for _ in range(3):
        market.factory.open_loan(market.factory.borrower())
    market.background.settle()
    waiting = market.rule_view(lender).rule
    began = waiting.waiting_since

    market.deposit(lender, "300.00")

    assert (waiting.skipped_count, waiting.waiting_for) == (1, Reason.INSUFFICIENT_FUNDS)
    assert began == market.container.clock()
    after = market.rule_view(lender).rule
    assert (after.placed_count, after.waiting_for, after.waiting_since) == (3, None, None)


def test_continued_wait_keeps_its_beginning(market: AutoInvestMarket, clock: FixedClock) -> None:
    lender = market.lender("50.00")
    market.open_loan()
    began = clock()

    for _ in range(2):
        clock.advance(hours=1)
        market.open_loan()
        market.deposit(lender, "1.00")

    assert market.rule_view(lender).rule.waiting_since == began


def test_freezing_gives_the_reason_of_the_pause(market: AutoInvestMarket, clock: FixedClock) -> None:
    lender = market.lender()
    market.freeze(lender)
    market.open_loan()
    began = clock()
    clock.advance(hours=1)

    assert market.container.auto_invest.pause_frozen(lender.user_id) == 1
    assert market.container.auto_invest.pause_frozen(lender.user_id) == 0

    paused = market.rule_view(lender).rule
    assert (paused.is_active, paused.waiting_for, paused.waiting_since) == (False, Reason.ACCOUNT_FROZEN, began)


def test_change_by_the_lender_ends_the_reason(market: AutoInvestMarket) -> None:
    lender = market.lender()
    market.freeze(lender)
    market.container.auto_invest.pause_frozen(lender.user_id)
    rule = market.rule_view(lender).rule
    assert rule.waiting_since == market.container.clock()

    changed = market.container.auto_invest.change(lender, rule.id, RuleChange(active=False)).value.rule

    assert (changed.waiting_for, changed.waiting_since) == (None, None)


def test_fee_counts_towards_the_exposure_until_repayment(market: AutoInvestMarket, clock: FixedClock) -> None:
    lender = market.lender("1000.00", amount="300.00", cap="330.00")
    borrower = market.factory.borrower("1000.00")
    loan_id = market.open_loan(borrower, "300.00")
    market.accept_rule_offer(borrower, loan_id, lender)
    market.background.settle()
    exposure = market.rule_view(lender).exposure
    assert (exposure.invested, exposure.fees, exposure.total) == (
        Money.of("300.00"),
        Money.of("3.75"),
        Money.of("303.75"),
    )
    second = market.open_loan(amount="300.00")
    assert market.offer(second, lender).reserved == Money.of("26.25")  # what 303.75 leave
    market.container.offers.withdraw(lender, second)

    payments = market.container.payments
    payments.pay(borrower, loan_id, payments.payoff(borrower, loan_id).amount)
    clock.advance(minutes=2)
    third = market.open_loan(borrower, "300.00")

    assert market.offer(third, lender).amount == Money.of("300.00")
    result = market.result(loan_id, lender)
    assert (result.outcome, result.reason) == (Outcome.ENDED, Reason.REPAID)


def test_borrower_gets_no_more_than_the_borrower_limit(market: AutoInvestMarket) -> None:
    lender = market.lender("1000.00", amount="300.00", per_borrower="400.00")
    borrower = market.factory.borrower("1000.00")
    first = market.open_loan(borrower, "300.00")

    second, third = market.open_loan(borrower, "300.00"), market.open_loan(borrower, "300.00")
    other = market.open_loan(amount="300.00")

    assert market.offer(first, lender).amount == Money.of("300.00")
    assert market.offer(second, lender).amount == Money.of("100.00")
    assert market.result(third, lender).reason is Reason.BORROWER_LIMIT_REACHED
    assert market.offer(other, lender).amount == Money.of("300.00")


def test_repaid_borrower_is_lent_to_again(market: AutoInvestMarket) -> None:
    lender = market.lender("1000.00", amount="300.00", per_borrower="300.00")
    borrower = market.factory.borrower("1000.00")
    first = market.open_loan(borrower, "300.00")
    market.accept_rule_offer(borrower, first, lender)
    market.background.settle()
    second = market.open_loan(borrower, "300.00")
    assert market.find_offer(second, lender) is None

    payments = market.container.payments
    payments.pay(borrower, first, payments.payoff(borrower, first).amount)
    market.background.settle()  # the repayment is new money, so the rule considers the open loan again

    assert market.offer(second, lender).amount == Money.of("300.00")


def test_borrower_in_default_is_lent_to_after_the_recovery(market: AutoInvestMarket, clock: FixedClock) -> None:
    lender = market.lender("5000.00", amount="300.00", per_borrower="300.00")
    borrower = market.factory.borrower("500.00")
    loan_id = market.open_loan(borrower, "300.00")
    market.accept_rule_offer(borrower, loan_id, lender)
    market.background.settle()
    clock.advance(days=400)
    market.container.lifecycle.check_overdue()
    assert market.rule_view(lender).exposure == Exposure(principal=Money.of("300.00"))

    first = market.open_loan(borrower, "300.00")
    assert market.result(first, lender).reason is Reason.BORROWER_LIMIT_REACHED

    market.container.payments.pay(borrower, loan_id, Money.of("100.00"))
    market.background.settle()  # the recovery is new money, so the rule considers the open loan again
    assert market.offer(first, lender).amount == Money.of("100.00")
    market.container.payments.pay(borrower, loan_id)
    second = market.open_loan(borrower, "300.00")
    assert market.offer(second, lender).amount == Money.of("200.00")


def test_released_offer_frees_the_borrower_limit(market: AutoInvestMarket) -> None:
    lender, borrower = market.lender(per_borrower="100.00"), market.factory.borrower()
    first = market.open_loan(borrower)

    market.container.offers.withdraw(lender, first)
    second = market.open_loan(borrower)

    assert market.offer(second, lender).amount == Money.of("100.00")


def test_released_loan_is_matched_with_rules_it_did_not_need(market: AutoInvestMarket) -> None:
    lenders, borrower = market.lenders(3, amount="500.00"), market.factory.borrower()
    loan_id = market.open_loan(borrower)
    [spare] = [each for each in lenders if market.find_offer(loan_id, each) is None]
    accepted = next(each for each in lenders if each is not spare)
    market.accept_rule_offer(borrower, loan_id, accepted)
    market.change_rule(accepted, RuleChange(active=False))

    market.container.loan_requests.release(borrower, loan_id)
    market.background.settle()

    assert market.find_offer(loan_id, accepted) is None
    assert market.offer(loan_id, spare).amount == Money.of("500.00")


def test_reservation_lapses_unless_accepted(market: AutoInvestMarket, clock: FixedClock) -> None:
    lender, borrower = market.lender(), market.factory.borrower()
    lapsing, accepted = market.open_loan(borrower), market.open_loan(borrower)
    market.accept_rule_offer(borrower, accepted, lender)

    clock.advance(days=2)
    assert market.container.lifecycle.expire_stale()["due"] == 0
    clock.advance(days=1)
    released = [market.container.lifecycle.expire_stale().get("released", 0) for _ in range(2)]
    market.background.settle()

    assert released == [1, 0]
    assert market.find_offer(lapsing, lender) is None
    assert market.reserved(lender) == Money.of("100.38")
    result = market.result(lapsing, lender)
    assert (result.outcome, result.reason) == (Outcome.ENDED, Reason.LAPSED)
    assert market.offer(accepted, lender).is_accepted


def test_lowered_limits_only_stop_new_placements(market: AutoInvestMarket) -> None:
    lender, borrower = market.lender(amount="100.00", cap="1000.00"), market.factory.borrower()
    first = market.open_loan(borrower)

    view = market.change_rule(lender, RuleChange(max_per_borrower=Money.of("150.00")))
    second, third = market.open_loan(borrower), market.open_loan(borrower)

    assert view.exposure.reserved == Money.of("100.38")
    assert market.offer(first, lender).amount == Money.of("100.00")
    assert market.offer(second, lender).amount == Money.of("50.00")
    assert market.find_offer(third, lender) is None
