"""Operators read and clear the cache."""

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib.cache.backends import InProcessBackend
from chalicelib.cache.redis_backend import RedisBackend
from chalicelib.cache.service import Cache
from chalicelib.container import Container, install_container
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.engines import Storage
from tests.factories import User, UserFactory, ok, open_loan
from tests.integration.local.running_platform import free_port

UNKNOWN = "01KF0E7G00ZZZZZZZZZZZZZZZZ"


@pytest.fixture
def cached_responses() -> Cache:
    """The application's cache."""
    return Cache(InProcessBackend())


@pytest.fixture
def container(settings: Settings, clock: FixedClock, cached_responses: Cache) -> Iterator[Container]:
    """A container with this cache."""
    built = Container(settings, clock=clock, real_time=clock, cache=cached_responses)
    install_container(built)
    yield built
    cached_responses.close()
    built.database.client.close()


def state(operator: User) -> Any:
    return ok(operator.http.get("/api/admin/cache/")).json


def clear(operator: User, **body: str) -> Any:
    return ok(operator.http.post("/api/admin/cache/invalidate/", body)).json


def costs(person: User, path: str) -> int:
    with record_consumed_capacity() as meter:
        ok(person.http.get(path))
    return meter.round_trips


def test_cache_state_has_hit_rate(user_factory: UserFactory, operator: User) -> None:
    john = user_factory.borrower()
    for _ in range(3):
        ok(john.http.get("/api/wallets/"))

    found = state(operator)

    assert found == {
        "backend": "in-process",
        "reachable": True,
        "entries": 1,
        "hits": 2,
        "misses": 1,
        "errors": 0,
        "invalidations": 0,
        "hit_rate": "66.67",
    }


def test_unused_cache_has_no_hit_rate(operator: User) -> None:
    assert state(operator)["hit_rate"] is None


def test_invalidating_a_loan_keeps_other_responses(user_factory: UserFactory, operator: User) -> None:
    borrower = user_factory.borrower()
    first, second = (f"/api/loans/{open_loan(borrower)['id']}/" for _ in "12")
    for path in (first, second, "/api/wallets/"):
        costs(borrower, path)

    response = clear(operator, scope="loan", loan_id=first.split("/")[3], reason="it looked wrong")

    assert response == {"scope": "loan", "loan_id": first.split("/")[3], "dropped": 1}
    assert [costs(borrower, path) > 0 for path in (first, second, "/api/wallets/")] == [True, False, False]


def test_available_loans_can_be_invalidated(user_factory: UserFactory, operator: User, cached_responses: Cache) -> None:
    lender = user_factory.lender()
    cached_responses.read("available", "a page", lambda: "kept", seconds=30)
    costs(lender, "/api/wallets/")

    assert clear(operator, scope="available-loans", loan_id="") == {
        "scope": "available-loans",
        "loan_id": None,
        "dropped": 1,
    }
    assert costs(lender, "/api/wallets/") == 0


def test_all_responses_can_be_invalidated(user_factory: UserFactory, operator: User) -> None:
    people = [user_factory.borrower(), user_factory.lender()]
    for person in people:
        costs(person, "/api/wallets/")

    assert clear(operator, scope="all")["dropped"] == 2

    assert [costs(person, "/api/wallets/") for person in people] == [1, 1]


def test_invalidation_is_audited(user_factory: UserFactory, operator: User) -> None:
    loan = open_loan(user_factory.borrower())["id"]
    clear(operator, scope="all", reason="after an incident")
    clear(operator, scope="loan", loan_id=loan)

    entries = ok(operator.http.get("/api/admin/audit/")).json["items"]

    found = {(each["action"], each["subject"], each["details"]["scope"]) for each in entries}
    assert found == {("CLEAR_CACHE", "cache", "all"), ("CLEAR_CACHE", f"loan:{loan}", "loan")}
    assert "after an incident" in {each["details"].get("reason") for each in entries}


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ({}, 422, "invalid_request"),
        ({"scope": "wallets"}, 422, "invalid_request"),
        ({"scope": "loan"}, 422, "invalid_request"),
        ({"scope": "loan", "loan_id": ""}, 422, "invalid_request"),
        ({"scope": "loan", "loan_id": "nonsense"}, 422, "invalid_request"),
        ({"scope": "all", "loan_id": UNKNOWN}, 422, "invalid_request"),
        ({"scope": "loan", "loan_id": UNKNOWN}, 404, "loan_not_found"),
    ],
)
def test_invalid_scopes_are_rejected(
    operator: User, storage: Storage, body: dict[str, str], status: int, code: str
) -> None:
    response = operator.http.post("/api/admin/cache/invalidate/", body)

    assert (response.status, response.code) == (status, code)
    assert storage.items("audit") == []


class TestCacheOff:
    """The cache is switched off."""

    @pytest.fixture
    def cached_responses(self) -> Cache:
        return Cache(None)

    def test_state_is_off_and_clearing_drops_nothing(self, operator: User) -> None:
        assert (state(operator)["backend"], state(operator)["reachable"]) == ("off", False)
        assert clear(operator, scope="all")["dropped"] == 0


class TestCacheServerDown:
    """The cache server does not respond."""

    @pytest.fixture
    def cached_responses(self) -> Cache:
        return Cache(RedisBackend(f"redis://127.0.0.1:{free_port()}/0"))

    def test_state_is_unreachable_and_clearing_fails(self, operator: User) -> None:
        assert (state(operator)["backend"], state(operator)["reachable"]) == ("redis", False)

        response = operator.http.post("/api/admin/cache/invalidate/", {"scope": "all"})

        assert (response.status, response.code) == (503, "temporarily_unavailable")

    def test_requests_still_succeed(self, user_factory: UserFactory) -> None:
        assert user_factory.borrower("5.00").balance() == "5.00"
