"""Autopay over HTTP: who may turn it on and off, and who sees what of it."""

from typing import Any

from chalicelib.container import Container
from chalicelib.shared.clock import FixedClock
from tests.factories import User, UserFactory, accept_offer, deposit, funded_loan, make_offer, ok, open_loan, pay
from tests.problems import problem


def autopay_of(user: User, loan: Any) -> Any:
    return user.call("GET", f"/api/loans/{loan['id']}/")["autopay"]


def path_of(loan: Any) -> str:
    return f"/api/loans/{loan['id']}/autopay/"


def test_mandate_is_turned_on_once_and_off(user_factory: UserFactory, clock: FixedClock) -> None:
    borrower = user_factory.borrower()
    loan = funded_loan(borrower, user_factory.lender("2000.00"))
    off: dict[str, Any] = {"enabled": False, "since": None, "attempts": []}
    on: dict[str, Any] = {"enabled": True, "since": "2026-01-15T09:30:00.000Z", "attempts": []}
    assert autopay_of(borrower, loan) == off

    first = ok(borrower.http.send("PUT", path_of(loan)))
    clock.advance(hours=1)
    second = ok(borrower.http.send("PUT", path_of(loan)))
    assert (first.status, first.json, second.json) == (200, on, on)
    assert autopay_of(borrower, loan) == on

    for _ in range(2):
        assert borrower.http.delete(path_of(loan)).status == 204
    assert autopay_of(borrower, loan) == off


def test_repeated_delete_does_not_end_a_later_mandate(user_factory: UserFactory) -> None:
    borrower = user_factory.borrower()
    loan = funded_loan(borrower, user_factory.lender("2000.00"))
    borrower.call("PUT", path_of(loan))
    ok(borrower.http.delete(path_of(loan), key="off"))
    borrower.call("PUT", path_of(loan))

    repeated = ok(borrower.http.delete(path_of(loan), key="off"))

    assert (repeated.status, repeated.headers["idempotent-replayed"]) == (204, "true")
    assert autopay_of(borrower, loan)["enabled"]


def test_loan_that_is_not_running_has_no_autopay(user_factory: UserFactory) -> None:
    borrower, lender = user_factory.borrower("500.00"), user_factory.lender("2000.00")
    requested = open_loan(borrower)
    repaid = funded_loan(borrower, lender, months=1)
    borrower.call("PUT", path_of(repaid))
    pay(borrower, repaid["id"])

    for loan in (requested, repaid):
        for method in ("PUT", "DELETE"):
            problem(borrower.http.send(method, path_of(loan)), 409, "loan_not_active")
    assert autopay_of(borrower, repaid) == {"enabled": False, "since": None, "attempts": []}


def test_only_the_borrower_manages_autopay(user_factory: UserFactory) -> None:
    borrower, lender = user_factory.borrower(), user_factory.lender("2000.00")
    loan = funded_loan(borrower, lender)

    for method in ("PUT", "DELETE"):
        problem(lender.http.send(method, path_of(loan)), 403, "role_required")
        problem(user_factory.borrower().http.send(method, path_of(loan)), 404, "loan_not_found")
        problem(user_factory.operator().http.send(method, path_of(loan)), 403, "role_required")
    assert not autopay_of(borrower, loan)["enabled"]


def test_lenders_see_failures_without_their_reason(
    user_factory: UserFactory, container: Container, clock: FixedClock
) -> None:
    borrower, lender, other = user_factory.borrower(), user_factory.lender("2000.00"), user_factory.lender()
    loan = open_loan(borrower)
    make_offer(other, loan["id"])
    offer = make_offer(lender, loan["id"])
    accept_offer(borrower, loan["id"], offer["id"])
    lender.call("POST", f"/api/loans/{loan['id']}/fund/")
    borrower.call("PUT", path_of(loan))
    borrower.call("POST", "/api/wallets/withdraw/", {"amount": "1000.00"})
    clock.advance(days=31)
    container.lifecycle.check_overdue()
    deposit(borrower, "200.00")
    clock.advance(days=1)
    container.lifecycle.check_overdue()

    failed = {"on": "2026-02-15", "number": 1, "status": "FAILED"}
    paid = {"on": "2026-02-16", "number": 1, "status": "PAID", "code": None}
    for viewer in (borrower, user_factory.operator()):
        assert autopay_of(viewer, loan)["attempts"] == [{**failed, "code": "insufficient_funds"}, paid]
    assert autopay_of(lender, loan) == {
        "enabled": True,
        "since": "2026-01-15T09:30:00.000Z",
        "attempts": [{**failed, "code": None}, paid],
    }
    problem(other.http.get(f"/api/loans/{loan['id']}/"), 404, "loan_not_found")
    assert pay(borrower, loan["id"], "1.00")["loan"]["autopay"]["enabled"]


def test_lists_and_the_market_show_no_autopay(user_factory: UserFactory) -> None:
    borrower = user_factory.borrower()
    running = funded_loan(borrower, user_factory.lender("2000.00"))
    borrower.call("PUT", path_of(running))
    requested = open_loan(borrower)

    assert autopay_of(user_factory.lender(), requested) is None
    assert [each["autopay"] for each in borrower.call("GET", "/api/loans/my-loans/")["items"]] == [None, None]
