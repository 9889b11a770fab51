"""Cursors and idempotency keys: good for one caller and one list or request, and for nothing else."""

import base64
import json
from collections.abc import Iterator

import pytest

from chalicelib.api.fields import ListQuery
from chalicelib.shared.clock import FixedClock
from tests.api.contract.declared import CALLS
from tests.factories import User, UserFactory, ok, open_loan
from tests.http_client import HttpClient
from tests.problems import problem, wrong_fields

HISTORY = "/api/wallets/transactions/"
LISTS = [each.path for each in CALLS if issubclass(each.query, ListQuery)]


@pytest.fixture
def borrower(user_factory: UserFactory) -> User:
    return user_factory.borrower("10.00")


@pytest.fixture
def cursor(borrower: User, clock: FixedClock) -> str:
    clock.advance(seconds=1)
    ok(borrower.http.post("/api/wallets/deposit/", {"amount": "1.00"}))
    found = ok(borrower.http.get(f"{HISTORY}?limit=1")).json["next_cursor"]
    assert found
    return str(found)


def test_cursor_continues_after_the_page(borrower: User, cursor: str) -> None:
    assert [each["amount"] for each in ok(borrower.http.get(f"{HISTORY}?cursor={cursor}")).json["items"]] == ["10.00"]


def test_cursor_of_another_user_is_rejected(user_factory: UserFactory, cursor: str) -> None:
    for person in (user_factory.borrower("1.00"), user_factory.lender("1.00"), user_factory.operator()):
        assert wrong_fields(person.http.get(f"{HISTORY}?cursor={cursor}")) == ["cursor"]


def test_cursor_is_rejected_for_another_list_or_filter(user_factory: UserFactory, borrower: User, cursor: str) -> None:
    loan = open_loan(borrower)["id"]
    for path in LISTS:
        address = path.replace("{id}", loan).rstrip("/") + f"/?cursor={cursor}"
        if path.rstrip("/") == HISTORY.rstrip("/"):
            continue
        responses = [person.http.get(address) for person in (borrower, user_factory.lender(), user_factory.operator())]
        assert {response.status for response in responses} <= {403, 404, 422}, path
        assert 422 in {response.status for response in responses}, path
    for filters in ("type=DEPOSIT", "from=2026-01-01", "to=2026-12-31"):
        assert wrong_fields(borrower.http.get(f"{HISTORY}?{filters}&cursor={cursor}")) == ["cursor"]


def tampered(cursor: str) -> Iterator[str]:
    raw = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
    for place in range(0, len(raw), 5):
        turned = bytes([*raw[:place], raw[place] ^ 1, *raw[place + 1 :]])
        yield base64.urlsafe_b64encode(turned).rstrip(b"=").decode()
    position = json.dumps({"after": "0" * 26, "shown": 0}).encode()
    for forged in (position, bytes(16) + position, raw[:16], raw[:15], raw[16:], raw + b" ", b""):
        yield base64.urlsafe_b64encode(forged).rstrip(b"=").decode() or "="
    yield from ("%00", "..%2F", "null", "é", "A" * 4096)


def test_altered_cursors_are_rejected(borrower: User, cursor: str) -> None:
    for each in tampered(cursor):
        assert wrong_fields(borrower.http.get(f"{HISTORY}?cursor={each}")) == ["cursor"], each


def test_idempotency_keys_of_users_are_independent(user_factory: UserFactory) -> None:
    first, second = user_factory.lender("100.00"), user_factory.lender("100.00")
    body = {"amount": "30.00"}

    mine = ok(first.http.post("/api/wallets/withdraw/", body, key="k"))
    theirs = ok(second.http.post("/api/wallets/withdraw/", body, key="k"))

    assert "idempotent-replayed" not in theirs.headers
    assert theirs.json["transaction"]["id"] != mine.json["transaction"]["id"]
    assert (first.balance(), second.balance()) == ("70.00", "70.00")


@pytest.mark.parametrize("key", ["k#1", "ONCE#", "a" * 255, "' OR 1=1", "../../k", "{}", "k k"])
def test_a_key_is_only_a_name(user_factory: UserFactory, key: str) -> None:
    person = user_factory.lender()

    responses = [ok(person.http.post("/api/wallets/deposit/", {"amount": "5.00"}, key=key)) for _ in "12"]

    assert responses[1].headers["idempotent-replayed"] == "true"
    assert person.balance() == "5.00"


def test_replay_requires_permission(http: HttpClient, user_factory: UserFactory) -> None:
    ok(user_factory.lender().http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="k"))

    problem(http.post("/api/wallets/deposit/", {"amount": "5.00"}, key="k"), 401, "not_authenticated")
