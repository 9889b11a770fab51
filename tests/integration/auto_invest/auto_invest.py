"""Reads for the tests of auto-invest, and the invariants that hold after every step."""

from __future__ import annotations

from chalicelib.auto_invest.domain import MatchResult
from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.auto_invest.service.rules import RuleView
from chalicelib.container import Container
from chalicelib.loans.domain.offer import Offer
from chalicelib.shared.actor import Actor
from chalicelib.shared.money import Money
from tests.engines import Storage
from tests.stored_state import assert_ledger_balances, loan_repository, stored_offers


def rules_of(container: Container) -> RuleRepository:
    return RuleRepository(container.database, status_shards=1)


def offer_of(container: Container, loan_id: str, lender: Actor) -> Offer | None:
    return next((each for each in stored_offers(container, loan_id) if each.lender_id == lender.user_id), None)


def accept_rule_offer(container: Container, borrower: Actor, loan_id: str, lender: Actor) -> None:
    offer = offer_of(container, loan_id, lender)
    assert offer is not None
    container.offers.accept(borrower, loan_id, offer.id)


def the_rule(container: Container, lender: Actor) -> RuleView:
    [view] = container.auto_invest.page(lender, limit=20, after=None).items
    return view


def effects_by_loan(view: RuleView) -> dict[str, MatchResult]:
    return {effect.loan_id: effect for effect in view.results}


def held(container: Container, lender: Actor) -> Money:
    return container.wallets.balance_of(lender.user_id).reserved


def assert_holds_agree(storage: Storage) -> None:
    """Check that wallets, loans and rules agree with the reservations of offers, and that the ledger balances."""
    items = storage.items("loans")
    by_lender: dict[str, int] = {}
    by_loan: dict[str, int] = {}
    by_rule: dict[str, int] = {}
    for item in items:
        if item["sk"]["S"].startswith("OFFER#") and "reserved" in item:
            cents = int(item["reserved"]["N"])
            by_lender[item["lender_id"]["S"]] = by_lender.get(item["lender_id"]["S"], 0) + cents
            by_loan[item["pk"]["S"]] = by_loan.get(item["pk"]["S"], 0) + 1
            by_rule[item["rule_id"]["S"]] = by_rule.get(item["rule_id"]["S"], 0) + cents
    for wallet in storage.items("wallets"):
        assert int(wallet["reserved_cents"]["N"]) == by_lender.get(wallet["account"]["S"].removeprefix("wallet:"), 0)
    for item in items:
        if item["sk"]["S"] == "LOAN":
            assert int(item.get("reservations", {"N": "0"})["N"]) == by_loan.get(item["pk"]["S"], 0)
        if item["sk"]["S"].startswith("RULE#"):
            committed = int(item["committed"]["N"])
            assert by_rule.get(item["sk"]["S"].removeprefix("RULE#"), 0) <= committed <= int(item["max_exposure"]["N"])
    assert_ledger_balances(storage)


def freeze(container: Container, lender: Actor, *, frozen: bool) -> None:
    writes = loan_repository(container).writes()
    container.wallets.add_freeze(writes, lender.user_id, frozen=frozen)
    writes.commit()
