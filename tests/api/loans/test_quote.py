"""Quotes: public, of any schedule, with published figures, and not stored."""

from decimal import Decimal
from typing import Any

import pytest

from tests.engines import Storage
from tests.factories import UserFactory, ok, open_loan
from tests.http_client import HttpClient, Response
from tests.unit.lending_math.published_cases import published_schedules

PATH = "/api/loans/quote/"
BODY = {"amount": "1000.00", "annual_interest_rate": "12", "number_of_payments": 6}
FIELDS = {
    "method": "method", "frequency": "frequency", "day_count": "day_count", "start": "start_date",
    "first_due": "first_due_date", "grace": "principal_grace", "instalment_multiple": "instalment_multiple",
}  # fmt: skip
UNSUPPORTED = {"every_days", "instalment_rounding", "interest_rounding", "principal_multiple", "fixed_instalment"}


def body_of(terms: dict[str, Any]) -> dict[str, Any]:
    """The request body for the terms of a published schedule."""
    percent = (Decimal(terms["rate"]) * 100).quantize(Decimal("0.01"))
    options = {FIELDS[name]: value for name, value in terms.items() if name in FIELDS}
    return {
        "amount": terms["principal"],
        "annual_interest_rate": str(percent),
        "number_of_payments": terms["periods"],
        **options,
    }


def is_quotable(terms: dict[str, Any]) -> bool:
    exponent = (Decimal(terms["rate"]) * 100).normalize().as_tuple().exponent
    return not UNSUPPORTED & terms.keys() and int(exponent) >= -2


PUBLISHED = {name: case for name, case in published_schedules().items() if is_quotable(case["terms"])}


def request_quote(http: HttpClient, **changes: Any) -> Response:
    """Request a quote of ``BODY`` with changes; None removes a field."""
    terms = {name: value for name, value in {**BODY, **changes}.items() if value is not None}
    return http.post(PATH, terms)


@pytest.mark.parametrize("name", PUBLISHED)
def test_quote_matches_published_figures(http: HttpClient, name: str) -> None:
    case = PUBLISHED[name]

    quote = ok(http.post(PATH, body_of(case["terms"]))).json

    assert quote["instalment"] == case.get("instalment", quote["instalment"])
    assert quote["total_interest"] == case.get("total_interest", quote["total_interest"])
    found = [[row["due_date"], row["principal"], row["interest"], row["balance"]] for row in quote["items"]]
    for row, (day, *amounts) in zip(found, case.get("rows", []), strict="rows" in case):
        assert row == [day or row[0], *amounts]


def test_published_schedules_are_within_the_limits() -> None:
    assert len(PUBLISHED) >= 17


@pytest.mark.parametrize(
    ("terms", "expected"),
    [
        pytest.param(
            {"amount": "5000", "annual_interest_rate": "5.2", "number_of_payments": 24, "method": "flat"},
            {"instalment": "230.00", "total_amount": "5520.00", "apr": "9.69"},
            id="Regulation Z, Appendix J (c)(1)(i): 24 monthly payments of 230",
        ),
        pytest.param(
            {"amount": "200000", "annual_interest_rate": "6", "number_of_payments": 240, "fee": "4000"},
            {"instalment": "1432.86", "effective_rate": "6.43"},
            id="European Commission, APR examples (2015), example 1: 6.434412",
        ),
        pytest.param(
            {
                "amount": "200000", "annual_interest_rate": "6", "number_of_payments": 240, "fee": "4000",
                "method": "equal_principal",
            },
            {"instalment": "1833.33", "effective_rate": "6.48"},
            id="European Commission, APR examples (2015), example 13: 6.476009",
        ),
    ],
)  # fmt: skip
def test_quote_matches_published_annual_rates(
    http: HttpClient, terms: dict[str, Any], expected: dict[str, str]
) -> None:
    quote = ok(http.post(PATH, terms)).json

    assert {name: quote[name] for name in expected} == expected


def test_quote_is_public_and_stores_nothing(http: HttpClient, storage: Storage) -> None:
    tables = ("users", "wallets", "ledger", "loans", "operations")
    before = {table: storage.items(table) for table in tables}

    ok(request_quote(http, fee="10.00"))

    assert {table: storage.items(table) for table in tables} == before


def test_readme_figures_are_quoted(http: HttpClient) -> None:
    free = ok(request_quote(http)).json
    dear = ok(request_quote(http, fee="3.75")).json

    assert [row["amount"] for row in free["items"]] == ["172.55"] * 5 + ["172.53"]
    assert (free["instalment"], free["total_interest"], free["total_amount"]) == ("172.55", "35.28", "1035.28")
    assert (free["apr"], free["effective_rate"]) == ("12.00", "12.68")
    assert (dear["apr"], dear["effective_rate"]) == ("13.31", "14.15")
    assert {**dear, "apr": "12.00", "effective_rate": "12.68"} == free


def test_quoted_instalments_look_unpaid(http: HttpClient) -> None:
    first = ok(request_quote(http, start_date="2020-01-31")).json["items"][0]

    assert first == {
        "number": 1, "due_date": "2020-02-29", "principal": "162.55", "interest": "10.00", "late_fee": "0.00",
        "late_interest": "0.00",
        "amount": "172.55", "paid_amount": "0.00", "status": "PENDING", "paid_at": None, "balance": "837.45",
    }  # fmt: skip


def test_quote_length_is_months_payments_or_default(http: HttpClient) -> None:
    def length(**terms: Any) -> int:
        return len(ok(request_quote(http, number_of_payments=None, **terms)).json["items"])

    assert length() == 6
    assert length(term_months=9) == 9
    assert length(term_months=6, frequency="weekly") == 26
    assert length(term_months=6, frequency="biweekly") == 13
    assert len(ok(request_quote(http, number_of_payments=52, frequency="weekly")).json["items"]) == 52


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"term_months": 6}, "number_of_payments"),
        ({"number_of_payments": 1561}, "number_of_payments"),
        ({"number_of_payments": 0}, "number_of_payments"),
        ({"number_of_payments": None, "term_months": 361}, "term_months"),
        ({"number_of_payments": None, "term_months": 4, "frequency": "weekly"}, "term_months"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1000000000.01"}, "amount"),
        ({"amount": "10.001"}, "amount"),
        ({"annual_interest_rate": "1000.01"}, "annual_interest_rate"),
        ({"annual_interest_rate": None}, "annual_interest_rate"),
        ({"fee": "-1"}, "fee"),
        ({"method": "balloon"}, "method"),
        ({"frequency": "daily"}, "frequency"),
        ({"day_count": "ACT/364"}, "day_count"),
        ({"start_date": "31.01.2026"}, "start_date"),
        ({"principal_grace": -1}, "principal_grace"),
        ({"instalment_multiple": "0"}, "instalment_multiple"),
        ({"amuont": "1000"}, "amuont"),
    ],
)
def test_a_wrong_field_is_named(http: HttpClient, changes: dict[str, Any], field: str) -> None:
    rejected = request_quote(http, **changes)

    assert rejected.status == 422
    assert [error["field"] for error in rejected.json["errors"]] == [field]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"principal_grace": 6}, "invalid_terms"),
        ({"start_date": "2026-03-01", "first_due_date": "2026-03-01"}, "invalid_terms"),
        ({"start_date": "9999-12-01"}, "invalid_terms"),
        ({"method": "interest_only", "instalment_multiple": "10"}, "invalid_terms"),
        ({"amount": "0.05"}, "terms_not_amortisable"),
        ({"fee": "1000"}, "no_rate_exists"),
        ({"amount": "999999999", "fee": "999999998.50", "frequency": "weekly"}, "no_rate_exists"),
    ],
)
def test_unusable_quote_terms_are_rejected(http: HttpClient, changes: dict[str, Any], code: str) -> None:
    rejected = request_quote(http, **changes)

    assert (rejected.status, rejected.code) == (422, code)


def test_quote_equals_the_cost_of_the_loan(http: HttpClient, user_factory: UserFactory) -> None:
    """A loan request with the same terms on the same day shows the figures of the quote."""
    loan = open_loan(user_factory.borrower(), amount="5432.10", rate="9.75", months=18, method="equal_principal")

    quote = ok(
        request_quote(
            http, amount="5432.10", annual_interest_rate="9.75", number_of_payments=None, term_months=18,
            method="equal_principal",
        )
    ).json  # fmt: skip

    for name, shown in {"instalment": "monthly_payment", "total_interest": "total_interest", "apr": "apr"}.items():
        assert quote[name] == loan[shown]


@pytest.mark.parametrize("method", ["annuity", "equal_principal", "flat", "interest_only"])
@pytest.mark.parametrize("day_count", ["30/360", "30E/360", "30U/360", "ACT/365", "ACT/360", "ACT/ACT"])
def test_the_longest_schedules_are_quoted_to_the_cent(http: HttpClient, method: str, day_count: str) -> None:
    quote = ok(
        request_quote(
            http, amount="250000", annual_interest_rate="4.31", number_of_payments=1560, frequency="weekly",
            method=method, day_count=day_count, start_date="2026-01-31", first_due_date="2026-02-06", fee="99.99",
        )
    ).json  # fmt: skip

    cents = [int(row["principal"].replace(".", "")) for row in quote["items"]]
    assert len(cents) == 1560
    assert sum(cents) == 25_000_000
    assert quote["items"][-1]["balance"] == "0.00"
