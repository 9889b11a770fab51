"""422: invalid fields, named in the response. tests/security/test_mass_assignment.py covers unknown fields."""

from typing import Any

import pytest

from tests.engines import Storage
from tests.factories import UNKNOWN_ID, User, UserFactory, ok, open_loan
from tests.problems import problem, wrong_fields

INVALID_AMOUNTS: tuple[Any, ...] = (
    "10.005", 10.005, 0.001, "1e2", "ten", "", " 1.00", "1,00", "+1", "٣", "0x10", "NaN", "-1.00", -1, 0,
    "0.00", 0.0, -0.0, 1e300, True, False, None, [], {}, ["1.00"], {"cents": 100}, 10**40, "1" * 400,
    "1000000000.01",
)  # fmt: skip
GOOD_LOAN = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": 6}


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower()


@pytest.mark.parametrize("path", ["/api/wallets/deposit/", "/api/wallets/withdraw/"])
def test_invalid_amounts_are_rejected_not_rounded(borrower: User, path: str) -> None:
    for amount in INVALID_AMOUNTS:
        assert wrong_fields(borrower.http.post(path, {"amount": amount})) == ["amount"], amount


@pytest.mark.parametrize("good", ["0.01", 0.01, "7", 7, "7.5", 7.5, 1e2, "1000000000.00"])
def test_amount_may_be_string_or_number(borrower: User, good: Any) -> None:
    moved = ok(borrower.http.post("/api/wallets/deposit/", {"amount": good})).json

    assert moved["transaction"]["amount"] == f"{float(good):.2f}"


def test_numbers_keep_every_digit(borrower: User) -> None:
    response = borrower.http.post("/api/wallets/deposit/", raw=b'{"amount": 90071992547.41}')
    small = ok(borrower.http.post("/api/wallets/deposit/", raw=b'{"amount": 1.10}')).json
    too_fine = borrower.http.post("/api/wallets/deposit/", raw=b'{"amount": 1.10000000000000000000001}')

    assert wrong_fields(response) == wrong_fields(too_fine) == ["amount"]
    assert small["wallet"]["balance"] == "1.10"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"amount": "1.00", "description": 5}, "description"),
        ({"amount": "1.00", "description": "x" * 256}, "description"),
        ({"amount": "1.00", "description": "a\x00b"}, "description"),
        ({"amount": "1.00", "description": "a\nb"}, "description"),
        ({"amount": "1.00", "description": "\ud800"}, "description"),
        ({}, "amount"),
    ],
)
def test_invalid_deposit_fields_are_named(borrower: User, body: dict[str, Any], field: str) -> None:
    assert wrong_fields(borrower.http.post("/api/wallets/deposit/", body)) == [field]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"amount": "0.00"}, "amount"),
        ({"amount": "99.99"}, "amount"),
        ({"amount": "1000000.01"}, "amount"),
        ({"amount": "999999.999"}, "amount"),
        ({"amount": None}, "amount"),
        ({"annual_interest_rate": "50.01"}, "annual_interest_rate"),
        ({"annual_interest_rate": "-0.01"}, "annual_interest_rate"),
        ({"annual_interest_rate": "12.005"}, "annual_interest_rate"),
        ({"annual_interest_rate": True}, "annual_interest_rate"),
        ({"annual_interest_rate": None}, "annual_interest_rate"),
        ({"term_months": 0}, "term_months"),
        ({"term_months": 361}, "term_months"),
        ({"term_months": -6}, "term_months"),
        ({"term_months": 6.5}, "term_months"),
        ({"term_months": True}, "term_months"),
        ({"term_months": "six"}, "term_months"),
        ({"term_months": 10**30}, "term_months"),
        ({"method": "balloon"}, "method"),
        ({"method": ""}, "method"),
        ({"purpose": "x" * 256}, "purpose"),
        ({"purpose": ["a van"]}, "purpose"),
    ],
    ids=str,
)
def test_invalid_loan_terms_are_named(borrower: User, change: dict[str, Any], field: str) -> None:
    assert wrong_fields(borrower.http.post("/api/loans/", {**GOOD_LOAN, **change})) == [field]


def test_all_invalid_fields_are_reported_together(borrower: User) -> None:
    response = borrower.http.post("/api/loans/", {"amount": "x", "term_months": 0, "rate": "1"})

    assert sorted(wrong_fields(response)) == ["amount", "annual_interest_rate", "rate", "term_months"]


@pytest.mark.parametrize(
    "good",
    [
        {"amount": "100.00", "term_months": 1},
        {"amount": "1000000.00"},
        {"annual_interest_rate": 0},
        {"annual_interest_rate": "50.00"},
        {"term_months": 1},
        {"amount": "100000.00", "term_months": 360},
        {"term_months": "6"},
        {"method": "interest_only", "term_months": 12},
        {"purpose": "x" * 255},
    ],
    ids=str,
)
def test_boundary_values_are_accepted(borrower: User, good: dict[str, Any]) -> None:
    assert borrower.http.post("/api/loans/", {**GOOD_LOAN, **good}).status == 201


@pytest.mark.parametrize(
    "terms",
    [
        {"amount": "100.00", "annual_interest_rate": "0.00", "term_months": 360},
        {"amount": "100.00", "term_months": 359, "method": "flat"},
        {"amount": "1000000.00", "annual_interest_rate": "50.00", "term_months": 360},
        {"amount": "100.00", "term_months": 360, "method": "equal_principal"},
    ],
    ids=str,
)
def test_terms_not_amortisable_are_rejected(borrower: User, tables: Storage, terms: dict[str, Any]) -> None:
    response = borrower.http.post("/api/loans/", {**GOOD_LOAN, **terms})

    problem(response, 422, "terms_not_amortisable")
    assert tables.items("loans") == []


@pytest.mark.parametrize(
    ("body", "code", "field"),
    [
        ({"annual_interest_rate": "12.01"}, "rate_too_high", "annual_interest_rate"),
        ({"annual_interest_rate": "12.00", "amount": "1000.01"}, "offer_too_large", "amount"),
        ({"annual_interest_rate": "12.00", "amount": "0.00"}, "invalid_request", "amount"),
        ({"annual_interest_rate": "12.00", "amount": "24.99"}, "offer_too_small", "amount"),
        ({"annual_interest_rate": "51.00"}, "invalid_request", "annual_interest_rate"),
        ({}, "invalid_request", "annual_interest_rate"),
    ],
)
def test_an_offer_stays_within_the_request(
    borrower: User, user_factory: UserFactory, body: dict[str, Any], code: str, field: str
) -> None:
    loan = open_loan(borrower)

    response = user_factory.lender().http.post(f"/api/loans/{loan['id']}/offer/", body)

    assert (wrong_fields(response), response.code) == ([field], code)


@pytest.mark.parametrize(
    ("call", "body", "field"),
    [
        ("accept-offer", {}, "offer_id"),
        ("accept-offer", {"offer_id": "abc"}, "offer_id"),
        ("accept-offer", {"offer_id": None}, "offer_id"),
        ("accept-offer", {"offer_id": UNKNOWN_ID, "max_rate": "50.01"}, "max_rate"),
        ("accept-offers", {}, "offer_ids"),
        ("accept-offers", {"offer_ids": []}, "offer_ids"),
        ("accept-offers", {"offer_ids": [UNKNOWN_ID, UNKNOWN_ID]}, "offer_ids"),
        ("accept-offers", {"offer_ids": [f"{number:026d}" for number in range(21)]}, "offer_ids"),
        ("accept-offers", {"offer_ids": UNKNOWN_ID}, "offer_ids"),
        ("pay", {"amount": "0"}, "amount"),
        ("pay", {"amount": "1.234"}, "amount"),
        ("pay", {"strategy": "reduce_rate"}, "strategy"),
    ],
)
def test_invalid_borrower_requests_name_the_field(borrower: User, call: str, body: dict[str, Any], field: str) -> None:
    loan = open_loan(borrower)

    assert wrong_fields(borrower.http.post(f"/api/loans/{loan['id']}/{call}/", body)) == [field]


@pytest.mark.parametrize(
    ("path", "field"),
    [
        ("/api/wallets/transactions/?limit=0", "limit"),
        ("/api/wallets/transactions/?limit=101", "limit"),
        ("/api/wallets/transactions/?limit=ten", "limit"),
        ("/api/wallets/transactions/?limit=1.5", "limit"),
        ("/api/wallets/transactions/?type=GIFT", "type"),
        ("/api/wallets/transactions/?from=2026-02-30", "from"),
        ("/api/wallets/transactions/?to=20260101", "to"),
        ("/api/wallets/transactions/?from=2026-02-01&to=2026-01-31", "to"),
        ("/api/wallets/statement/?from=2026-02-01&to=2026-01-31", "to"),
        ("/api/wallets/transactions/?cursor=abc", "cursor"),
        ("/api/wallets/transactions/?cursor=%FF", "cursor"),
        ("/api/loans/available/?min_amount=x", "min_amount"),
        ("/api/loans/available/?min_rate=51", "min_rate"),
        ("/api/loans/available/?max_term=0", "max_term"),
        ("/api/loans/available/?sort=oldest", "sort"),
        ("/api/loans/my-loans/?status=LOST", "status"),
        ("/api/loans/pending-payments/?cursor=AAAA", "cursor"),
    ],
)
def test_invalid_query_parameters_are_named(borrower: User, path: str, field: str) -> None:
    assert wrong_fields(borrower.http.get(path)) == [field]
