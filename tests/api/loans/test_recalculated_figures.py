"""After a prepayment or a reschedule, every figure of the loan is that of its new schedule."""

from decimal import Decimal
from fractions import Fraction
from typing import Any

import pytest

from chalicelib.lending_math.rates_of_return import apr_eu, apr_us_actuarial
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.money import Money
from tests.factories import User, UserFactory, funded_loan, ok, pay


def reschedule(user_factory: UserFactory, borrower: User, loan_id: str, **terms: Any) -> None:
    """Reschedule a loan, with the borrower's consent if that is needed."""
    body = {**terms, "reason": "loss of income", "ground": "contractual"}
    response = ok(user_factory.operator().http.post(f"/api/admin/loans/{loan_id}/reschedule/", body))
    if response.status == 202:
        accepted = {"proposal_id": response.json["proposal"]["id"]}
        ok(borrower.http.post(f"/api/loans/{loan_id}/reschedule/accept/", accepted))


def assert_figures_agree(borrower: User, loan_id: str, term_months: int, monthly_payment: str) -> Any:
    """Compare each figure of the loan with the schedule that the API shows."""
    loan = ok(borrower.http.get(f"/api/loans/{loan_id}/")).json
    items = ok(borrower.http.get(f"/api/loans/{loan_id}/schedule/")).json["items"]
    interest = sum(Decimal(row["interest"]) for row in items)
    unpaid = [row for row in items if row["status"] != "PAID"]
    left = sum(Decimal(row["amount"]) - Decimal(row["paid_amount"]) for row in items)

    assert loan["term_months"] == term_months
    assert loan["monthly_payment"] == monthly_payment
    assert Decimal(loan["total_interest"]) == interest
    assert Decimal(loan["total_amount"]) == Decimal(loan["amount"]) + interest
    assert Decimal(loan["apr"]) == rate_of(loan, items, apr_us_actuarial)
    assert Decimal(loan["effective_rate"]) == rate_of(loan, items, apr_eu)
    assert loan["next_due_date"] == (unpaid[0]["due_date"] if unpaid else None)
    assert sum(Decimal(row["principal"]) for row in items) == Decimal(loan["amount"])
    assert Decimal(loan["remaining_amount"]) == left
    payments = ok(borrower.http.get(f"/api/loans/{loan_id}/payments/")).json["items"]
    repaid = sum(Decimal(payment["principal"]) for payment in payments)
    assert Decimal(loan["outstanding_principal"]) == Decimal(loan["amount"]) - repaid
    return loan


def rate_of(loan: Any, items: Any, solve: Any) -> Decimal:
    """The rate of the payments in the schedule, in months after the funding."""
    months_each = 1 if solve is apr_us_actuarial else Fraction(1, 12)
    payments = [
        (months_after_funding(row["due_date"]) * months_each, Money.of(row["principal"]) + Money.of(row["interest"]))
        for row in items
    ]
    return Decimal(solve([(0 * months_each, Money.of(loan["amount"]))], payments)).quantize(Decimal("0.01"))


def months_after_funding(due_date: str) -> int:
    year, month = int(due_date[:4]), int(due_date[5:7])
    return (year - 2026) * 12 + month - 1


@pytest.mark.parametrize(
    ("terms", "term_months", "monthly_payment"),
    [
        ({"annual_interest_rate": "6.00"}, 6, "169.60"),
        ({"remaining_terms": 12}, 12, "88.85"),
        ({"remaining_terms": 3, "annual_interest_rate": "20.00"}, 3, "344.51"),
        ({"holiday_months": 2}, 8, "172.55"),
        ({"holiday_months": 1, "remaining_terms": 9, "annual_interest_rate": "0.00"}, 10, "111.11"),
    ],
)
def test_every_figure_follows_a_reschedule(
    user_factory: UserFactory, terms: dict[str, Any], term_months: int, monthly_payment: str
) -> None:
    borrower = user_factory.borrower()
    loan_id = funded_loan(borrower, user_factory.lender("2000.00"))["id"]

    reschedule(user_factory, borrower, loan_id, **terms)

    loan = assert_figures_agree(borrower, loan_id, term_months, monthly_payment)
    assert (loan["outstanding_principal"], loan["written_off"]) == ("1000.00", "0.00")


@pytest.mark.parametrize(
    ("method", "monthly_payment"),
    [("equal_principal", "105.00"), ("flat", "105.00"), ("interest_only", "5.00")],
)
def test_figures_of_every_method_follow_a_reschedule(
    user_factory: UserFactory, method: str, monthly_payment: str
) -> None:
    borrower = user_factory.borrower()
    loan_id = funded_loan(borrower, user_factory.lender("2000.00"), method=method)["id"]

    reschedule(user_factory, borrower, loan_id, remaining_terms=10, annual_interest_rate="6.00")

    assert_figures_agree(borrower, loan_id, 10, monthly_payment)


@pytest.mark.parametrize(("strategy", "is_shorter"), [("reduce_term", True), ("reduce_instalment", False)])
def test_every_figure_follows_a_prepayment(
    user_factory: UserFactory, clock: FixedClock, strategy: str, is_shorter: bool
) -> None:
    borrower = user_factory.borrower("2000.00")
    loan_id = funded_loan(borrower, user_factory.lender("2000.00"))["id"]
    pay(borrower, loan_id)
    clock.advance(days=45)

    pay(borrower, loan_id, "500.00", strategy=strategy)

    items = ok(borrower.http.get(f"/api/loans/{loan_id}/schedule/")).json["items"]
    term_months = months_after_funding(items[-1]["due_date"])
    assert (term_months < 6) is is_shorter
    assert_figures_agree(borrower, loan_id, term_months, items[-2]["amount"])


@pytest.mark.parametrize("method", ["annuity", "equal_principal", "flat", "interest_only"])
def test_figures_follow_a_payoff(user_factory: UserFactory, clock: FixedClock, method: str) -> None:
    borrower = user_factory.borrower("2000.00")
    loan = funded_loan(borrower, user_factory.lender("2000.00"), method=method)
    clock.advance(days=15)

    pay(borrower, loan["id"], ok(borrower.http.get(f"/api/loans/{loan['id']}/payoff/")).json["amount"])

    assert_figures_agree(borrower, loan["id"], 1, loan["monthly_payment"])


def test_single_instalment_of_interest_only_contains_the_principal(user_factory: UserFactory) -> None:
    borrower = user_factory.borrower()
    loan_id = funded_loan(borrower, user_factory.lender("2000.00"), method="interest_only")["id"]

    reschedule(user_factory, borrower, loan_id, remaining_terms=1)

    assert_figures_agree(borrower, loan_id, 1, "1010.00")
