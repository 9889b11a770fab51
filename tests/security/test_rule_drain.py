"""Attacks on lenders with auto-invest rules: borrowers whose loans cost them more than they can earn."""

from typing import Any

from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.factories import User, UserFactory, accept_offer, ok, pay
from tests.streams import Background

RULE = {"amount_per_loan": "100.00", "min_rate": "5.00", "max_term": 12, "max_exposure": "1000.00"}
LOANS = 23
BORROWERS = 3


def lender_with_rule(user_factory: UserFactory, background: Background, balance: str, **terms: Any) -> User:
    lender = user_factory.lender(balance)
    ok(lender.http.post("/api/loans/auto-invest/", {**RULE, **terms}))
    background.settle()
    return lender


def take_loan(borrower: User, background: Background, amount: str, rate: str = "12.00", months: int = 12) -> Any:
    """Request a loan and accept what the rules offer; None if the request is rejected or no rule lends."""
    terms = {"amount": amount, "annual_interest_rate": rate, "term_months": months}
    response = borrower.http.post("/api/loans/", terms)
    if response.status >= 400:
        return None
    loan = response.json
    background.settle()
    for offer in ok(borrower.http.get(f"/api/loans/{loan['id']}/offers/")).json["items"]:
        loan = accept_offer(borrower, loan["id"], offer["id"])
    background.settle()
    loan = ok(borrower.http.get(f"/api/loans/{loan['id']}/")).json
    if loan["status"] != "FUNDED":
        ok(borrower.http.post(f"/api/loans/{loan['id']}/cancel/"))
        background.settle()
        return None
    return loan


def pay_off(borrower: User, loan_id: str) -> None:
    amount = ok(borrower.http.get(f"/api/loans/{loan_id}/payoff/")).json["amount"]
    assert pay(borrower, loan_id, amount)["loan"]["status"] == "COMPLETED"


def test_smallest_requests_cost_no_fees(user_factory: UserFactory, background: Background) -> None:
    lender = lender_with_rule(user_factory, background, "100.00", min_rate="0.00")
    borrowers = [user_factory.borrower() for _ in range(BORROWERS)]

    for number in range(LOANS):
        for amount in ("0.01", "1.00"):
            take_loan(borrowers[number % BORROWERS], background, amount)

    assert lender.balance() == "100.00"


def test_repaid_loans_cost_lenders_nothing(
    user_factory: UserFactory, background: Background, clock: FixedClock
) -> None:
    lender = lender_with_rule(
        user_factory, background, "100000.00", max_exposure="100000.00", amount_per_loan="1000.00"
    )
    borrowers = [user_factory.borrower("1000.00") for _ in range(BORROWERS)]

    taken = 0
    for borrower in borrowers:
        for number in range(LOANS):
            loan = take_loan(borrower, background, f"{100 + 39 * number}.00")
            if loan is not None:
                pay_off(borrower, loan["id"])  # on the same day
                taken += 1
            clock.advance(minutes=2)
            background.settle()
            assert Money.of(lender.balance()) >= Money.of("100000.00")

    assert taken > BORROWERS * LOANS // 2


def test_one_borrower_never_takes_a_whole_rule(user_factory: UserFactory, background: Background) -> None:
    lender = lender_with_rule(user_factory, background, "5000.00", max_exposure="5000.00", amount_per_loan="500.00")
    borrower = user_factory.borrower()

    loans = [take_loan(borrower, background, "500.00") for _ in range(10)]

    assert [loan is not None for loan in loans] == [True] + [False] * 9
    assert lender.balance() == "4496.25"
