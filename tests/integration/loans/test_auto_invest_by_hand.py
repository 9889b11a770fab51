"""What a lender does by hand beside its rules: offers, withdrawals, changes, stops."""

from __future__ import annotations

import pytest

from chalicelib.common.money import Money, Rate
from chalicelib.loans.domain.auto_invest import Outcome, Reason
from chalicelib.loans.domain.refusals import OfferExists, RuleNotFound
from chalicelib.loans.service.auto_investing import RuleChange
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
    held,
    offer_of,
    outbox,
    the_rule,
)
from tests.streams import Background


def test_a_manual_offer_takes_the_place_of_the_rule_s(
    platform: Platform, storage: Storage, background: Background
) -> None:
    lender = a_lender(platform, "500.00")
    a_rule(platform, lender)
    loan = a_request(platform, a_borrower(platform))
    background.settle()

    platform.loans.offers.make(lender, loan.id, Rate.percent("9.00"), Money.of("50.00"))
    background.settle()

    offer = offer_of(platform, loan.id, lender)
    assert offer is not None
    assert (offer.annual_rate, offer.rule_id, offer.held) == (Rate.percent("9.00"), None, Money(0))
    assert held(platform, lender) == Money(0)
    shown = the_rule(platform, lender)
    assert (shown.rule.committed, shown.rule.skipped_count) == (Money(0), 1)
    effect = effects_by_loan(shown)[loan.id]
    assert (effect.outcome, effect.reason) == (Outcome.SKIPPED, Reason.MANUAL_OFFER)
    assert_holds_agree(storage)


def test_a_rule_skips_a_loan_with_a_manual_offer_and_says_so_once(
    platform: Platform, storage: Storage, background: Background
) -> None:
    lender = a_lender(platform, "500.00")
    a_rule(platform, lender)
    loan = a_request(platform, a_borrower(platform))
    platform.loans.offers.make(lender, loan.id, Rate.percent("9.00"), Money.of("50.00"))
    background.settle()
    platform.wallets.deposit(lender, Money.of("10.00"), "")
    background.settle()

    shown = the_rule(platform, lender)

    assert effects_by_loan(shown)[loan.id].reason is Reason.MANUAL_OFFER
    assert shown.rule.skipped_count == 1
    assert_holds_agree(storage)


def test_a_second_manual_offer_is_refused_as_ever(platform: Platform) -> None:
    lender = a_lender(platform)
    loan = a_request(platform, a_borrower(platform))
    platform.loans.offers.make(lender, loan.id, Rate.percent("9.00"), None)

    with pytest.raises(OfferExists):
        platform.loans.offers.make(lender, loan.id, Rate.percent("8.00"), None)


def test_a_manual_offer_does_not_replace_one_that_was_accepted(platform: Platform, background: Background) -> None:
    lender, borrower = a_lender(platform, "500.00"), a_borrower(platform)
    a_rule(platform, lender)
    loan = a_request(platform, borrower)
    background.settle()
    accept_rule_offer(platform, borrower, loan.id, lender)

    with pytest.raises(OfferExists):
        platform.loans.offers.make(lender, loan.id, Rate.percent("8.00"), None)


def test_a_withdrawn_offer_frees_its_money_and_the_rule_stays_away(
    platform: Platform, storage: Storage, background: Background
) -> None:
    lender = a_lender(platform, "500.00")
    a_rule(platform, lender)
    loan = a_request(platform, a_borrower(platform))
    background.settle()

    platform.loans.offers.withdraw(lender, loan.id)
    background.settle()

    assert offer_of(platform, loan.id, lender) is None
    assert held(platform, lender) == Money(0)
    shown = the_rule(platform, lender)
    assert shown.rule.committed == Money(0)
    assert effects_by_loan(shown)[loan.id].reason is Reason.WITHDRAWN
    assert_holds_agree(storage)


def test_of_two_rules_of_a_lender_one_takes_the_loan(
    platform: Platform, storage: Storage, background: Background
) -> None:
    lender = a_lender(platform, "500.00")
    rules = [a_rule(platform, lender).rule for _ in range(2)]
    background.settle()
    loan = a_request(platform, a_borrower(platform), amount="200.00")
    background.settle()

    shown = platform.loans.auto_invest.page(lender, limit=20, after=None).items

    assert len(shown) == len(rules)
    effects = {effects_by_loan(view)[loan.id].reason for view in shown}
    assert effects == {None, Reason.OTHER_RULE}
    assert_holds_agree(storage)


def test_a_changed_rule_keeps_what_it_has_placed_and_places_by_its_new_terms(
    platform: Platform, storage: Storage, background: Background
) -> None:
    lender = a_lender(platform, "500.00")
    rule = a_rule(platform, lender, amount="100.00").rule
    first = a_request(platform, a_borrower(platform))
    background.settle()

    changed = platform.loans.auto_invest.change(lender, rule.id, RuleChange(amount_per_loan=Money.of("20.00"))).value
    second = a_request(platform, a_borrower(platform))
    background.settle()

    assert changed.rule.terms.max_exposure == rule.terms.max_exposure
    kept, new = offer_of(platform, first.id, lender), offer_of(platform, second.id, lender)
    assert kept is not None
    assert new is not None
    assert (kept.amount, new.amount) == (Money.of("100.00"), Money.of("20.00"))
    assert_holds_agree(storage)


def test_a_stopped_rule_places_no_more_until_it_is_resumed(
    platform: Platform, storage: Storage, background: Background
) -> None:
    lender = a_lender(platform, "500.00")
    rule = a_rule(platform, lender).rule
    loan = a_request(platform, a_borrower(platform))
    background.settle()

    stopped = platform.loans.auto_invest.change(lender, rule.id, RuleChange(active=False)).value
    background.settle()

    assert not stopped.rule.is_active
    assert stopped.stake.total == stopped.rule.committed == held(platform, lender) == Money(0)
    assert effects_by_loan(stopped)[loan.id].reason is Reason.STOPPED
    assert outbox(storage) == []
    platform.loans.auto_invest.change(lender, rule.id, RuleChange(active=True))
    background.settle()
    assert offer_of(platform, loan.id, lender) is not None
    assert_holds_agree(storage)


def test_a_deleted_rule_leaves_nothing_but_its_investments(
    platform: Platform, storage: Storage, background: Background
) -> None:
    lender, borrower = a_lender(platform, "1000.00"), a_borrower(platform)
    rule = a_rule(platform, lender, amount="100.00").rule
    funded = a_request(platform, borrower, amount="100.00")
    a_request(platform, borrower)
    background.settle()
    accept_rule_offer(platform, borrower, funded.id, lender)
    background.settle()

    platform.loans.auto_invest.delete(lender, rule.id)
    background.settle()

    assert platform.loans.auto_invest.page(lender, limit=20, after=None).items == ()
    with pytest.raises(RuleNotFound):
        platform.loans.auto_invest.change(lender, rule.id, RuleChange(active=True))
    assert [item for item in storage.items("loans") if item["pk"]["S"].startswith("USER#")] == []
    assert held(platform, lender) == Money(0)
    invested = offer_of(platform, funded.id, lender)
    assert invested is not None
    assert invested.is_funded
    assert_holds_agree(storage)
