"""Pages of the origin CORS_ORIGIN may call the API; by default none may."""

import importlib
from collections.abc import Iterator
from dataclasses import replace

import pytest

from chalicelib.api import cors
from chalicelib.shared.settings import InvalidSetting, read_settings
from local.gateway import Gateway
from tests.factories import User, UserFactory
from tests.http_client import HttpClient

ORIGIN = "https://app.example.com"
EXPOSED = {"Idempotent-Replayed", "RateLimit", "RateLimit-Policy", "Retry-After", "X-Request-Id"}


@pytest.fixture
def open_client(http: HttpClient, monkeypatch: pytest.MonkeyPatch) -> Iterator[HttpClient]:
    """A client of a platform that pages of one other origin may call."""
    monkeypatch.setenv("CORS_ORIGIN", ORIGIN)
    cors.response_headers.cache_clear()
    yield replace(http, gateway=Gateway(importlib.import_module("app").app, cors_origin=ORIGIN))
    cors.response_headers.cache_clear()


@pytest.fixture
def lender(user_factory: UserFactory) -> User:
    return user_factory.lender("10.00")


@pytest.mark.parametrize("path", ["/health", "/api/wallets/", "/api/nothing/", "/", "/api/schema/"])
def test_pages_of_the_allowed_origin_can_read_every_response(open_client: HttpClient, path: str) -> None:
    headers = open_client.get(path, headers={"Origin": ORIGIN}).headers

    assert headers["access-control-allow-origin"] == ORIGIN
    assert set(headers["access-control-expose-headers"].split(", ")) >= EXPOSED
    assert "access-control-allow-credentials" not in headers


@pytest.mark.parametrize("path", ["/api/wallets/deposit/", "/api/wallets/deposit", "/api/loans/01J/offer/"])
def test_preflight_requests_of_the_allowed_origin_are_accepted(open_client: HttpClient, path: str) -> None:
    sent = {"Origin": ORIGIN, "Access-Control-Request-Method": "POST"}

    response = open_client.send("OPTIONS", path, headers=sent)

    assert response.status == 200
    assert response.headers["access-control-allow-origin"] == ORIGIN
    assert "POST" in response.headers["access-control-allow-methods"].split(", ")
    allowed = set(response.headers["access-control-allow-headers"].split(", "))
    assert {"Authorization", "Content-Type", "Idempotency-Key", "X-Step-Up"} <= allowed


def test_deposit_of_another_origin_shows_its_replay(lender: User, open_client: HttpClient) -> None:
    caller = open_client.signed_in(lender.http.token or "")

    first, again = (
        caller.post("/api/wallets/deposit/", {"amount": "1.00"}, key="k-1", headers={"Origin": ORIGIN})
        for _ in range(2)
    )

    assert (first.status, again.headers["idempotent-replayed"]) == (200, "true")
    assert "Idempotent-Replayed" in again.headers["access-control-expose-headers"]


def test_no_origin_is_allowed_by_default(http: HttpClient) -> None:
    cors.response_headers.cache_clear()
    read = http.get("/health", headers={"Origin": ORIGIN})
    preflight = http.send("OPTIONS", "/api/wallets/deposit/", headers={"Origin": ORIGIN})

    assert not [name for name in (*read.headers, *preflight.headers) if name.startswith("access-control")]
    assert preflight.status == 405


@pytest.mark.parametrize("origin", ["https://app.example.com", "https://a.example:8443", "http://localhost:5173"])
def test_origins_are_accepted(origin: str) -> None:
    assert read_settings({"CORS_ORIGIN": origin}).cors_origin == origin


@pytest.mark.parametrize(
    "origin", ["*", "null", "app.example.com", "https://app.example.com/", "http://app.example.com", "https://a b", "x"]
)
def test_other_origins_prevent_the_start(origin: str) -> None:
    with pytest.raises(InvalidSetting, match="CORS_ORIGIN="):
        read_settings({"CORS_ORIGIN": origin})
