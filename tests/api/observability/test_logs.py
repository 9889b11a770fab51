"""Requests and events are logged in one JSON line each, without personal data."""

import importlib
import json
from typing import Any

import pytest

from chalicelib.api import middleware
from chalicelib.container import Container
from chalicelib.observability import metrics
from chalicelib.shared.actor import Role
from chalicelib.wallets.domain import ledger
from local.lambda_context import LambdaContext
from local.schedules import scheduled_event
from tests.api.observability.conftest import JsonLines
from tests.factories import PASSWORD, UserFactory, funded_loan, ok, pay
from tests.http_client import HttpClient


def test_request_is_one_line_with_its_costs(user_factory: UserFactory, logs: JsonLines) -> None:
    borrower = user_factory.borrower()

    response = borrower.http.post("/api/wallets/deposit/", {"amount": "1.00"}, key="in")

    [line] = logs.lines
    assert {name: line[name] for name in ("message", "level", "method", "route", "status")} == {
        "message": "request",
        "level": "INFO",
        "method": "POST",
        "route": "/api/wallets/deposit",
        "status": 200,
    }
    assert (line["round_trips"], line["write_units"], line["read_units"]) == (2, 8.0, 1.0)
    assert 0 < line["duration_ms"] < 10_000
    assert line["request_id"] == response.headers["x-request-id"]
    assert line["timestamp"].endswith("+00:00")


def test_rejected_request_is_logged_with_its_code(user_factory: UserFactory, logs: JsonLines) -> None:
    user_factory.borrower().http.post("/api/wallets/withdraw/", {"amount": "1.00"})

    [line] = logs.lines
    assert (line["status"], line["code"]) == (409, "insufficient_funds")


def test_correlation_id_is_logged_and_returned(http: HttpClient, logs: JsonLines) -> None:
    response = http.get("/health", headers={"X-Correlation-Id": "order-17:a/b_c.d"})

    assert response.headers["x-correlation-id"] == "order-17:a/b_c.d"
    assert logs.lines[0]["correlation_id"] == "order-17:a/b_c.d"


@pytest.mark.parametrize("text", ["", "x" * 129, "two words", "a@example.com", "<script>", '{"a":1}', "-dash", "ü"])
def test_malformed_correlation_id_is_ignored(http: HttpClient, logs: JsonLines, text: str) -> None:
    response = http.get("/health", headers={"X-Correlation-Id": text})

    assert response.status == 200
    assert "x-correlation-id" not in response.headers
    assert "correlation_id" not in logs.lines[0]


def test_request_id_comes_from_the_gateway(http: HttpClient, logs: JsonLines) -> None:
    response = http.get("/health", headers={"X-Request-Id": "mine"})

    assert response.headers["x-request-id"] != "mine"
    assert logs.lines[0]["request_id"] == response.headers["x-request-id"]


def test_unexpected_failure_is_logged_with_its_request(
    user_factory: UserFactory, logs: JsonLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> object:
        raise ZeroDivisionError

    borrower = user_factory.borrower("1.00")
    monkeypatch.setattr(ledger.Journal, "postings", fails)

    response = borrower.http.post("/api/wallets/withdraw/", {"amount": "1.00"})

    [failure] = logs.named("unexpected failure")
    assert failure["request_id"] == response.headers["x-request-id"]
    assert "ZeroDivisionError" in failure["exception"]


def test_logs_contain_no_secrets_and_no_names(
    http: HttpClient, user_factory: UserFactory, container: Container, logs: JsonLines
) -> None:
    """Registration, wrong and right sign-ins, profile, a loan to its end, operators: every kind of request."""
    lender = user_factory.registered(Role.LENDER, "5000.00", name="sarah_unmistakable")
    borrower = user_factory.registered(Role.BORROWER, "1000.00", name="john_unmistakable")
    for name in ("sarah_unmistakable", "john_unmistakable"):
        ok(http.post("/api/users/login/", {"username": name, "password": PASSWORD}))
    profile = {"first_name": "Johannes", "last_name": "Gutenberg", "profile": {"phone_number": "+49 6131 12345"}}
    ok(borrower.http.patch("/api/users/profile/", profile))
    session = ok(http.post("/api/users/login/", {"username": "john_unmistakable", "password": PASSWORD})).json
    http.post("/api/users/login/", {"username": "john_unmistakable", "password": "wrong-hunter2-password"})
    http.post("/api/users/register/", {"username": "john_unmistakable", "email": "bad", "password": PASSWORD})
    renewed = ok(http.post("/api/users/token/refresh/", {"refresh_token": session["refresh_token"]})).json
    http.signed_in("forged-token-abcdef").get("/api/wallets/")
    loan = funded_loan(borrower, lender, months=1, purpose="A secret operation")
    pay(borrower, loan["id"])
    container.users.create_operator(username="boss", email="boss@example.com", password=PASSWORD)
    operator = http.signed_in(
        ok(http.post("/api/users/login/", {"username": "boss", "password": PASSWORD})).json["token"]
    )
    ok(operator.get("/api/admin/users/?q=john_unmistakable"))
    ok(operator.post(f"/api/admin/users/{lender.id}/freeze/", {"reason": "A private reason"}))
    ok(http.post("/api/users/logout/", {"refresh_token": renewed["refresh_token"]}))

    secrets = [
        PASSWORD,
        "hunter2",
        session["token"],
        session["refresh_token"],
        renewed["token"],
        renewed["refresh_token"],
    ]
    secrets += [str(borrower.http.token), "forged-token", container.settings.signing_key_file]
    persons = ["unmistakable", "example.com", "Johannes", "Gutenberg", "6131", "secret operation", "private reason"]
    persons += ["127.0.0.1", lender.id, borrower.id]
    assert len(logs.named("request")) > 20
    assert [text for text in secrets + persons if text in logs.text] == []


def test_middleware_failure_has_a_problem_response(
    http: HttpClient, logs: JsonLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fails(*_: object) -> Any:
        raise RuntimeError("inside of the middleware")

    monkeypatch.setattr(middleware, "_as_problem", fails)

    response = http.post("/health")

    assert (response.status, response.code) == (500, "internal_error")
    assert response.headers["x-request-id"] == logs.named("request")[0]["request_id"]
    assert response.headers["x-content-type-options"] == "nosniff"
    assert "inside of the middleware" not in response.body.decode()
    assert logs.named("unexpected failure outside of the views")
    assert logs.named("request")[0]["status"] == 500


def test_logging_failure_does_not_fail_the_request(
    user_factory: UserFactory, logs: JsonLines, monkeypatch: pytest.MonkeyPatch
) -> None:
    borrower = user_factory.borrower()

    def fails(*_: object) -> Any:
        raise RuntimeError("no space left on device")

    monkeypatch.setattr(metrics, "emit", fails)

    response = borrower.http.post("/api/wallets/deposit/", {"amount": "1.00"})

    assert response.status == 200
    assert response.json["wallet"]["balance"] == "1.00"
    assert logs.named("the request was not recorded")


def invoke(name: str, event: dict[str, Any]) -> Any:
    """Call a handler of app.py as Lambda does."""
    return getattr(importlib.import_module("app"), name)(event, LambdaContext(function_name=name))


def test_event_is_one_line(container: Container, logs: JsonLines) -> None:
    body = json.dumps({"kind": "NO_SUCH_KIND", "subject": "1", "key": ""})
    records = [{"messageId": "m1", "body": body, "receiptHandle": "r"}]

    invoke("on_work", {"Records": records})

    [line] = logs.named("event")
    assert {name: line[name] for name in ("function", "records", "returned", "failed", "level")} == {
        "function": "on_work",
        "records": 1,
        "returned": 1,
        "failed": False,
        "level": "INFO",
    }
    assert {"duration_ms", "round_trips", "read_units", "write_units", "request_id"} <= line.keys()
    assert logs.named("work failed")[0]["request_id"] == line["request_id"]


def test_failing_event_is_logged_and_raised(container: Container, logs: JsonLines) -> None:
    with pytest.raises(KeyError):
        invoke("on_loans_stream", {"Records": [{"nonsense": 1}]})

    [line] = logs.named("event")
    assert (line["failed"], line["level"]) == (True, "ERROR")


def test_scheduled_run_is_one_line(container: Container, logs: JsonLines) -> None:
    invoke("on_cleanup_expired_loan_cache", scheduled_event("cleanup", container.clock()))

    assert logs.named("event")[0]["function"] == "on_cleanup_expired_loan_cache"
    assert logs.named("job")[0]["counts"] == {"read": 0, "dropped": 0}
