"""Sign-in under the limits that a deployment has by default."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest

from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.shared.errors import AppError, TooManyRequests
from chalicelib.users.domain.user import WrongCredentials
from tests.engines import Storage
from tests.integration.users.conftest import HOME, PASSWORD, People

ELSEWHERE = "198.51.100.9"


def attempt(town: People, password: str = PASSWORD, *, address: str = HOME, name: str = "john") -> str:
    """What a sign-in comes to."""
    try:
        town.sessions.login(name, password, address=address)
    except AppError as refusal:
        return refusal.code
    return "in"


def test_an_account_takes_five_attempts_a_minute(guarded_town: People) -> None:
    guarded_town.register("john")

    came = [attempt(guarded_town, address=f"198.51.100.{number}") for number in range(6)]

    assert came == ["in"] * 5 + ["too_many_requests"]


def test_both_names_of_an_account_share_its_limit(guarded_town: People) -> None:
    guarded_town.register("john")
    names = ["john", "JOHN", "john@example.com"] * 2

    came = [attempt(guarded_town, "wrong phrase", name=name) for name in names]

    assert came == ["wrong_login"] * 5 + ["too_many_requests"]


def test_guesses_at_once_are_no_way_around(guarded_town: People) -> None:
    guarded_town.register("john")

    with ThreadPoolExecutor(16) as pool:
        came = list(pool.map(lambda n: attempt(guarded_town, "wrong", address=f"198.51.100.{n}"), range(32)))

    assert came.count("wrong_login") == 5


def test_an_unknown_account_is_limited_like_a_known_one(guarded_town: People) -> None:
    guarded_town.register("john")

    def came(name: str) -> list[str]:
        return [attempt(guarded_town, "wrong phrase", name=name) for _ in range(6)]

    assert came("john") == came("nobody")


def test_guessing_becomes_slower_and_slower(guarded_town: People) -> None:
    guarded_town.register("john")
    guesses = 0
    for _ in range(2 * 60):
        guesses += attempt(guarded_town, "wrong phrase", address=ELSEWHERE) == "wrong_login"
        guarded_town.clock.advance(minutes=1)

    assert 9 < guesses < 18


def test_the_owner_gets_in_while_strangers_guess(guarded_town: People) -> None:
    guarded_town.register("john")
    assert attempt(guarded_town) == "in"
    for minute in range(10):
        guarded_town.clock.advance(minutes=1)
        attempt(guarded_town, "wrong phrase", address=f"198.51.100.{minute}")

    assert attempt(guarded_town, address=ELSEWHERE) == "too_many_requests"
    assert attempt(guarded_town) == "in"


def test_an_owner_on_a_new_address_waits_a_quarter_of_an_hour_at_most(guarded_town: People) -> None:
    guarded_town.register("john")
    for _ in range(30):
        guarded_town.clock.advance(minutes=1)
        attempt(guarded_town, "wrong phrase", address=ELSEWHERE)

    guarded_town.clock.advance(minutes=15)

    assert attempt(guarded_town) == "in"


def test_an_address_with_many_failures_waits(guarded_town: People) -> None:
    for number in range(20):
        attempt(guarded_town, "wrong phrase", name=f"nobody{number}")

    with pytest.raises(TooManyRequests):
        guarded_town.sessions._guard.admit_address(HOME)
    assert guarded_town.sessions._guard.admit_address(ELSEWHERE) is not None


def test_the_present_password_cannot_be_guessed_by_a_thief_of_a_token(guarded_town: People) -> None:
    john = guarded_town.register("john")

    def change(current: str) -> str:
        try:
            guarded_town.sessions.change_password(john.as_actor(), current=current, new="another good phrase")
        except AppError as refusal:
            return refusal.code
        return "changed"

    came = [change("wrong phrase") for _ in range(6)]

    assert came == ["wrong_password"] * 5 + ["too_many_requests"]
    guarded_town.clock.advance(minutes=1)
    assert change(PASSWORD) == "changed"


def test_an_email_is_registered_five_times_a_minute_at_most(guarded_town: People) -> None:
    codes = []
    for number in range(6):
        try:
            guarded_town.register(f"john{number}", email="john@example.com")
        except AppError as refusal:
            codes.append(refusal.code)

    assert codes == ["email_taken"] * 4 + ["too_many_requests"]


def test_counters_show_nobody(guarded_town: People, tables: Storage) -> None:
    john = guarded_town.register("john")
    attempt(guarded_town)
    attempt(guarded_town, "wrong phrase", name="someone@example.com")

    stored = str(tables.items("operations"))

    for private in ("john", "example", HOME, john.id, "someone"):
        assert private not in stored


def test_what_the_guard_adds_to_a_sign_in(guarded_town: People) -> None:
    guarded_town.register("john")
    costs = []
    for password in (PASSWORD, PASSWORD, "wrong phrase", "wrong phrase", PASSWORD):
        with record_consumed_capacity() as meter:
            attempt(guarded_town, password)
        costs.append((meter.round_trips, meter.write_units, meter.read_units))

    first, again, wrong, wrong_again, right = costs
    assert first == (5, 3.0, 2.0)
    assert again == (4, 2.0, 2.0)
    assert wrong[0] == 7
    assert wrong_again[0] == 5
    assert right == (5, 3.0, 2.0)


def test_a_wrong_login_is_recorded_before_it_is_told(guarded_town: People, tables: Storage) -> None:
    guarded_town.register("john")
    with pytest.raises(WrongCredentials):
        guarded_town.sessions.login("john", "wrong phrase", address=HOME)

    failures = [item["failures"]["N"] for item in tables.items("operations") if "failures" in item]

    assert failures == ["1", "1"]
