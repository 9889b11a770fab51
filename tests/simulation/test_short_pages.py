"""DynamoDB may end a page of a list before its limit: nobody takes what came for all that there is."""

from chalicelib.shared.actor import Role
from tests.factories import User, ok, open_loan
from tests.paging import pages_of
from tests.simulation.clients import operator
from tests.simulation.environment import Environment
from tests.simulation.scenarios.auto_invest import RULE, offers_on
from tools.dynamodb_simulator.fault_injector import Fault, FaultPlan


def every_page() -> FaultPlan:
    """Each page ends after one item."""
    return lambda sent: Fault.SHORT_PAGE if sent.allows(Fault.SHORT_PAGE) else None


def the_first_page() -> FaultPlan:
    """Only the first list that is asked for is cut short."""
    return lambda sent: Fault.SHORT_PAGE if sent.call == 0 and sent.allows(Fault.SHORT_PAGE) else None


def a_lender_with_deposits(environment: Environment, many: int) -> User:
    """A lender whose account has so many postings."""
    lender = environment.person(Role.LENDER, "lena")
    for _ in range(many):
        ok(lender.http.post("/api/wallets/deposit/", {"amount": "1.00"}))
    return lender


def test_a_page_is_as_long_as_asked_for_though_it_comes_in_parts(environment: Environment) -> None:
    lender = a_lender_with_deposits(environment, 7)
    whole = pages_of(lender, "/api/wallets/transactions/", limit=3)
    environment.injector.begin(every_page())

    cut = pages_of(lender, "/api/wallets/transactions/", limit=3)

    assert [len(page) for page in cut] == [3, 3, 1]
    assert cut == whole


def test_an_account_is_shown_to_its_end_though_a_page_is_cut_short(environment: Environment) -> None:
    lender, staff = a_lender_with_deposits(environment, 4), operator(environment)
    environment.injector.begin(every_page())

    [entries] = pages_of(staff, f"/api/admin/ledger/accounts/wallet:{lender.id}/", limit=20)

    assert len(entries) == 4


def test_no_loan_is_missing_where_the_page_of_one_status_is_cut_short(environment: Environment) -> None:
    borrower, staff = environment.person(Role.BORROWER, "bob"), operator(environment)
    loans = [open_loan(borrower)["id"] for _ in range(6)]
    for loan_id in loans[::2]:
        ok(borrower.http.post(f"/api/loans/{loan_id}/cancel/"))
    environment.injector.begin(the_first_page())

    [shown] = pages_of(staff, "/api/admin/loans/", limit=20)

    assert [loan["id"] for loan in shown] == sorted(loans, reverse=True)


def test_a_lenders_new_money_goes_to_every_rule_though_the_page_of_rules_is_cut_short(environment: Environment) -> None:
    lender = environment.person(Role.LENDER, "lena", "0.50")
    ok(lender.http.post("/api/loans/auto-invest/", RULE))
    ok(lender.http.post("/api/loans/auto-invest/", {**RULE, "min_rate": "40.00"}))
    loan_id = open_loan(environment.person(Role.BORROWER, "bob"))["id"]
    environment.settle()
    ok(lender.http.post("/api/wallets/deposit/", {"amount": "700.00"}))
    environment.injector.begin(every_page())

    environment.settle()

    assert len(offers_on(environment, loan_id)) == 1


def test_nobody_gets_a_rule_too_many_though_the_page_of_rules_is_cut_short(environment: Environment) -> None:
    lender = environment.person(Role.LENDER, "lena")
    for _ in range(20):
        ok(lender.http.post("/api/loans/auto-invest/", {**RULE, "active": False}))
    environment.injector.begin(every_page())

    assert lender.http.post("/api/loans/auto-invest/", RULE).code == "too_many_rules"
