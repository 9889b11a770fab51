"""The whole flow over the API, with the figures that the README shows."""

import pytest

from tests.engines import Storage
from tests.factories import UserFactory, funded_loan, ok, open_loan, pay
from tests.http_client import HttpClient
from tests.stored_state import assert_ledger_balances


def instalments(loan_id: str, http: HttpClient) -> list[str]:
    return [row["amount"] for row in ok(http.get(f"/api/loans/{loan_id}/schedule/")).json["items"]]


def test_loan_lifecycle_accounts_for_every_cent(user_factory: UserFactory, storage: Storage) -> None:
    lender, borrower = user_factory.lender("10000.00"), user_factory.borrower("2000.00")

    loan = funded_loan(borrower, lender, amount="1000.00", rate="12.00", months=6)

    assert loan["status"] == "FUNDED"
    assert [each["lender_id"] for each in loan["investments"]] == [lender.id]
    assert instalments(loan["id"], borrower.http) == ["172.55"] * 5 + ["172.53"]
    assert lender.balance() == "8996.25"
    assert borrower.balance() == "3000.00"
    assert assert_ledger_balances(storage)["platform:fees"] == 375

    paid = [pay(borrower, loan["id"]) for _ in range(6)]

    assert [each["payment"]["amount"] for each in paid] == ["172.55"] * 5 + ["172.53"]
    assert paid[-1]["loan"]["status"] == "COMPLETED"
    assert paid[-1]["loan"]["remaining_amount"] == "0.00"
    assert paid[-1]["loan"]["outstanding_principal"] == "0.00"
    assert lender.balance() == "10031.53"
    assert borrower.balance() == "1964.72"
    assert assert_ledger_balances(storage)["platform:fees"] == 375


@pytest.mark.parametrize(
    ("amount", "rate", "months", "expected"),
    [
        ("5000.00", "15.00", 6, ["870.17"] * 5 + ["870.15"]),
        ("1000.00", "0.00", 3, ["333.33", "333.33", "333.34"]),
    ],
)
def test_schedules_are_exact_to_the_cent(
    user_factory: UserFactory, amount: str, rate: str, months: int, expected: list[str]
) -> None:
    lender, borrower = user_factory.lender("10000.00"), user_factory.borrower()

    loan = funded_loan(borrower, lender, amount=amount, rate=rate, months=months)

    assert instalments(loan["id"], borrower.http) == expected


def test_the_default_term_is_six_months(user_factory: UserFactory) -> None:
    borrower = user_factory.borrower()

    loan = ok(borrower.http.post("/api/loans/", {"amount": "600", "annual_interest_rate": "10"})).json

    assert loan["term_months"] == 6


def test_request_shows_estimated_costs(user_factory: UserFactory) -> None:
    borrower = user_factory.borrower()

    loan = open_loan(borrower)

    assert loan["monthly_payment"] == "172.55"
    assert loan["total_amount"] == "1035.28"
    assert loan["total_interest"] == "35.28"
    assert loan["apr"] == "12.00"
    assert loan["effective_rate"] == "12.68"
    assert loan["annual_interest_rate"] == loan["requested_rate"] == "12.00"
    assert loan["offers"] == loan["investments"] == []
