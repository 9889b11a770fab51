"""500 and 503: internal errors are reported without detail."""

import importlib
from dataclasses import replace

import pytest

from chalicelib.container import Container, install_container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from chalicelib.wallets.domain import ledger
from local.gateway import Gateway
from tests.engines import Storage
from tests.factories import User, UserFactory
from tests.http_client import HttpClient
from tests.integration.local.running_platform import free_port
from tests.problems import problem

SECRET = "password=hunter2 at /srv/platform/wallets.py"


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("10.00")


def test_internal_error_reveals_no_detail(
    lender: User, monkeypatch: pytest.MonkeyPatch, tables: Storage, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> object:
        raise ZeroDivisionError(SECRET)

    before = {table: tables.items(table) for table in ("wallets", "ledger", "operations")}
    monkeypatch.setattr(ledger.Journal, "postings", fails)

    response = lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}, key="withdraw")

    problem(response, 500, "internal_error")
    assert b"hunter2" not in response.body
    assert b"ZeroDivision" not in response.body
    assert {table: tables.items(table) for table in before} == before
    assert SECRET in caplog.text


def test_key_works_after_an_internal_error(lender: User, monkeypatch: pytest.MonkeyPatch) -> None:
    def fails(*_: object) -> object:
        raise RuntimeError(SECRET)

    with monkeypatch.context() as broken:
        broken.setattr(ledger.Journal, "postings", fails)
        lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}, key="withdraw")

    responses = [lender.http.post("/api/wallets/withdraw/", {"amount": "1.00"}, key="withdraw") for _ in "12"]

    assert [response.status for response in responses] == [200, 200]
    assert lender.balance() == "9.00"


@pytest.fixture
def unreachable(settings: Settings, clock: FixedClock, monkeypatch: pytest.MonkeyPatch) -> HttpClient:
    """The application in front of a database that is unreachable."""
    monkeypatch.setenv("AWS_ENDPOINT_URL_DYNAMODB", f"http://127.0.0.1:{free_port()}")
    install_container(Container(replace(settings, throttle_rate=Settings().throttle_rate), clock=clock))
    return HttpClient(Gateway(importlib.import_module("app").app))


def test_unreachable_database_is_503_with_retry_after(lender: User, unreachable: HttpClient) -> None:
    response = unreachable.signed_in(lender.http.token or "").get("/api/wallets/")

    problem(response, 503, "temporarily_unavailable")
    assert int(response.headers["retry-after"]) >= 1
    assert b"127.0.0.1" not in response.body


def test_money_requests_fail_closed_without_a_counter(lender: User, unreachable: HttpClient) -> None:
    response = unreachable.signed_in(lender.http.token or "").post("/api/wallets/deposit/", {"amount": "1.00"})

    problem(response, 503, "temporarily_unavailable")
    assert int(response.headers["retry-after"]) >= 1


def test_readiness_needs_the_database(lender: User, unreachable: HttpClient) -> None:
    response = unreachable.get("/health/ready")

    problem(response, 503, "temporarily_unavailable")
    assert int(response.headers["retry-after"]) >= 1


def test_readiness_is_reported_while_the_database_answers(http: HttpClient) -> None:
    assert http.get("/health/ready").json == {"status": "ready"}


def test_health_does_not_depend_on_the_database(unreachable: HttpClient) -> None:
    assert unreachable.get("/health").json == {"status": "ok"}
