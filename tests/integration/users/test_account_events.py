"""New sign-ins, changes of password and email, and reused refresh tokens are audit entries, once and without names."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.shared.errors import Unavailable
from chalicelib.users.domain.session import RefreshTokenReused
from chalicelib.users.domain.user import ProfileChanges, StepUpRequired, WrongPassword
from chalicelib.users.service.ports import AccountEvent
from tests.engines import Storage
from tests.integration.users.conftest import HOME, PASSWORD, UserServices, cost_of

ELSEWHERE = "198.51.100.9"
NEW_PASSWORD = "another good phrase"


def entries(tables: Storage) -> list[dict[str, Any]]:
    """The entries of the audit log, oldest first."""
    return sorted(tables.items("audit"), key=lambda item: str(item["sk"]["S"]))


def actions(tables: Storage) -> list[str]:
    return [entry["action"]["S"] for entry in entries(tables)]


def sign_in(users: UserServices, address: str = HOME) -> str:
    """Sign in and return the refresh token."""
    users.clock.advance(minutes=2)
    return users.sessions.login("john", PASSWORD, address=address, request_id="r1").refresh.text


def fail_to_add(writes: WriteTransaction, event: AccountEvent) -> None:
    raise Unavailable


def test_first_and_known_networks_are_no_new_sign_ins(throttled_users: UserServices, tables: Storage) -> None:
    throttled_users.register("john")

    for address in (HOME, "203.0.113.200", HOME):
        sign_in(throttled_users, address)

    assert actions(tables) == []


def test_sign_in_from_another_network_is_an_entry(throttled_users: UserServices, tables: Storage) -> None:
    john = throttled_users.register("john")
    sign_in(throttled_users)

    for _ in range(2):
        sign_in(throttled_users, ELSEWHERE)

    [entry] = entries(tables)
    assert entry["action"]["S"] == "NEW_SIGN_IN"
    assert (entry["actor_id"]["S"], entry["subject"]["S"]) == (john.id, f"user:{john.id}")
    assert entry["request_id"]["S"] == "r1"
    assert entry["details"]["M"].keys() == {"network"}
    assert [text for text in (ELSEWHERE, "198.51", "@example.com") if text in str(entry)] == []


def test_forgotten_network_is_a_new_sign_in(throttled_users: UserServices, tables: Storage) -> None:
    throttled_users.register("john")
    sign_in(throttled_users)
    throttled_users.clock.advance(days=31)

    sign_in(throttled_users)

    assert actions(tables) == ["NEW_SIGN_IN"]


@pytest.mark.exact_units
def test_new_sign_in_costs_one_entry(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    sign_in(throttled_users)

    known, new = (cost_of(partial(sign_in, throttled_users, address)) for address in (HOME, ELSEWHERE))

    assert known == (4, 2.0, 2.0)
    assert new == (6, 8.0, 3.0)  # the first sign-in from a network, and two units for the entry


def test_sign_in_succeeds_without_its_entry(
    throttled_users: UserServices, tables: Storage, monkeypatch: pytest.MonkeyPatch
) -> None:
    throttled_users.register("john")
    sign_in(throttled_users)
    monkeypatch.setattr(throttled_users.sessions._log, "add", fail_to_add)

    token = sign_in(throttled_users, ELSEWHERE)

    assert throttled_users.sessions.refresh(token).user.username == "john"
    assert actions(tables) == []
    monkeypatch.undo()
    sign_in(throttled_users, ELSEWHERE)
    assert actions(tables) == ["NEW_SIGN_IN"]


def test_changed_password_and_email_are_entries(users: UserServices, tables: Storage) -> None:
    john = users.register("john")
    email = ProfileChanges(email="new@example.com")

    users.accounts.change_profile(john.as_actor(), email, PASSWORD, address=HOME)
    users.clock.advance(seconds=1)
    users.sessions.change_password(john.as_actor(), current=PASSWORD, new=NEW_PASSWORD, address=HOME)

    assert actions(tables) == ["EMAIL_CHANGED", "PASSWORD_CHANGED"]
    assert {entry["subject"]["S"] for entry in entries(tables)} == {f"user:{john.id}"}
    assert "@example.com" not in str(entries(tables))


def test_refused_and_other_changes_leave_no_entry(users: UserServices, tables: Storage) -> None:
    john = users.register("john").as_actor()
    email = ProfileChanges(email="new@example.com")
    refused: list[tuple[type[Exception], Callable[[], object]]] = [
        (StepUpRequired, lambda: users.accounts.change_profile(john, email)),
        (WrongPassword, lambda: users.accounts.change_profile(john, email, "wrong phrase")),
        (WrongPassword, lambda: users.sessions.change_password(john, current="wrong phrase", new=NEW_PASSWORD)),
    ]

    for error, change in refused:
        with pytest.raises(error):
            change()
    users.accounts.change_profile(john, ProfileChanges(first_name="Jo", email="JOHN@example.com"))

    assert actions(tables) == []


@pytest.mark.parametrize("is_recorded", [True, False])
def test_reused_token_ends_the_session(
    users: UserServices, tables: Storage, monkeypatch: pytest.MonkeyPatch, is_recorded: bool
) -> None:
    users.register("john")
    token = sign_in(users)
    current = users.sessions.refresh(token).refresh.text
    users.clock.advance(seconds=timedelta(minutes=1).total_seconds())
    if not is_recorded:
        monkeypatch.setattr(users.sessions._log, "add", fail_to_add)

    with pytest.raises(RefreshTokenReused):
        users.sessions.refresh(token, address=HOME)

    for each in (token, current):
        with pytest.raises(Exception, match="refresh token"):
            users.sessions.refresh(each)
    assert actions(tables) == (["REFRESH_TOKEN_REUSED"] if is_recorded else [])
