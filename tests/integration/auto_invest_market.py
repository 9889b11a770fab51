"""A market of lenders with auto-invest rules, and the invariants that hold after every step."""

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from chalicelib.auto_invest.domain import MatchResult
from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.auto_invest.service.rules import RuleChange, RuleView
from chalicelib.container import Container
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.actor import Actor
from chalicelib.shared.money import Money, Rate
from chalicelib.wallets.domain.wallet import Wallet
from tests.engines import Storage
from tests.factories import ServiceFactory
from tests.stored_state import assert_ledger_balances, assert_rule_limits, loan_repository, stored_offers
from tests.streams import Background


@dataclass(frozen=True, slots=True)
class AutoInvestMarket:
    """Lenders, rules and loans; every step that matching follows is settled."""

    container: Container
    factory: ServiceFactory
    storage: Storage
    background: Background

    def lender(self, balance: str = "500.00", **terms: Any) -> Actor:
        """A lender with a rule of these terms."""
        return self.lenders(1, balance, **terms)[0]

    def lenders(self, count: int, balance: str = "1000.00", **terms: Any) -> list[Actor]:
        """Lenders with a rule each."""
        lenders = [self.factory.lender(balance) for _ in range(count)]
        for lender in lenders:
            self.factory.rule(lender, **terms)
        self.background.settle()
        return lenders

    def open_loan(self, borrower: Actor | None = None, amount: str = "1000.00") -> str:
        """The id of a requested loan, after it was matched."""
        loan_id = self.factory.open_loan(borrower or self.factory.borrower(), amount=amount)
        self.background.settle()
        return loan_id

    def deposit(self, lender: Actor, amount: str) -> None:
        """Deposit, and match the lender's rules again."""
        self.container.wallets.deposit(lender, Money.of(amount), "")
        self.background.settle()

    def make_offer(self, lender: Actor, loan_id: str, rate: str = "9.00", amount: str = "50.00") -> None:
        self.container.offers.make(lender, loan_id, Rate.percent(rate), Money.of(amount))

    def accept_rule_offer(self, borrower: Actor, loan_id: str, lender: Actor) -> None:
        self.container.offers.accept(borrower, loan_id, [self.offer(loan_id, lender).id])

    def change_rule(self, lender: Actor, change: RuleChange) -> RuleView:
        """The view of the lender's only rule directly after a change, which is then settled."""
        view = self.container.auto_invest.change(lender, self.rule_view(lender).rule.id, change).value
        self.background.settle()
        return view

    def freeze(self, lender: Actor, *, frozen: bool = True) -> None:
        writes = loan_repository(self.container).writes()
        self.container.wallets.add_freeze(writes, lender.user_id, frozen=frozen)
        writes.commit()

    def offer(self, loan_id: str, lender: Actor) -> Offer:
        """The lender's offer, which must exist."""
        offer = self.find_offer(loan_id, lender)
        assert offer is not None
        return offer

    def find_offer(self, loan_id: str, lender: Actor) -> Offer | None:
        return next((each for each in stored_offers(self.container, loan_id) if each.lender_id == lender.user_id), None)

    def rule_view(self, lender: Actor) -> RuleView:
        """The lender's only rule."""
        [view] = self.container.auto_invest.page(lender, limit=20, after=None).items
        return view

    def rules(self) -> RuleRepository:
        return RuleRepository(self.container.database, status_shards=1)

    def result(self, loan_id: str, lender: Actor) -> MatchResult:
        """The result that the lender's only rule shows for a loan."""
        return results_by_loan(self.rule_view(lender))[loan_id]

    def wallet(self, user: Actor) -> Wallet:
        return self.container.wallets.balance_of(user.user_id)

    def reserved(self, *lenders: Actor) -> Money:
        """The money reserved in the wallets of these lenders."""
        return Money.total(self.wallet(lender).reserved for lender in lenders)

    def assert_reservations_agree(self) -> None:
        """Check that wallets, loans and rules agree with the reservations of offers, and that the ledger balances."""
        by_lender, by_loan = Counter[str](), Counter[str]()
        items = self.storage.items("loans")
        for item in items:
            if item["sk"]["S"].startswith("OFFER#") and "reserved" in item:
                cents = int(item["reserved"]["N"])
                by_lender[item["lender_id"]["S"]] += cents
                by_loan[item["pk"]["S"]] += 1
        for wallet in self.storage.items("wallets"):
            assert int(wallet["reserved_cents"]["N"]) == by_lender[wallet["account"]["S"].removeprefix("wallet:")]
        for item in items:
            if item["sk"]["S"] == "LOAN":
                assert int(item.get("reservations", {"N": "0"})["N"]) == by_loan[item["pk"]["S"]]
        assert_rule_limits(items)
        assert_ledger_balances(self.storage)


def results_by_loan(view: RuleView) -> dict[str, MatchResult]:
    return {result.loan_id: result for result in view.results}


@pytest.fixture
def market(
    container: Container, service_factory: ServiceFactory, tables: Storage, background: Background
) -> Iterator[AutoInvestMarket]:
    """An empty market; its invariants are checked after the test."""
    market = AutoInvestMarket(container, service_factory, tables, background)
    yield market
    market.assert_reservations_agree()
