"""Bodies made to exhaust the parser are rejected quickly, and nothing of them is stored."""

import time
from typing import Final

import pytest

from tests.engines import Storage
from tests.factories import User, UserFactory
from tests.problems import problem

DEPOSIT: Final = "/api/wallets/deposit/"
KIB: Final = 1024
PATIENCE_SECONDS: Final = 5  # such a body takes milliseconds; a reader that it exhausts takes minutes


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b'{"amount":' * 6_500 + b"1" + b"}" * 6_000, 413),
        (b"[" * 100_000 + b"]" * 100_000, 413),
        (b"[" * 32_000 + b"]" * 32_000, 400),
        (b'{"amount":' + b"[" * 30_000 + b"]" * 30_000 + b"}", 400),
        (b'{"amount":' + b'{"a":' * 10_000 + b"1" + b"}" * 10_000 + b"}", 400),
        (b'{"amount":' + b"9" * 60_000 + b"}", 400),
        (b'{"amount":1e999999999}', 422),
        (b'{"amount":1e-999999999}', 422),
        (b'{"amount":-1E+99999999999999999999}', 400),
        (b'{"amount":0.' + b"0" * 60_000 + b"1}", 422),
        (b'{"amount":"' + b"9" * 60_000 + b'"}', 422),
        (b'{"amount":"1' + b"0" * 5_000 + b'.00"}', 422),
        (b'{"amount":"1.00","description":"' + b"x" * 60_000 + b'"}', 422),
        (b'{"amount":"1.00","description":"' + b"\\u0041" * 10_000 + b'"}', 422),
        (b"{" + b",".join(b'"k%d":1' % number for number in range(6_000)) + b"}", 422),
        (b"{" + b",".join(b'"%d":{}' % number for number in range(6_000)) + b"}", 422),
        (b'{"amount":"1.00"}' + b" " * 64 * KIB, 413),
        (b'{"amount":"1.00","description":"\\ud800"}', 422),
        (b'{"amount":"1.00","description":"\\u0000"}', 422),
    ],
    ids=[
        "deep objects, too long", "100,000 deep", "32,000 deep", "deep list as amount", "deep object as amount",
        "60,000 digits", "huge exponent", "tiny exponent", "exponent beyond Decimal", "60,000 decimals",
        "60,000 digits in a string", "5,000 digits in a string", "60,000 letters", "escapes", "6,000 numbers",
        "6,000 objects", "blanks", "half a surrogate", "null character",
    ],
)  # fmt: skip
def test_exhausting_body_is_rejected_quickly(borrower: User, tables: Storage, body: bytes, status: int) -> None:
    started = time.perf_counter()

    response = borrower.http.post(DEPOSIT, raw=body)

    assert time.perf_counter() - started < PATIENCE_SECONDS
    assert response.status == status, response.body[:300]
    problem(response, status, response.code)
    assert tables.items("ledger") == []


def test_response_size_does_not_depend_on_the_request(borrower: User) -> None:
    names = ",".join(f'"{"k" * 40}{number}":1' for number in range(1_200))

    response = borrower.http.post(DEPOSIT, raw=b"{" + names.encode() + b"}")

    assert response.status == 422
    assert len(response.body) < 16 * KIB


@pytest.mark.parametrize("name", [r"\ud800", r"\u0000", r"\u202e", "<script>", "a.b", "k" * 60_000, ""])
def test_unknown_field_name_is_reported_as_text(borrower: User, name: str) -> None:
    response = borrower.http.post(DEPOSIT, raw=b'{"amount":"1.00","' + name.encode() + b'":1}')

    [error] = problem(response, 422, "invalid_request")["errors"]
    assert len(error["field"]) <= 100
    assert error["message"]


@pytest.mark.parametrize("length", [5_000, 60_000])
def test_long_query_and_path_are_rejected(borrower: User, length: int) -> None:
    problem(borrower.http.get(f"/api/wallets/transactions/?cursor={'A' * length}"), 422, "invalid_request")
    problem(borrower.http.get(f"/api/loans/{'A' * length}/"), 404, "not_found")
    problem(borrower.http.get(f"/api/admin/ledger/accounts/{'A' * length}/"), 403, "forbidden")
