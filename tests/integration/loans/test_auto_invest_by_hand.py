"""What a lender does by hand beside its rules: offers, withdrawals, changes, stops."""

from __future__ import annotations

import pytest

from chalicelib.auto_invest.domain import Outcome, Reason
from chalicelib.auto_invest.service.rules import RuleChange
from chalicelib.container import Container
from chalicelib.loans.domain.errors import OfferExists, RuleNotFound
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
    held,
    offer_of,
    outbox,
    the_rule,
)
from tests.streams import Background


def test_a_manual_offer_takes_the_place_of_the_rule_s(
    container: Container, storage: Storage, background: Background
) -> None:
    lender = a_lender(container, "500.00")
    a_rule(container, lender)
    loan = a_request(container, a_borrower(container))
    background.settle()

    container.offers.make(lender, loan.id, Rate.percent("9.00"), Money.of("50.00"))
    background.settle()

    offer = offer_of(container, loan.id, lender)
    assert offer is not None
    assert (offer.annual_rate, offer.rule_id, offer.reserved) == (Rate.percent("9.00"), None, Money(0))
    assert held(container, lender) == Money(0)
    shown = the_rule(container, lender)
    assert (shown.rule.committed, shown.rule.skipped_count) == (Money(0), 1)
    effect = effects_by_loan(shown)[loan.id]
    assert (effect.outcome, effect.reason) == (Outcome.SKIPPED, Reason.MANUAL_OFFER)
    assert_holds_agree(storage)


def test_a_rule_skips_a_loan_with_a_manual_offer_and_says_so_once(
    container: Container, storage: Storage, background: Background
) -> None:
    lender = a_lender(container, "500.00")
    a_rule(container, lender)
    loan = a_request(container, a_borrower(container))
    container.offers.make(lender, loan.id, Rate.percent("9.00"), Money.of("50.00"))
    background.settle()
    container.wallets.deposit(lender, Money.of("10.00"), "")
    background.settle()

    shown = the_rule(container, lender)

    assert effects_by_loan(shown)[loan.id].reason is Reason.MANUAL_OFFER
    assert shown.rule.skipped_count == 1
    assert_holds_agree(storage)


def test_a_second_manual_offer_is_refused_as_ever(container: Container) -> None:
    lender = a_lender(container)
    loan = a_request(container, a_borrower(container))
    container.offers.make(lender, loan.id, Rate.percent("9.00"), None)

    with pytest.raises(OfferExists):
        container.offers.make(lender, loan.id, Rate.percent("8.00"), None)


def test_a_manual_offer_does_not_replace_one_that_was_accepted(container: Container, background: Background) -> None:
    lender, borrower = a_lender(container, "500.00"), a_borrower(container)
    a_rule(container, lender)
    loan = a_request(container, borrower)
    background.settle()
    accept_rule_offer(container, borrower, loan.id, lender)

    with pytest.raises(OfferExists):
        container.offers.make(lender, loan.id, Rate.percent("8.00"), None)


def test_a_withdrawn_offer_frees_its_money_and_the_rule_stays_away(
    container: Container, storage: Storage, background: Background
) -> None:
    lender = a_lender(container, "500.00")
    a_rule(container, lender)
    loan = a_request(container, a_borrower(container))
    background.settle()

    container.offers.withdraw(lender, loan.id)
    background.settle()

    assert offer_of(container, loan.id, lender) is None
    assert held(container, lender) == Money(0)
    shown = the_rule(container, lender)
    assert shown.rule.committed == Money(0)
    assert effects_by_loan(shown)[loan.id].reason is Reason.WITHDRAWN
    assert_holds_agree(storage)


def test_of_two_rules_of_a_lender_one_takes_the_loan(
    container: Container, storage: Storage, background: Background
) -> None:
    lender = a_lender(container, "500.00")
    rules = [a_rule(container, lender).rule for _ in range(2)]
    background.settle()
    loan = a_request(container, a_borrower(container), amount="200.00")
    background.settle()

    shown = container.auto_invest.page(lender, limit=20, after=None).items

    assert len(shown) == len(rules)
    effects = {effects_by_loan(view)[loan.id].reason for view in shown}
    assert effects == {None, Reason.OTHER_RULE}
    assert_holds_agree(storage)


def test_a_changed_rule_keeps_what_it_has_placed_and_places_by_its_new_terms(
    container: Container, storage: Storage, background: Background
) -> None:
    lender = a_lender(container, "500.00")
    rule = a_rule(container, lender, amount="100.00").rule
    first = a_request(container, a_borrower(container))
    background.settle()

    changed = container.auto_invest.change(lender, rule.id, RuleChange(amount_per_loan=Money.of("20.00"))).value
    second = a_request(container, a_borrower(container))
    background.settle()

    assert changed.rule.terms.max_exposure == rule.terms.max_exposure
    kept, new = offer_of(container, first.id, lender), offer_of(container, second.id, lender)
    assert kept is not None
    assert new is not None
    assert (kept.amount, new.amount) == (Money.of("100.00"), Money.of("20.00"))
    assert_holds_agree(storage)


def test_a_stopped_rule_places_no_more_until_it_is_resumed(
    container: Container, storage: Storage, background: Background
) -> None:
    lender = a_lender(container, "500.00")
    rule = a_rule(container, lender).rule
    loan = a_request(container, a_borrower(container))
    background.settle()

    stopped = container.auto_invest.change(lender, rule.id, RuleChange(active=False)).value
    background.settle()

    assert not stopped.rule.is_active
    assert stopped.exposure.total == stopped.rule.committed == held(container, lender) == Money(0)
    assert effects_by_loan(stopped)[loan.id].reason is Reason.STOPPED
    assert outbox(storage) == []
    container.auto_invest.change(lender, rule.id, RuleChange(active=True))
    background.settle()
    assert offer_of(container, loan.id, lender) is not None
    assert_holds_agree(storage)


def test_a_deleted_rule_leaves_nothing_but_its_investments(
    container: Container, storage: Storage, background: Background
) -> None:
    lender, borrower = a_lender(container, "1000.00"), a_borrower(container)
    rule = a_rule(container, lender, amount="100.00").rule
    funded = a_request(container, borrower, amount="100.00")
    a_request(container, borrower)
    background.settle()
    accept_rule_offer(container, borrower, funded.id, lender)
    background.settle()

    container.auto_invest.delete(lender, rule.id)
    background.settle()

    assert container.auto_invest.page(lender, limit=20, after=None).items == ()
    with pytest.raises(RuleNotFound):
        container.auto_invest.change(lender, rule.id, RuleChange(active=True))
    assert [item for item in storage.items("loans") if item["pk"]["S"].startswith("USER#")] == []
    assert held(container, lender) == Money(0)
    invested = offer_of(container, funded.id, lender)
    assert invested is not None
    assert invested.is_funded
    assert_holds_agree(storage)
