"""400, 405, 413 and 415: malformed requests, unknown paths and methods."""

import pytest

from tests.factories import User, UserFactory
from tests.problems import problem, wrong_fields

DEPOSIT = "/api/wallets/deposit/"


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower()


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"\xff\xfe",
        b"amount=1.00",
        b'\xef\xbb\xbf{"amount": "1.00"}',
        b'{"amount": NaN}',
        b'{"amount": Infinity}',
        b'{"amount": "1.00", "amount": "2.00"}',
        b'{"amount": "1.00"} {}',
        b'{"amount": ' + b"9" * 5000 + b"}",
        b"[" * 20_000,
    ],
    ids=["cut off", "no UTF-8", "a form", "byte order mark", "NaN", "Infinity", "member twice", "two documents",
         "endless number", "endless nesting"],
)  # fmt: skip
def test_invalid_json_is_a_bad_request(borrower: User, body: bytes) -> None:
    response = borrower.http.post(DEPOSIT, raw=body)

    problem(response, 400, "not_json")
    assert borrower.balance() == "0.00"


@pytest.mark.parametrize("body", [b"[]", b"null", b"1", b'"text"', b"true"])
def test_non_object_json_is_a_bad_request(borrower: User, body: bytes) -> None:
    response = borrower.http.post(DEPOSIT, raw=body)

    problem(response, 400, "not_an_object")


@pytest.mark.parametrize("body", [b"", b"  \r\n"])
def test_missing_body_is_an_empty_object(borrower: User, body: bytes) -> None:
    response = borrower.http.post(DEPOSIT, raw=body)

    assert wrong_fields(response) == ["amount"]


@pytest.mark.parametrize("key", ["", "ü", "x" * 256, "tab\there"])
def test_malformed_idempotency_key_is_a_bad_request(borrower: User, key: str) -> None:
    response = borrower.http.post(DEPOSIT, {"amount": "1.00"}, key=key)

    problem(response, 400, "bad_idempotency_key")
    assert borrower.balance() == "0.00"


def test_body_is_limited_to_64_kib(borrower: User) -> None:
    body = b'{"amount": "1.00"}'

    largest = borrower.http.post(DEPOSIT, raw=body.ljust(64 * 1024))
    larger = borrower.http.post(DEPOSIT, raw=body.ljust(64 * 1024 + 1))

    assert largest.status == 200
    problem(larger, 413, "body_too_large")
    assert borrower.balance() == "1.00"


@pytest.mark.parametrize(
    "media", ["text/plain", "application/x-www-form-urlencoded", "application/octet-stream", "image/png"]
)
def test_other_media_types_are_unsupported(borrower: User, media: str) -> None:
    response = borrower.http.post(DEPOSIT, raw=b'{"amount": "1.00"}', headers={"Content-Type": media})

    problem(response, 415, "unsupported_media_type")


def test_media_type_parameters_are_ignored(borrower: User) -> None:
    media = {"Content-Type": "Application/JSON; charset=utf-8"}

    response = borrower.http.post(DEPOSIT, raw=b'{"amount": "1.00"}', headers=media)

    assert response.status == 200


@pytest.mark.parametrize(
    ("method", "path", "allowed"),
    [
        ("PUT", DEPOSIT, {"POST"}),
        ("GET", "/api/wallets/deposit", {"POST"}),
        ("DELETE", "/api/users/profile/", {"GET", "PATCH"}),
        ("POST", "/api/loans/available/", {"GET"}),
    ],
)
def test_error_405_lists_allowed_methods(borrower: User, method: str, path: str, allowed: set[str]) -> None:
    response = borrower.http.send(method, path)

    problem(response, 405, "method_not_allowed")
    assert {name.strip() for name in response.headers["allow"].split(",")} == allowed


@pytest.mark.parametrize(
    "path", ["/api/nothing/", "/api/loans//", "/api//loans/", "/api/wallets/deposit/twice/", "/favicon.ico", "/api"]
)
def test_an_unknown_path_is_not_found(borrower: User, path: str) -> None:
    problem(borrower.http.get(path), 404, "not_found")


@pytest.mark.parametrize("identifier", ["x", "%FF", "01kf0fv2e04xqhc69v259mk7dh", "8" + "0" * 25])
def test_malformed_ids_are_not_found(borrower: User, identifier: str) -> None:
    problem(borrower.http.get(f"/api/loans/{identifier}/"), 404, "not_found")
