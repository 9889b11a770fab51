"""Operators look at the cache and clear it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from chalicelib import container as wiring
from chalicelib.cache.backends import InProcessBackend
from chalicelib.cache.redis_backend import RedisBackend
from chalicelib.cache.service import Cache
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.engines import Storage
from tests.factories import User, UserFactory, ok, open_loan
from tests.integration.local.running_platform import free_port

UNKNOWN = "01KF0E7G00ZZZZZZZZZZZZZZZZ"


@pytest.fixture
def answers() -> Cache:
    """The platform's cache."""
    return Cache(InProcessBackend())


@pytest.fixture
def container(settings: Settings, clock: FixedClock, answers: Cache) -> Iterator[wiring.Container]:
    """The platform with that cache."""
    built = wiring.Container(settings, clock=clock, cache=answers)
    wiring.install_container(built)
    yield built
    answers.close()
    built.database.connection.client.close()


def state(operator: User) -> Any:
    return ok(operator.http.get("/api/admin/cache/")).json


def clear(operator: User, **body: str) -> Any:
    return ok(operator.http.post("/api/admin/cache/invalidate/", body)).json


def costs(person: User, path: str) -> int:
    with record_consumed_capacity() as meter:
        ok(person.http.get(path))
    return meter.round_trips


def test_the_cache_tells_how_often_it_helps(user_factory: UserFactory, operator: User) -> None:
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


def test_an_unused_cache_has_no_hit_rate(operator: User) -> None:
    assert state(operator)["hit_rate"] is None


def test_one_loan_is_forgotten_and_nothing_else(user_factory: UserFactory, operator: User) -> None:
    borrower = user_factory.borrower()
    first, second = (f"/api/loans/{open_loan(borrower)['id']}/" for _ in "12")
    for path in (first, second, "/api/wallets/"):
        costs(borrower, path)

    answer = clear(operator, scope="loan", loan_id=first.split("/")[3], reason="it looked wrong")

    assert answer == {"scope": "loan", "loan_id": first.split("/")[3], "dropped": 1}
    assert [costs(borrower, path) > 0 for path in (first, second, "/api/wallets/")] == [True, False, False]


def test_open_loans_are_forgotten(user_factory: UserFactory, operator: User, answers: Cache) -> None:
    lender = user_factory.lender()
    answers.read("available", "a page", lambda: "kept", seconds=30)
    costs(lender, "/api/wallets/")

    assert clear(operator, scope="available-loans", loan_id="") == {
        "scope": "available-loans",
        "loan_id": None,
        "dropped": 1,
    }
    assert costs(lender, "/api/wallets/") == 0


def test_everything_is_forgotten(user_factory: UserFactory, operator: User) -> None:
    people = [user_factory.borrower(), user_factory.lender()]
    for person in people:
        costs(person, "/api/wallets/")

    assert clear(operator, scope="all")["dropped"] == 2

    assert [costs(person, "/api/wallets/") for person in people] == [1, 1]


def test_clearing_stands_in_the_trail(user_factory: UserFactory, operator: User) -> None:
    loan = open_loan(user_factory.borrower())["id"]
    clear(operator, scope="all", reason="after an incident")
    clear(operator, scope="loan", loan_id=loan)

    entries = ok(operator.http.get("/api/admin/audit/")).json["items"]

    found = {(each["action"], each["subject"], each["details"]["scope"]) for each in entries}
    assert found == {("CLEAR_CACHE", "cache", "all"), ("CLEAR_CACHE", f"loan:{loan}", "loan")}
    assert "after an incident" in {each["details"].get("reason") for each in entries}


def test_a_repeated_request_is_written_down_once(operator: User, storage: Storage) -> None:
    first, second = (ok(operator.http.post("/api/admin/cache/invalidate/", {"scope": "all"}, key="once")) for _ in "12")

    assert "idempotent-replayed" not in first.headers
    assert second.headers["idempotent-replayed"] == "true"
    assert len(storage.items("audit")) == 1


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
def test_what_names_nothing_to_forget_is_refused(
    operator: User, storage: Storage, body: dict[str, str], status: int, code: str
) -> None:
    answer = operator.http.post("/api/admin/cache/invalidate/", body)

    assert (answer.status, answer.code) == (status, code)
    assert storage.items("audit") == []


def test_the_cache_is_for_operators(user_factory: UserFactory) -> None:
    for person in (user_factory.borrower(), user_factory.lender()):
        assert person.http.get("/api/admin/cache/").status == 403
        assert person.http.post("/api/admin/cache/invalidate/", {"scope": "all"}).status == 403


class TestWithoutACache:
    """A platform that keeps no answers."""

    @pytest.fixture
    def answers(self) -> Cache:
        return Cache(None)

    def test_it_says_so_and_clearing_does_nothing(self, operator: User) -> None:
        assert (state(operator)["backend"], state(operator)["reachable"]) == ("off", False)
        assert clear(operator, scope="all")["dropped"] == 0


class TestWithoutTheServer:
    """A platform whose cache server does not answer."""

    @pytest.fixture
    def answers(self) -> Cache:
        return Cache(RedisBackend(f"redis://127.0.0.1:{free_port()}/0"))

    def test_it_says_so_and_asks_to_clear_again_later(self, operator: User) -> None:
        assert (state(operator)["backend"], state(operator)["reachable"]) == ("redis", False)

        answer = operator.http.post("/api/admin/cache/invalidate/", {"scope": "all"})

        assert (answer.status, answer.code) == (503, "temporarily_unavailable")

    def test_requests_go_on(self, user_factory: UserFactory) -> None:
        assert user_factory.borrower("5.00").balance() == "5.00"
