"""Short pages: DynamoDB may end a page before its limit, and no read takes it for the whole list."""

from chalicelib.shared.actor import Role
from tests.factories import User, ok, open_loan
from tests.paging import pages_of
from tests.simulation.clients import operator
from tests.simulation.environment import Environment
from tests.simulation.scenarios.auto_invest import RULE, offers_on
from tools.dynamodb_simulator.fault_injector import Fault, FaultPlan


def every_page_short() -> FaultPlan:
    """End each page after one item."""
    return lambda sent: Fault.SHORT_PAGE if sent.allows(Fault.SHORT_PAGE) else None


def first_page_short() -> FaultPlan:
    """End only the first page after one item."""
    return lambda sent: Fault.SHORT_PAGE if sent.call == 0 and sent.allows(Fault.SHORT_PAGE) else None


def lender_with_deposits(environment: Environment, number: int) -> User:
    """Create a lender whose account has a number of postings."""
    lender = environment.user(Role.LENDER, "lena")
    for _ in range(number):
        ok(lender.http.post("/api/wallets/deposit/", {"amount": "1.00"}))
    return lender


def test_pages_have_the_requested_length(environment: Environment) -> None:
    lender = lender_with_deposits(environment, 7)
    whole = pages_of(lender, "/api/wallets/transactions/", limit=3)
    environment.injector.begin(every_page_short())

    short = pages_of(lender, "/api/wallets/transactions/", limit=3)

    assert [len(page) for page in short] == [3, 3, 1]
    assert short == whole


def test_ledger_account_lists_all_postings(environment: Environment) -> None:
    lender, staff = lender_with_deposits(environment, 4), operator(environment)
    environment.injector.begin(every_page_short())

    [entries] = pages_of(staff, f"/api/admin/ledger/accounts/wallet:{lender.id}/", limit=20)

    assert len(entries) == 4


def test_operator_lists_loans_of_every_status(environment: Environment) -> None:
    borrower, staff = environment.user(Role.BORROWER, "bob"), operator(environment)
    loans = []
    for _ in range(3):
        loans.append(open_loan(borrower)["id"])
        ok(borrower.http.post(f"/api/loans/{loans[-1]}/cancel/"))
    loans += [open_loan(borrower)["id"] for _ in range(3)]
    environment.injector.begin(first_page_short())

    [listed] = pages_of(staff, "/api/admin/loans/", limit=20)

    assert [loan["id"] for loan in listed] == sorted(loans, reverse=True)


def test_deposit_matches_every_rule(environment: Environment) -> None:
    lender = environment.user(Role.LENDER, "lena", "0.50")
    ok(lender.http.post("/api/loans/auto-invest/", RULE))
    ok(lender.http.post("/api/loans/auto-invest/", {**RULE, "min_rate": "40.00"}))
    loan_id = open_loan(environment.user(Role.BORROWER, "bob"))["id"]
    environment.settle()
    ok(lender.http.post("/api/wallets/deposit/", {"amount": "700.00"}))
    environment.injector.begin(every_page_short())

    environment.settle()

    assert len(offers_on(environment, loan_id)) == 1


def test_number_of_rules_is_limited(environment: Environment) -> None:
    lender = environment.user(Role.LENDER, "lena")
    for _ in range(20):
        ok(lender.http.post("/api/loans/auto-invest/", {**RULE, "active": False}))
    environment.injector.begin(every_page_short())

    assert lender.http.post("/api/loans/auto-invest/", RULE).code == "too_many_rules"
