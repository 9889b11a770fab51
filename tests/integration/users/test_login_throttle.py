"""Sign-in under the default rate limits."""

from concurrent.futures import ThreadPoolExecutor
from functools import partial

import pytest

from chalicelib.shared.errors import AppError, TooManyRequests
from chalicelib.users.domain.user import WrongCredentials
from tests.engines import Storage
from tests.integration.users.conftest import HOME, PASSWORD, UserServices, cost_of

ELSEWHERE = "198.51.100.9"


def attempt(users: UserServices, password: str = PASSWORD, *, address: str = HOME, name: str = "john") -> str:
    """Return the result of a sign-in."""
    try:
        users.sessions.login(name, password, address=address)
    except AppError as error:
        return error.code
    return "signed_in"


def test_account_allows_five_attempts_a_minute(throttled_users: UserServices) -> None:
    throttled_users.register("john")

    outcomes = [attempt(throttled_users, address=f"198.51.100.{number}") for number in range(6)]

    assert outcomes == ["signed_in"] * 5 + ["too_many_requests"]


def test_username_and_email_share_one_limit(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    names = ["john", "JOHN", "john@example.com"] * 2

    outcomes = [attempt(throttled_users, "wrong phrase", name=name) for name in names]

    assert outcomes == ["wrong_login"] * 5 + ["too_many_requests"]


def test_concurrent_guesses_are_limited(throttled_users: UserServices) -> None:
    throttled_users.register("john")

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda n: attempt(throttled_users, "wrong", address=f"198.51.100.{n}"), range(32)))

    assert outcomes.count("wrong_login") == 5


def test_unknown_accounts_are_limited_alike(throttled_users: UserServices) -> None:
    throttled_users.register("john")

    def outcomes(name: str) -> list[str]:
        return [attempt(throttled_users, "wrong phrase", name=name) for _ in range(6)]

    assert outcomes("john") == outcomes("unknown")


def test_repeated_failures_slow_down_guessing(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    guesses = 0
    for _ in range(2 * 60):
        guesses += attempt(throttled_users, "wrong phrase", address=ELSEWHERE) == "wrong_login"
        throttled_users.clock.advance(minutes=1)

    assert 9 < guesses < 18


def test_trusted_address_is_not_locked_out(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    assert attempt(throttled_users) == "signed_in"
    for minute in range(10):
        throttled_users.clock.advance(minutes=1)
        attempt(throttled_users, "wrong phrase", address=f"198.51.100.{minute}")

    assert attempt(throttled_users, address=ELSEWHERE) == "too_many_requests"
    assert attempt(throttled_users) == "signed_in"


def test_backoff_lasts_up_to_fifteen_minutes(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    for _ in range(30):
        throttled_users.clock.advance(minutes=1)
        attempt(throttled_users, "wrong phrase", address=ELSEWHERE)

    throttled_users.clock.advance(minutes=15)

    assert attempt(throttled_users) == "signed_in"


def test_address_with_many_failures_is_blocked(throttled_users: UserServices) -> None:
    for number in range(20):
        attempt(throttled_users, "wrong phrase", name=f"unknown{number}")

    with pytest.raises(TooManyRequests):
        throttled_users.sessions._login_throttle.admit_address(HOME)
    assert throttled_users.sessions._login_throttle.admit_address(ELSEWHERE) is not None


def test_password_change_limits_guesses(throttled_users: UserServices) -> None:
    john = throttled_users.register("john")

    def change(current: str) -> str:
        try:
            throttled_users.sessions.change_password(john.as_actor(), current=current, new="another good phrase")
        except AppError as error:
            return error.code
        return "changed"

    outcomes = [change("wrong phrase") for _ in range(6)]

    assert outcomes == ["wrong_password"] * 5 + ["too_many_requests"]
    throttled_users.clock.advance(minutes=1)
    assert change(PASSWORD) == "changed"


def test_registrations_of_one_email_are_limited(throttled_users: UserServices) -> None:
    codes = []
    for number in range(6):
        try:
            throttled_users.register(f"john{number}", email="john@example.com")
        except AppError as error:
            codes.append(error.code)

    assert codes == ["email_taken"] * 4 + ["too_many_requests"]


def test_counters_contain_no_personal_data(throttled_users: UserServices, tables: Storage) -> None:
    john = throttled_users.register("john")
    attempt(throttled_users)
    attempt(throttled_users, "wrong phrase", name="someone@example.com")

    stored = str(tables.items("operations"))

    for private in ("john", "example", HOME, john.id, "someone"):
        assert private not in stored


def test_throttled_sign_ins_have_known_costs(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    passwords = (PASSWORD, PASSWORD, "wrong phrase", "wrong phrase", PASSWORD)

    costs = [cost_of(partial(attempt, throttled_users, password)) for password in passwords]

    first, again, wrong, wrong_again, right = costs
    assert first == (5, 3.0, 2.0)
    assert again == (4, 2.0, 2.0)
    assert wrong[0] == 7
    assert wrong_again[0] == 5
    assert right == (5, 3.0, 2.0)


def test_failure_is_recorded_before_the_response(throttled_users: UserServices, tables: Storage) -> None:
    throttled_users.register("john")
    with pytest.raises(WrongCredentials):
        throttled_users.sessions.login("john", "wrong phrase", address=HOME)

    failures = [item["failures"]["N"] for item in tables.items("operations") if "failures" in item]

    assert failures == ["1", "1"]
