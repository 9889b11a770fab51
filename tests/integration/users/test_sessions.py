"""Sign-in, refresh, logout and password change, also under races."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from chalicelib.shared.errors import AppError, Unprocessable
from chalicelib.users.domain.session import RefreshToken, RefreshTokenReused
from chalicelib.users.domain.user import AccountStatus, UserNotFound, WrongCredentials, WrongPassword
from chalicelib.users.service.sessions import IssuedTokens
from tests.engines import Storage
from tests.integration.users.conftest import HOME, PASSWORD, UserServices, cost_of

NEW_PASSWORD = "another good phrase"


def sign_in(users: UserServices, name: str = "john", password: str = PASSWORD) -> IssuedTokens:
    return users.sessions.login(name, password, address=HOME)


def refresh(users: UserServices, token: str) -> str:
    """Return the refresh token that a refresh issues, or the name of its error."""
    try:
        return users.sessions.refresh(token).refresh.text
    except AppError as error:
        return type(error).__name__


def is_active(users: UserServices, token: str) -> bool:
    """Return whether a refresh token still works."""
    return refresh(users, token).count(".") == 2


def test_sign_in_issues_an_access_token(users: UserServices) -> None:
    john = users.register("John")

    tokens = sign_in(users, "jOHN")

    assert tokens.user == john
    assert users.tokens.identify(tokens.access.text) == john.as_actor()
    assert tokens.access.expires_in_seconds == 900


def test_sign_in_accepts_the_email(users: UserServices) -> None:
    john = users.register("john", email="jd@example.com")

    assert sign_in(users, "JD@Example.com").user == john


@pytest.mark.parametrize(
    ("name", "password"),
    [("john", "wrong phrase"), ("unknown", PASSWORD), ("", ""), ("no@example.com", PASSWORD)],
)
def test_wrong_credentials_have_one_error(users: UserServices, name: str, password: str) -> None:
    users.register("john")

    with pytest.raises(WrongCredentials) as error:
        sign_in(users, name, password)

    assert error.value.detail == WrongCredentials.detail


def test_refresh_issues_new_tokens_of_the_family(users: UserServices) -> None:
    john = users.register("john")
    first = sign_in(users)

    second = users.sessions.refresh(first.refresh.text)

    assert second.user == john
    assert second.refresh.text != first.refresh.text
    assert second.refresh.family == first.refresh.family
    assert is_active(users, second.refresh.text)


def test_refresh_tokens_are_not_stored_in_clear(users: UserServices, tables: Storage) -> None:
    users.register("john")
    first = sign_in(users)
    second = users.sessions.refresh(first.refresh.text)

    stored = str(tables.items("users"))

    assert first.refresh.secret not in stored
    assert second.refresh.secret not in stored


def test_lost_response_does_not_end_the_session(users: UserServices) -> None:
    users.register("john")
    first = sign_in(users).refresh.text
    second = refresh(users, first)

    users.clock.advance(seconds=10)

    assert refresh(users, first) == second
    assert is_active(users, second)


def test_reuse_after_grace_ends_the_family(users: UserServices) -> None:
    users.register("john")
    first = sign_in(users).refresh.text
    second = refresh(users, first)
    other = sign_in(users).refresh.text

    users.clock.advance(seconds=11)

    assert refresh(users, first) == "RefreshTokenReused"
    assert refresh(users, second) == "InvalidRefreshToken"
    assert is_active(users, other)


def test_reuse_of_an_older_token_ends_the_family(users: UserServices) -> None:
    users.register("john")
    first = sign_in(users).refresh.text
    second = refresh(users, first)
    users.clock.advance(minutes=14)
    third = refresh(users, second)

    with pytest.raises(RefreshTokenReused):
        users.sessions.refresh(first)
    assert refresh(users, third) == "InvalidRefreshToken"


def test_concurrent_refreshes_return_one_successor(users: UserServices) -> None:
    users.register("john")
    token = sign_in(users).refresh.text

    for _ in range(5):
        with ThreadPoolExecutor(8) as pool:
            given = set(pool.map(lambda _, used=token: refresh(users, used), range(8)))
        assert len(given) == 1
        token = given.pop()
        assert token.count(".") == 2
        users.clock.advance(minutes=1)

    assert is_active(users, token)


def test_session_expires_thirty_days_after_last_use(users: UserServices) -> None:
    users.register("john")
    token = sign_in(users).refresh.text
    users.clock.advance(days=29)
    token = refresh(users, token)

    users.clock.advance(days=29)
    token = refresh(users, token)
    assert token.count(".") == 2

    users.clock.advance(days=30)
    assert refresh(users, token) == "InvalidRefreshToken"


def test_logout_ends_only_its_session(users: UserServices) -> None:
    users.register("john")
    here, there = sign_in(users).refresh.text, sign_in(users).refresh.text

    users.sessions.logout(here)
    users.sessions.logout(here)

    assert refresh(users, here) == "InvalidRefreshToken"
    assert is_active(users, there)


def test_logout_ignores_malformed_tokens(users: UserServices, tables: Storage) -> None:
    users.sessions.logout("malformed")

    assert tables.items("users") == []


def test_unknown_tokens_end_no_session(users: UserServices) -> None:
    john = users.register("john")
    tokens = sign_in(users)
    foreign = RefreshToken.generate(john.id, "0" * 26)

    assert refresh(users, foreign.text) == "InvalidRefreshToken"
    assert refresh(users, "x") == "InvalidRefreshToken"
    assert is_active(users, tokens.refresh.text)


def test_password_change_ends_all_sessions(users: UserServices) -> None:
    john = users.register("john")
    tokens = [sign_in(users).refresh.text for _ in range(2)]

    users.sessions.change_password(john.as_actor(), current=PASSWORD, new=NEW_PASSWORD)

    assert [refresh(users, token) for token in tokens] == ["InvalidRefreshToken"] * 2
    with pytest.raises(WrongCredentials):
        sign_in(users)
    assert is_active(users, sign_in(users, password=NEW_PASSWORD).refresh.text)


def test_password_change_requires_the_current_password(users: UserServices) -> None:
    john = users.register("john")
    token = sign_in(users).refresh.text

    with pytest.raises(WrongPassword):
        users.sessions.change_password(john.as_actor(), current="wrong phrase", new=NEW_PASSWORD)

    assert is_active(users, token)


def test_new_password_follows_the_rules(users: UserServices) -> None:
    john = users.register("john")

    for new in ("short", "password123", "x" * 129):
        with pytest.raises(Unprocessable) as error:
            users.sessions.change_password(john.as_actor(), current=PASSWORD, new=new)
        assert [field for field, _ in error.value.errors] == ["new_password"]


def test_concurrent_password_changes_apply_one(users: UserServices) -> None:
    john = users.register("john")

    def change(new: str) -> str:
        try:
            users.sessions.change_password(john.as_actor(), current=PASSWORD, new=new)
        except AppError as error:
            return error.code
        return new

    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(change, [f"good phrase number {number}" for number in range(4)]))

    accepted = [new for new in outcomes if new not in ("wrong_password", "token_revoked")]
    assert len(accepted) == 1
    assert sign_in(users, password=accepted[0]).user == john


def test_password_change_of_a_missing_account_is_rejected(users: UserServices) -> None:
    john = users.register("john")
    missing = replace(john.as_actor(), user_id="0" * 26)

    with pytest.raises(UserNotFound):
        users.sessions.change_password(missing, current=PASSWORD, new=NEW_PASSWORD)


def test_frozen_accounts_can_sign_in(users: UserServices) -> None:
    john, operator = users.register("john"), users.operator()
    writes = users.repository.writes()
    users.accounts.add_status(operator.as_actor(), writes, john.id, AccountStatus.FROZEN)
    writes.commit()

    tokens = sign_in(users)

    assert tokens.user.status is AccountStatus.FROZEN
    assert users.sessions.refresh(tokens.refresh.text).user.status is AccountStatus.FROZEN


def test_representations_hide_tokens(users: UserServices) -> None:
    users.register("john")
    tokens = sign_in(users)

    assert tokens.access.text not in repr(tokens)
    assert tokens.refresh.secret not in repr(tokens.refresh)


@pytest.mark.exact_units
def test_operations_have_exact_costs(users: UserServices) -> None:
    john = users.register("john")
    token = sign_in(users).refresh.text

    def refused_login(name: str, password: str) -> None:
        with pytest.raises(WrongCredentials):
            sign_in(users, name, password)

    def change_password() -> None:
        users.sessions.change_password(john.as_actor(), current=PASSWORD, new=NEW_PASSWORD)

    operations: dict[str, Callable[[], object]] = {
        "login": lambda: sign_in(users),
        "wrong login": lambda: refused_login("john", "wrong phrase"),
        "unknown login": lambda: refused_login("unknown", PASSWORD),
        "refresh": lambda: refresh(users, token),
        "refresh in grace": lambda: refresh(users, token),
        "logout": lambda: users.sessions.logout(token),
        "refresh after logout": lambda: refresh(users, token),
        "password": change_password,
    }

    assert {name: cost_of(operation) for name, operation in operations.items()} == {
        "login": (3, 1.0, 2.0),
        "wrong login": (2, 0.0, 2.0),
        "unknown login": (2, 0.0, 2.0),
        "refresh": (2, 1.0, 2.0),
        "refresh in grace": (1, 0.0, 2.0),
        "logout": (1, 1.0, 0.0),
        "refresh after logout": (1, 0.0, 2.0),
        "password": (2, 6.0, 1.0),
    }


def test_session_ends_ninety_days_after_the_sign_in(users: UserServices, tables: Storage) -> None:
    users.register("john")
    token = sign_in(users).refresh.text
    for _ in range(4):
        users.clock.advance(days=20)
        token = refresh(users, token)

    users.clock.advance(days=9, hours=23)
    token = refresh(users, token)
    expiries = [int(item["expires_at"]["N"]) for item in tables.items("users") if item["sk"]["S"].startswith("SESSION")]
    assert expiries == [int(users.clock().timestamp()) + 3600]

    users.clock.advance(hours=1)
    assert refresh(users, token) == "InvalidRefreshToken"
