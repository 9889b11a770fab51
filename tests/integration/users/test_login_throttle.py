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


def networks(count: int) -> list[str]:
    """Return addresses in as many networks."""
    return [f"198.{51 + number // 250}.{number % 250}.7" for number in range(count)]


def test_pair_of_name_and_network_allows_five_attempts_a_minute(throttled_users: UserServices) -> None:
    throttled_users.register("john")

    outcomes = [attempt(throttled_users, address=f"203.0.113.{number}") for number in range(6)]

    assert outcomes == ["signed_in"] * 5 + ["too_many_requests"]
    assert attempt(throttled_users, address=ELSEWHERE) == "signed_in"


def test_failures_of_username_and_email_are_counted_apart(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    names = ("john", "JOHN", "john@example.com", "John@Example.com", "unknown")

    outcomes = {name: [attempt(throttled_users, "wrong phrase", name=name) for _ in range(6)] for name in names}

    blocked = ["wrong_login"] * 5 + ["too_many_requests"]
    assert outcomes["john"] == outcomes["john@example.com"] == outcomes["unknown"] == blocked
    assert set(outcomes["JOHN"]) == set(outcomes["John@Example.com"]) == {"too_many_requests"}


def test_concurrent_guesses_are_limited(throttled_users: UserServices) -> None:
    throttled_users.register("john")

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda n: attempt(throttled_users, "wrong", address=f"198.51.100.{n}"), range(32)))

    assert outcomes.count("wrong_login") == 5


def test_concurrent_guesses_from_many_networks_are_limited(throttled_users: UserServices) -> None:
    throttled_users.register("john")

    with ThreadPoolExecutor(16) as pool:
        outcomes = list(pool.map(lambda address: attempt(throttled_users, "wrong", address=address), networks(70)))

    assert outcomes.count("wrong_login") == 50


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


def test_failures_elsewhere_do_not_affect_other_networks(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    for minute in range(30):
        throttled_users.clock.advance(minutes=1)
        attempt(throttled_users, "wrong phrase", address=f"198.51.100.{minute}")

    assert attempt(throttled_users, address=ELSEWHERE) == "too_many_requests"
    assert attempt(throttled_users, address=HOME) == "signed_in"


def test_ipv6_networks_have_64_bits(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    outcomes = [attempt(throttled_users, "wrong", address=f"2001:db8:0:1::{number}") for number in range(6)]

    assert outcomes == ["wrong_login"] * 5 + ["too_many_requests"]
    assert attempt(throttled_users, address="2001:db8:0:2::1") == "signed_in"


def attack(users: UserServices, name: str = "john") -> None:
    """Fail 50 times from ten networks."""
    for address in networks(10):
        for _ in range(5):
            assert attempt(users, "wrong phrase", address=address, name=name) == "wrong_login"


def test_unknown_network_pauses_a_minute_after_fifty_failures(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    attack(throttled_users)

    with pytest.raises(TooManyRequests) as error:
        throttled_users.sessions.login("john", PASSWORD, address=HOME)

    assert error.value.retry_after_seconds == 60
    throttled_users.clock.advance(seconds=59)
    assert attempt(throttled_users) == "too_many_requests"
    throttled_users.clock.advance(seconds=1)
    assert attempt(throttled_users) == "signed_in"


def test_known_network_does_not_pause_for_thirty_days(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    assert attempt(throttled_users) == "signed_in"
    throttled_users.clock.advance(days=29, hours=23)
    attack(throttled_users)

    assert attempt(throttled_users, address="203.0.113.99") == "signed_in"


def test_network_is_unknown_after_thirty_days(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    assert attempt(throttled_users) == "signed_in"
    throttled_users.clock.advance(days=30, seconds=1)
    attack(throttled_users)

    assert attempt(throttled_users) == "too_many_requests"


def test_network_is_known_for_username_and_email(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    assert attempt(throttled_users, name="john@example.com") == "signed_in"
    attack(throttled_users)

    assert attempt(throttled_users, name="john") == "signed_in"


def test_only_the_last_ten_networks_are_known(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    for address in networks(12):
        assert attempt(throttled_users, address=address) == "signed_in"

    found = throttled_users.sessions._repository.credentials(
        throttled_users.sessions._repository.owner_of("john") or ""
    )

    assert found is not None
    assert len(found.known_networks) == 10


def test_attack_on_a_username_leaves_the_email_alone(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    attack(throttled_users, "john")

    assert attempt(throttled_users, name="john@example.com") == "signed_in"


def test_successes_do_not_count_as_strangers_guesses(throttled_users: UserServices) -> None:
    throttled_users.register("john")

    outcomes = [attempt(throttled_users, address=address) for address in networks(60)]

    assert outcomes == ["signed_in"] * 60


def test_network_with_many_failures_is_blocked(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    throttled_users.register("jane")
    assert attempt(throttled_users, name="jane") == "signed_in"
    for number in range(20):
        attempt(throttled_users, "wrong phrase", name=f"unknown{number}", address=f"203.0.113.{number}")

    assert attempt(throttled_users) == "too_many_requests"
    assert attempt(throttled_users, name="jane") == "signed_in"  # known here
    assert attempt(throttled_users, address=ELSEWHERE) == "signed_in"


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

    for private in ("john", "example", "203.0.113", john.id, "someone"):
        assert private not in stored
    profile = next(item for item in tables.items("users") if "known_networks" in item)
    assert "203.0.113" not in str(profile)


def test_throttled_sign_ins_have_known_costs(throttled_users: UserServices) -> None:
    throttled_users.register("john")
    passwords = (PASSWORD, PASSWORD, "wrong phrase", "wrong phrase", PASSWORD)

    costs = [cost_of(partial(attempt, throttled_users, password)) for password in passwords]

    first, again, wrong, wrong_again, right = costs
    assert first == (6, 6.0, 3.0)  # two more counters, and the profile remembers the network
    assert again == (4, 2.0, 2.0)
    assert wrong[0] == 6
    assert wrong_again[0] == 5
    assert right == (5, 3.0, 2.0)


def test_failure_is_recorded_before_the_response(throttled_users: UserServices, tables: Storage) -> None:
    throttled_users.register("john")
    with pytest.raises(WrongCredentials):
        throttled_users.sessions.login("john", "wrong phrase", address=HOME)

    failures = [item["failures"]["N"] for item in tables.items("operations") if "failures" in item]

    assert failures == ["1", "1"]
