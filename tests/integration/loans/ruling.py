"""People, rules and loans for the tests of auto-invest; the invariants that hold after every step."""

from __future__ import annotations

from chalicelib.auto_invest.domain import MatchResult, RuleTerms
from chalicelib.auto_invest.repository.rules import RuleRepository
from chalicelib.auto_invest.service.rules import RuleView
from chalicelib.container import Container
from chalicelib.loans.domain.loan import Loan
from chalicelib.loans.domain.offer import Offer
from chalicelib.loans.repository.loans import LoanRepository
from chalicelib.loans.repository.outbox import OutboxRepository
from chalicelib.origination.service.loan_requests import LoanTerms
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.ids import new_id
from chalicelib.shared.money import Money, Rate
from tests.books import assert_books_balance
from tests.engines import Storage


def a_person(container: Container, role: Role, name: str, funds: str = "") -> Actor:
    actor = Actor(new_id(container.clock()), name, role)
    if funds:
        container.wallets.deposit(actor, Money.of(funds), "")
    return actor


def a_lender(container: Container, funds: str = "", name: str = "lender") -> Actor:
    return a_person(container, Role.LENDER, name, funds)


def a_borrower(container: Container, funds: str = "") -> Actor:
    return a_person(container, Role.BORROWER, "borrower", funds)


def a_rule(
    container: Container,
    lender: Actor,
    amount: str = "100.00",
    cap: str = "1000.00",
    min_rate: str = "5.00",
    max_term: int = 12,
    share: str = "100.00",
) -> RuleView:
    terms = RuleTerms(Money.of(amount), Rate.percent(min_rate), max_term, Rate.percent(share), Money.of(cap))
    return container.auto_invest.create(lender, terms).value


def a_request(container: Container, borrower: Actor, amount: str = "1000.00", rate: str = "12.00") -> Loan:
    terms = LoanTerms(Money.of(amount), Rate.percent(rate), 6)
    return container.loan_requests.request(borrower, terms).value.loan


def loans_of(container: Container) -> LoanRepository:
    return LoanRepository(container.database, OutboxRepository(container.database), status_shards=1)


def rules_of(container: Container) -> RuleRepository:
    return RuleRepository(container.database, status_shards=1)


def loan_and_offers(container: Container, loan_id: str) -> tuple[Loan, list[Offer]]:
    found = loans_of(container).find_with_offers(loan_id, consistent=True)
    assert found is not None
    return found


def offer_of(container: Container, loan_id: str, lender: Actor) -> Offer | None:
    return next((each for each in loan_and_offers(container, loan_id)[1] if each.lender_id == lender.user_id), None)


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
    """Wallets hold what their offers hold, loans count their holds, no rule is past its bound; books balance."""
    items = storage.items("loans")
    by_lender: dict[str, int] = {}
    by_loan: dict[str, int] = {}
    by_rule: dict[str, int] = {}
    for item in items:
        if item["sk"]["S"].startswith("OFFER#") and "held" in item:
            cents = int(item["held"]["N"])
            by_lender[item["lender_id"]["S"]] = by_lender.get(item["lender_id"]["S"], 0) + cents
            by_loan[item["pk"]["S"]] = by_loan.get(item["pk"]["S"], 0) + 1
            by_rule[item["rule_id"]["S"]] = by_rule.get(item["rule_id"]["S"], 0) + cents
    for wallet in storage.items("wallets"):
        assert int(wallet["held_cents"]["N"]) == by_lender.get(wallet["account"]["S"].removeprefix("wallet:"), 0)
    for item in items:
        if item["sk"]["S"] == "LOAN":
            assert int(item.get("holds", {"N": "0"})["N"]) == by_loan.get(item["pk"]["S"], 0)
        if item["sk"]["S"].startswith("RULE#"):
            committed = int(item["committed"]["N"])
            assert by_rule.get(item["sk"]["S"].removeprefix("RULE#"), 0) <= committed <= int(item["cap"]["N"])
    assert_books_balance(storage)


def outbox(storage: Storage) -> list[str]:
    return [item["sk"]["S"] for item in storage.items("loans") if item["sk"]["S"].startswith("OUTBOX#")]


def freeze(container: Container, lender: Actor, *, frozen: bool) -> None:
    writes = loans_of(container).writes()
    container.wallets.add_freeze(writes, lender.user_id, frozen=frozen)
    writes.commit()
