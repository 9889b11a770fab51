"""Signing in and staying signed in, on a real engine and under races."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.shared.errors import AppError, Unprocessable
from chalicelib.users.domain.session import RefreshToken, RefreshTokenReused
from chalicelib.users.domain.user import AccountStatus, UserNotFound, WrongCredentials, WrongPassword
from chalicelib.users.service.sessions import IssuedTokens
from tests.engines import Storage
from tests.integration.users.conftest import HOME, PASSWORD, People

NEW_PASSWORD = "another good phrase"


def sign_in(town: People, name: str = "john", password: str = PASSWORD) -> IssuedTokens:
    return town.sessions.login(name, password, address=HOME)


def outcome(town: People, token: str) -> str:
    """The refresh token that a refresh gives, or the reason why it gives none."""
    try:
        return town.sessions.refresh(token).refresh.text
    except AppError as refusal:
        return type(refusal).__name__


def is_alive(town: People, token: str) -> bool:
    """Whether a refresh token still works."""
    return outcome(town, token).count(".") == 2


def test_signing_in_gives_an_access_token_of_its_owner(town: People) -> None:
    john = town.register("John")

    grant = sign_in(town, "jOHN")

    assert grant.user == john
    assert town.tokens.identify(grant.access.text) == john.as_actor()
    assert grant.access.expires_in_seconds == 900


def test_an_email_is_as_good_as_a_username(town: People) -> None:
    john = town.register("john", email="jd@example.com")

    assert sign_in(town, "JD@Example.com").user == john


@pytest.mark.parametrize(
    ("name", "password"),
    [("john", "wrong phrase"), ("nobody", PASSWORD), ("", ""), ("no@example.com", PASSWORD)],
)
def test_a_wrong_login_does_not_say_what_was_wrong(town: People, name: str, password: str) -> None:
    town.register("john")

    with pytest.raises(WrongCredentials) as refusal:
        sign_in(town, name, password)

    assert refusal.value.detail == WrongCredentials.detail


def test_a_refresh_gives_fresh_tokens(town: People) -> None:
    john = town.register("john")
    first = sign_in(town)

    second = town.sessions.refresh(first.refresh.text)

    assert second.user == john
    assert second.refresh.text != first.refresh.text
    assert second.refresh.family == first.refresh.family
    assert is_alive(town, second.refresh.text)


def test_storage_holds_no_refresh_token(town: People, tables: Storage) -> None:
    town.register("john")
    first = sign_in(town)
    second = town.sessions.refresh(first.refresh.text)

    stored = str(tables.items("users"))

    assert first.refresh.secret not in stored
    assert second.refresh.secret not in stored


def test_a_lost_answer_does_not_end_the_session(town: People) -> None:
    town.register("john")
    first = sign_in(town).refresh.text
    second = outcome(town, first)

    town.clock.advance(seconds=10)

    assert outcome(town, first) == second
    assert is_alive(town, second)


def test_a_token_that_comes_back_after_the_grace_ends_its_family(town: People) -> None:
    town.register("john")
    first = sign_in(town).refresh.text
    second = outcome(town, first)
    other = sign_in(town).refresh.text

    town.clock.advance(seconds=11)

    assert outcome(town, first) == "RefreshTokenReused"
    assert outcome(town, second) == "InvalidRefreshToken"
    assert is_alive(town, other)


def test_an_old_token_ends_the_family_at_once_when_its_successor_was_used_long_ago(town: People) -> None:
    town.register("john")
    first = sign_in(town).refresh.text
    second = outcome(town, first)
    town.clock.advance(minutes=14)
    third = outcome(town, second)

    with pytest.raises(RefreshTokenReused):
        town.sessions.refresh(first)
    assert outcome(town, third) == "InvalidRefreshToken"


def test_threads_that_refresh_at_once_all_get_the_one_next_token(town: People) -> None:
    town.register("john")
    token = sign_in(town).refresh.text

    for _ in range(5):
        with ThreadPoolExecutor(8) as pool:
            given = set(pool.map(lambda _, used=token: outcome(town, used), range(8)))
        assert len(given) == 1
        token = given.pop()
        assert token.count(".") == 2
        town.clock.advance(minutes=1)

    assert is_alive(town, token)


def test_a_session_lives_for_thirty_days_after_its_last_use(town: People) -> None:
    town.register("john")
    token = sign_in(town).refresh.text
    town.clock.advance(days=29)
    token = outcome(town, token)

    town.clock.advance(days=29)
    token = outcome(town, token)
    assert token.count(".") == 2

    town.clock.advance(days=30)
    assert outcome(town, token) == "InvalidRefreshToken"


def test_signing_out_ends_the_session_and_no_other(town: People) -> None:
    town.register("john")
    here, there = sign_in(town).refresh.text, sign_in(town).refresh.text

    town.sessions.logout(here)
    town.sessions.logout(here)

    assert outcome(town, here) == "InvalidRefreshToken"
    assert is_alive(town, there)


def test_signing_out_with_rubbish_does_nothing(town: People, tables: Storage) -> None:
    town.sessions.logout("rubbish")

    assert tables.items("users") == []


def test_a_made_up_token_ends_nothing(town: People) -> None:
    john = town.register("john")
    grant = sign_in(town)
    foreign = RefreshToken.first(john.id, "0" * 26)

    assert outcome(town, foreign.text) == "InvalidRefreshToken"
    assert outcome(town, "x") == "InvalidRefreshToken"
    assert is_alive(town, grant.refresh.text)


def test_a_new_password_ends_every_session_and_the_old_password(town: People) -> None:
    john = town.register("john")
    tokens = [sign_in(town).refresh.text for _ in range(2)]

    town.sessions.change_password(john.as_actor(), current=PASSWORD, new=NEW_PASSWORD)

    assert [outcome(town, token) for token in tokens] == ["InvalidRefreshToken"] * 2
    with pytest.raises(WrongCredentials):
        sign_in(town)
    assert is_alive(town, sign_in(town, password=NEW_PASSWORD).refresh.text)


def test_who_does_not_know_the_password_cannot_change_it(town: People) -> None:
    john = town.register("john")
    token = sign_in(town).refresh.text

    with pytest.raises(WrongPassword):
        town.sessions.change_password(john.as_actor(), current="wrong phrase", new=NEW_PASSWORD)

    assert is_alive(town, token)


def test_a_new_password_follows_the_rules(town: People) -> None:
    john = town.register("john")

    for new in ("short", "password123", "x" * 129):
        with pytest.raises(Unprocessable) as refusal:
            town.sessions.change_password(john.as_actor(), current=PASSWORD, new=new)
        assert [field for field, _ in refusal.value.errors] == ["new_password"]


def test_of_two_changes_of_a_password_at_once_one_holds(town: People) -> None:
    john = town.register("john")

    def change(new: str) -> str:
        try:
            town.sessions.change_password(john.as_actor(), current=PASSWORD, new=new)
        except AppError as refusal:
            return refusal.code
        return new

    with ThreadPoolExecutor(4) as pool:
        came = list(pool.map(change, [f"good phrase number {number}" for number in range(4)]))

    held = [new for new in came if new != "wrong_password"]
    assert len(held) == 1
    assert sign_in(town, password=held[0]).user == john


def test_a_password_of_an_account_that_is_gone_cannot_be_changed(town: People) -> None:
    john = town.register("john")
    ghost = replace(john.as_actor(), user_id="0" * 26)

    with pytest.raises(UserNotFound):
        town.sessions.change_password(ghost, current=PASSWORD, new=NEW_PASSWORD)


def test_a_frozen_account_may_sign_in_and_look(town: People) -> None:
    john, operator = town.register("john"), town.operator()
    writes = town.repository.writes()
    town.accounts.add_status(operator.as_actor(), writes, john.id, AccountStatus.FROZEN)
    writes.commit()

    grant = sign_in(town)

    assert grant.user.status is AccountStatus.FROZEN
    assert town.sessions.refresh(grant.refresh.text).user.status is AccountStatus.FROZEN


def test_no_representation_shows_a_token(town: People) -> None:
    town.register("john")
    grant = sign_in(town)

    assert grant.access.text not in repr(grant)
    assert grant.refresh.secret not in repr(grant.refresh)


@pytest.mark.exact_units
def test_what_each_operation_costs(town: People) -> None:
    john = town.register("john")
    token = sign_in(town).refresh.text
    costs: dict[str, tuple[int, float, float]] = {}

    def refused_login(name: str, password: str) -> None:
        with pytest.raises(WrongCredentials):
            sign_in(town, name, password)

    def change_password() -> None:
        town.sessions.change_password(john.as_actor(), current=PASSWORD, new=NEW_PASSWORD)

    operations: dict[str, Callable[[], object]] = {
        "login": lambda: sign_in(town),
        "wrong login": lambda: refused_login("john", "wrong phrase"),
        "unknown login": lambda: refused_login("nobody", PASSWORD),
        "refresh": lambda: outcome(town, token),
        "refresh in grace": lambda: outcome(town, token),
        "logout": lambda: town.sessions.logout(token),
        "refresh after logout": lambda: outcome(town, token),
        "password": change_password,
    }
    for name, operation in operations.items():
        with record_consumed_capacity() as meter:
            operation()
        costs[name] = (meter.round_trips, meter.write_units, meter.read_units)

    assert costs == {
        "login": (3, 1.0, 2.0),
        "wrong login": (2, 0.0, 2.0),
        "unknown login": (2, 0.0, 2.0),
        "refresh": (2, 1.0, 2.0),
        "refresh in grace": (1, 0.0, 2.0),
        "logout": (1, 1.0, 0.0),
        "refresh after logout": (1, 0.0, 2.0),
        "password": (2, 1.0, 1.0),
    }
