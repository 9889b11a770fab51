"""Manual offers and withdrawals of lenders with rules; changes, stops and deletions of rules."""

from __future__ import annotations

import pytest

from chalicelib.auto_invest.domain import Outcome, Reason
from chalicelib.auto_invest.service.rules import RuleChange
from chalicelib.container import Container
from chalicelib.loans.domain.errors import OfferExists, RuleNotFound
from chalicelib.shared.money import Money, Rate
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.integration.auto_invest.auto_invest import (
    accept_rule_offer,
    assert_holds_agree,
    effects_by_loan,
    held,
    offer_of,
    the_rule,
)
from tests.stored_state import outbox
from tests.streams import Background


def test_manual_offer_replaces_the_rule_offer(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    service_factory.rule(lender)
    loan_id = service_factory.open_loan(service_factory.borrower())
    background.settle()

    container.offers.make(lender, loan_id, Rate.percent("9.00"), Money.of("50.00"))
    background.settle()

    offer = offer_of(container, loan_id, lender)
    assert offer is not None
    assert (offer.annual_rate, offer.rule_id, offer.reserved) == (Rate.percent("9.00"), None, Money(0))
    assert held(container, lender) == Money(0)
    shown = the_rule(container, lender)
    assert (shown.rule.committed, shown.rule.skipped_count) == (Money(0), 1)
    effect = effects_by_loan(shown)[loan_id]
    assert (effect.outcome, effect.reason) == (Outcome.SKIPPED, Reason.MANUAL_OFFER)
    assert_holds_agree(storage)


def test_rule_records_a_skip_for_manual_offer_once(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    service_factory.rule(lender)
    loan_id = service_factory.open_loan(service_factory.borrower())
    container.offers.make(lender, loan_id, Rate.percent("9.00"), Money.of("50.00"))
    background.settle()
    container.wallets.deposit(lender, Money.of("10.00"), "")
    background.settle()

    shown = the_rule(container, lender)

    assert effects_by_loan(shown)[loan_id].reason is Reason.MANUAL_OFFER
    assert shown.rule.skipped_count == 1
    assert_holds_agree(storage)


def test_second_manual_offer_is_rejected(container: Container, service_factory: ServiceFactory) -> None:
    lender = service_factory.lender()
    loan_id = service_factory.open_loan(service_factory.borrower())
    container.offers.make(lender, loan_id, Rate.percent("9.00"), None)

    with pytest.raises(OfferExists):
        container.offers.make(lender, loan_id, Rate.percent("8.00"), None)


def test_manual_offer_never_replaces_accepted_offer(
    container: Container, service_factory: ServiceFactory, background: Background
) -> None:
    lender, borrower = service_factory.lender("500.00"), service_factory.borrower()
    service_factory.rule(lender)
    loan_id = service_factory.open_loan(borrower)
    background.settle()
    accept_rule_offer(container, borrower, loan_id, lender)

    with pytest.raises(OfferExists):
        container.offers.make(lender, loan_id, Rate.percent("8.00"), None)


def test_withdrawn_offer_is_released_and_not_repeated(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    service_factory.rule(lender)
    loan_id = service_factory.open_loan(service_factory.borrower())
    background.settle()

    container.offers.withdraw(lender, loan_id)
    background.settle()

    assert offer_of(container, loan_id, lender) is None
    assert held(container, lender) == Money(0)
    shown = the_rule(container, lender)
    assert shown.rule.committed == Money(0)
    assert effects_by_loan(shown)[loan_id].reason is Reason.WITHDRAWN
    assert_holds_agree(storage)


def test_only_one_rule_of_a_lender_places(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    rules = [service_factory.rule(lender).rule for _ in range(2)]
    background.settle()
    loan_id = service_factory.open_loan(service_factory.borrower(), amount="200.00")
    background.settle()

    shown = container.auto_invest.page(lender, limit=20, after=None).items

    assert len(shown) == len(rules)
    effects = {effects_by_loan(view)[loan_id].reason for view in shown}
    assert effects == {None, Reason.OTHER_RULE}
    assert_holds_agree(storage)


def test_changed_rule_keeps_its_placements(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    rule = service_factory.rule(lender, amount="100.00").rule
    first = service_factory.open_loan(service_factory.borrower())
    background.settle()

    changed = container.auto_invest.change(lender, rule.id, RuleChange(amount_per_loan=Money.of("20.00"))).value
    second = service_factory.open_loan(service_factory.borrower())
    background.settle()

    assert changed.rule.terms.max_exposure == rule.terms.max_exposure
    kept, new = offer_of(container, first, lender), offer_of(container, second, lender)
    assert kept is not None
    assert new is not None
    assert (kept.amount, new.amount) == (Money.of("100.00"), Money.of("20.00"))
    assert_holds_agree(storage)


def test_stopped_rule_places_nothing_until_resumed(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lender = service_factory.lender("500.00")
    rule = service_factory.rule(lender).rule
    loan_id = service_factory.open_loan(service_factory.borrower())
    background.settle()

    stopped = container.auto_invest.change(lender, rule.id, RuleChange(active=False)).value
    background.settle()

    assert not stopped.rule.is_active
    assert stopped.exposure.total == stopped.rule.committed == held(container, lender) == Money(0)
    assert effects_by_loan(stopped)[loan_id].reason is Reason.STOPPED
    assert outbox(storage) == []
    container.auto_invest.change(lender, rule.id, RuleChange(active=True))
    background.settle()
    assert offer_of(container, loan_id, lender) is not None
    assert_holds_agree(storage)


def test_deleted_rule_leaves_only_its_investments(
    container: Container, service_factory: ServiceFactory, storage: Storage, background: Background
) -> None:
    lender, borrower = service_factory.lender("1000.00"), service_factory.borrower()
    rule = service_factory.rule(lender, amount="100.00").rule
    funded = service_factory.open_loan(borrower, amount="100.00")
    service_factory.open_loan(borrower)
    background.settle()
    accept_rule_offer(container, borrower, funded, lender)
    background.settle()

    container.auto_invest.delete(lender, rule.id)
    background.settle()

    assert container.auto_invest.page(lender, limit=20, after=None).items == ()
    with pytest.raises(RuleNotFound):
        container.auto_invest.change(lender, rule.id, RuleChange(active=True))
    assert [item for item in storage.items("loans") if item["pk"]["S"].startswith("USER#")] == []
    assert held(container, lender) == Money(0)
    invested = offer_of(container, funded, lender)
    assert invested is not None
    assert invested.is_funded
    assert_holds_agree(storage)
