"""Manual offers and withdrawals of lenders with rules; changes, stops and deletions of rules."""

from itertools import count

import pytest

from chalicelib.auto_invest.domain import Outcome, Reason
from chalicelib.auto_invest.service.rules import RuleChange
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.loans.domain.errors import OfferExists, OfferTooSmall, RuleNotFound
from chalicelib.shared.money import Money, Rate
from tests.integration.auto_invest_market import AutoInvestMarket, results_by_loan
from tests.stored_state import outbox


def test_manual_offer_replaces_the_rule_offer(market: AutoInvestMarket) -> None:
    lender = market.lender()
    loan_id = market.open_loan()

    market.make_offer(lender, loan_id, "9.00")
    market.background.settle()

    offer, rule, result = market.offer(loan_id, lender), market.rule_view(lender).rule, market.result(loan_id, lender)
    assert (offer.annual_rate, offer.rule_id, offer.reserved) == (Rate.percent("9.00"), None, Money(0))
    assert market.reserved(lender) == Money(0)
    assert (rule.committed, rule.skipped_count) == (Money(0), 1)
    assert (result.outcome, result.reason) == (Outcome.SKIPPED, Reason.MANUAL_OFFER)


def test_rule_records_a_skip_for_manual_offer_once(market: AutoInvestMarket) -> None:
    lender = market.lender()
    loan_id = market.factory.open_loan(market.factory.borrower())
    market.make_offer(lender, loan_id)
    market.background.settle()

    market.deposit(lender, "10.00")

    assert market.result(loan_id, lender).reason is Reason.MANUAL_OFFER
    assert market.rule_view(lender).rule.skipped_count == 1


def test_second_manual_offer_is_rejected(market: AutoInvestMarket) -> None:
    lender, loan_id = market.factory.lender(), market.open_loan()
    market.make_offer(lender, loan_id)

    with pytest.raises(OfferExists):
        market.make_offer(lender, loan_id, "8.00")


def test_small_offer_requires_that_the_loan_needs_no_more(
    market: AutoInvestMarket, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The borrower releases the loan between the check of the amount and the transaction.

    The first transaction fails because the lender has an offer, the rule's; the second replaces it.
    """
    lender, borrower, other = market.lender(), market.factory.borrower(), market.factory.lender("1000.00")
    loan_id = market.open_loan(borrower)
    market.factory.accept_offer(borrower, other, loan_id, "980.00")
    commit, attempts = WriteTransaction.commit, count(1)

    def release_before_the_second(self: WriteTransaction) -> None:
        if next(attempts) == 2:
            monkeypatch.undo()
            market.container.loan_requests.release(borrower, loan_id)
        commit(self)

    monkeypatch.setattr(WriteTransaction, "commit", release_before_the_second)
    with pytest.raises(OfferTooSmall):
        market.make_offer(lender, loan_id, amount="20.00")

    assert market.offer(loan_id, lender).rule_id is not None


def test_manual_offer_never_replaces_accepted_offer(market: AutoInvestMarket) -> None:
    lender, borrower = market.lender(), market.factory.borrower()
    loan_id = market.open_loan(borrower)
    market.accept_rule_offer(borrower, loan_id, lender)

    with pytest.raises(OfferExists):
        market.make_offer(lender, loan_id)


def test_withdrawn_offer_is_released_and_not_repeated(market: AutoInvestMarket) -> None:
    lender = market.lender()
    loan_id = market.open_loan()

    market.container.offers.withdraw(lender, loan_id)
    market.background.settle()

    assert market.find_offer(loan_id, lender) is None
    assert market.reserved(lender) == market.rule_view(lender).rule.committed == Money(0)
    assert market.result(loan_id, lender).reason is Reason.WITHDRAWN


def test_only_one_rule_of_a_lender_places(market: AutoInvestMarket) -> None:
    lender = market.lender()
    market.factory.rule(lender)
    market.background.settle()
    loan_id = market.open_loan(amount="200.00")

    shown = market.container.auto_invest.page(lender, limit=20, after=None).items

    assert len(shown) == 2
    assert {results_by_loan(view)[loan_id].reason for view in shown} == {None, Reason.OTHER_RULE}


def test_changed_rule_keeps_its_placements(market: AutoInvestMarket) -> None:
    lender = market.lender(amount="100.00", cap="1000.00")
    first = market.open_loan()

    changed = market.change_rule(lender, RuleChange(amount_per_loan=Money.of("30.00")))
    second = market.open_loan()

    assert changed.rule.terms.max_exposure == Money.of("1000.00")
    assert market.offer(first, lender).amount == Money.of("100.00")
    assert market.offer(second, lender).amount == Money.of("30.00")


def test_stopped_rule_places_nothing_until_resumed(market: AutoInvestMarket) -> None:
    lender = market.lender()
    loan_id = market.open_loan()

    stopped = market.change_rule(lender, RuleChange(active=False))

    assert not stopped.rule.is_active
    assert stopped.exposure.total == stopped.rule.committed == market.reserved(lender) == Money(0)
    assert results_by_loan(stopped)[loan_id].reason is Reason.STOPPED
    assert outbox(market.storage) == []
    market.change_rule(lender, RuleChange(active=True))
    assert market.offer(loan_id, lender)


def test_deleted_rule_leaves_only_its_investments(market: AutoInvestMarket) -> None:
    lender, borrower = market.lender("1000.00", amount="300.00"), market.factory.borrower()
    rule_id = market.rule_view(lender).rule.id
    funded = market.open_loan(borrower, "300.00")
    market.open_loan(borrower)
    market.accept_rule_offer(borrower, funded, lender)
    market.background.settle()

    market.container.auto_invest.delete(lender, rule_id)
    market.background.settle()

    assert market.container.auto_invest.page(lender, limit=20, after=None).items == ()
    with pytest.raises(RuleNotFound):
        market.container.auto_invest.change(lender, rule_id, RuleChange(active=True))
    assert [item for item in market.storage.items("loans") if item["pk"]["S"].startswith("USER#")] == []
    assert market.reserved(lender) == Money(0)
    assert market.offer(funded, lender).is_funded
