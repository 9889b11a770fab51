"""Accounts on a real engine: unique names, changes, the operators' view."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.dynamodb.database import Key
from chalicelib.shared.actor import Actor, Role, RoleRequired
from chalicelib.shared.errors import AppError, Unprocessable
from chalicelib.users.domain.user import (
    AccountStatus,
    EmailTaken,
    LocalStageOnly,
    PersonalDetails,
    ProfileChanges,
    Registration,
    StatusUnchanged,
    User,
    UsernameTaken,
    UserNotFound,
)
from chalicelib.users.service.accounts import UserService
from tests.engines import Storage
from tests.integration.users.conftest import PASSWORD, People

STRANGER = Actor("0" * 26, "nobody", Role.LENDER)


def outcome(town: People, username: str, email: str) -> str:
    """What a registration comes to."""
    try:
        town.register(username, email=email)
    except AppError as refusal:
        return refusal.code
    return "registered"


def test_an_account_is_found_as_it_was_registered(town: People) -> None:
    details = PersonalDetails("+1 555 0100", date(1990, 2, 3), "1 Main Street")
    asked = Registration("John", "John@Example.com", PASSWORD, Role.LENDER, "John", "Doe", details)

    user = town.accounts.register(asked)

    assert town.accounts.profile(user.as_actor()) == user
    assert (user.username, user.email, user.role) == ("John", "John@Example.com", Role.LENDER)
    assert (user.first_name, user.last_name, user.details) == ("John", "Doe", details)
    assert user.created_at == town.clock()


def test_storage_holds_no_password(town: People, tables: Storage) -> None:
    town.register("john")

    assert PASSWORD not in str(tables.items("users"))


def test_a_username_is_taken_whatever_its_case(town: People) -> None:
    town.register("John", email="one@example.com")

    with pytest.raises(UsernameTaken):
        town.register("jOHN", email="two@example.com")


def test_an_email_is_taken_whatever_its_case(town: People) -> None:
    town.register("john", email="John@Example.com")

    with pytest.raises(EmailTaken):
        town.register("sarah", email="jOHN@eXAMPLE.COM")


def test_a_refused_registration_leaves_no_trace(town: People, tables: Storage) -> None:
    town.register("john", email="john@example.com")
    before = tables.items("users")

    assert outcome(town, "sarah", "john@example.com") == "email_taken"
    assert outcome(town, "john", "other@example.com") == "username_taken"
    assert tables.items("users") == before
    assert outcome(town, "sarah", "other@example.com") == "registered"


def test_of_many_who_want_one_name_at_once_one_gets_it(town: People) -> None:
    with ThreadPoolExecutor(8) as pool:
        came = list(pool.map(lambda number: outcome(town, "john", f"john{number}@example.com"), range(8)))

    assert sorted(came) == ["registered", *["username_taken"] * 7]


def test_of_many_who_want_one_email_at_once_one_gets_it(town: People) -> None:
    with ThreadPoolExecutor(8) as pool:
        came = list(pool.map(lambda number: outcome(town, f"john{number}", "j@example.com"), range(8)))

    assert sorted(came) == [*["email_taken"] * 7, "registered"]


def test_nobody_registers_as_operator(town: People) -> None:
    asked = Registration("john", "john@example.com", PASSWORD, Role.ADMIN)

    with pytest.raises(Unprocessable) as refusal:
        town.accounts.register(asked)

    assert [field for field, _ in refusal.value.errors] == ["role"]


def test_an_operator_is_made_by_those_who_run_the_platform(town: People) -> None:
    assert town.operator().role is Role.ADMIN

    with pytest.raises(Unprocessable):
        town.accounts.create_operator(username="boss2", email="b2@example.com", password="admin123")


def test_demo_accounts_exist_on_the_local_stage_only(town: People) -> None:
    asked = Registration("admin", "admin@example.com", "admin123", Role.ADMIN)
    parts = town.accounts
    cloud = UserService(
        parts._repository,
        parts._passwords,
        parts._guard,
        parts._clock,
        replace(parts._settings, stage="prod"),
    )

    with pytest.raises(LocalStageOnly):
        cloud.create_demo_account(asked)
    assert town.accounts.create_demo_account(asked).role is Role.ADMIN


def test_an_account_is_found_by_either_name(town: People) -> None:
    user = town.register("John", email="jd@example.com")

    assert town.accounts.find_owner("JOHN") == user
    assert town.accounts.find_owner("JD@example.com") == user
    assert town.accounts.find_owner("jd") is None


def test_a_change_leaves_the_rest_as_it_was(town: People) -> None:
    user = town.register("john", first_name="John", last_name="Doe")
    details = PersonalDetails("+1 555 0100", date(1990, 2, 3), "1 Main Street")
    every = frozenset({"phone_number", "date_of_birth", "address"})
    town.accounts.change_profile(user.as_actor(), ProfileChanges(details=details, changed_details=every))

    changes = ProfileChanges(first_name="", changed_details=frozenset({"date_of_birth"}))
    after = town.accounts.change_profile(user.as_actor(), changes)

    assert after == town.accounts.profile(user.as_actor())
    assert (after.first_name, after.last_name) == ("", "Doe")
    assert after.details == PersonalDetails("+1 555 0100", None, "1 Main Street")


def test_an_account_that_is_gone_cannot_be_changed_back_to_life(town: People, tables: Storage) -> None:
    with pytest.raises(UserNotFound):
        town.accounts.change_profile(STRANGER, ProfileChanges(first_name="Ghost"))
    with pytest.raises(UserNotFound):
        town.accounts.change_profile(STRANGER, ProfileChanges(email="ghost@example.com"))
    with pytest.raises(UserNotFound):
        town.accounts.change_profile(STRANGER, ProfileChanges())

    assert tables.items("users") == []


def test_moving_to_another_email_frees_the_old_one(town: People) -> None:
    john, sarah = town.register("john"), town.register("sarah")

    after = town.accounts.change_profile(john.as_actor(), ProfileChanges(email="New@example.com"))

    assert after == town.accounts.profile(john.as_actor()) == replace(john, email="New@example.com")
    town.accounts.change_profile(sarah.as_actor(), ProfileChanges(email="john@example.com"))
    with pytest.raises(EmailTaken):
        town.accounts.change_profile(sarah.as_actor(), ProfileChanges(email="new@EXAMPLE.com"))


def test_an_email_may_change_its_case_alone(town: People, tables: Storage) -> None:
    john = town.register("john")

    after = town.accounts.change_profile(john.as_actor(), ProfileChanges(email="JOHN@example.com"))

    assert after.email == "JOHN@example.com"
    assert len(tables.items("users")) == 3


def test_of_many_moves_of_one_account_at_once_one_email_remains(town: People, tables: Storage) -> None:
    john = town.register("john")

    def move(number: int) -> None:
        town.accounts.change_profile(john.as_actor(), ProfileChanges(email=f"j{number}@example.com"))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(move, range(4)))

    email = town.accounts.profile(john.as_actor()).email
    held = [item["pk"]["S"] for item in tables.items("users") if item["pk"]["S"].startswith("EMAIL#")]
    assert held == [f"EMAIL#{email}"]


def pages(town: People, operator: User, prefix: str, limit: int) -> list[str]:
    """The usernames that a search gives, page by page."""
    found: list[str] = []
    after: Key | None = None
    while True:
        page = town.accounts.search(operator.as_actor(), prefix, limit=limit, after=after)
        found.extend(user.username for user in page.items)
        after = page.last_key
        if after is None:
            return found


def test_operators_see_all_accounts_newest_first(town: People) -> None:
    operator = town.operator()
    for name in ("anna", "berta", "carla"):
        town.clock.advance(seconds=1)
        town.register(name)

    assert pages(town, operator, "", 2) == ["carla", "berta", "anna", "boss"]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_operators_find_accounts_by_the_beginning_of_either_name_once(town: People, limit: int) -> None:
    operator = town.operator()
    town.register("Johanna", email="johanna@example.com")
    town.register("john", email="x@example.com")
    town.register("sarah", email="john.smith@example.com")

    assert sorted(pages(town, operator, "JOH", limit)) == ["Johanna", "john", "sarah"]
    assert pages(town, operator, "johanna@", limit) == ["Johanna"]
    assert pages(town, operator, "zz", limit) == []


def test_only_operators_look_at_others(town: People) -> None:
    john = town.register("john")

    with pytest.raises(RoleRequired):
        town.accounts.search(john.as_actor(), "", limit=10)
    with pytest.raises(RoleRequired):
        town.accounts.account(john.as_actor(), john.id)
    assert town.accounts.account(town.operator().as_actor(), john.id) == john


def freeze(town: People, operator: User, user_id: str, status: AccountStatus) -> None:
    """Change a status in a transaction of its own."""
    writes = town.repository.writes()
    town.accounts.add_status(operator.as_actor(), writes, user_id, status)
    writes.commit()


def test_an_account_is_frozen_and_thawed_once(town: People) -> None:
    john, operator = town.register("john"), town.operator()

    freeze(town, operator, john.id, AccountStatus.FROZEN)
    assert town.accounts.profile(john.as_actor()).status is AccountStatus.FROZEN
    with pytest.raises(StatusUnchanged):
        freeze(town, operator, john.id, AccountStatus.FROZEN)

    freeze(town, operator, john.id, AccountStatus.ACTIVE)
    assert town.accounts.profile(john.as_actor()).status is AccountStatus.ACTIVE


def test_only_accounts_that_exist_are_frozen_and_only_by_operators(town: People) -> None:
    john, operator = town.register("john"), town.operator()

    with pytest.raises(UserNotFound):
        freeze(town, operator, STRANGER.user_id, AccountStatus.FROZEN)
    with pytest.raises(RoleRequired):
        freeze(town, john, john.id, AccountStatus.FROZEN)


@pytest.mark.exact_units
def test_what_each_operation_costs(town: People) -> None:
    costs: dict[str, tuple[int, float, float]] = {}
    john = town.register("john")
    actor, boss = john.as_actor(), town.operator().as_actor()
    operations: dict[str, Callable[[], object]] = {
        "register": lambda: town.register("sarah"),
        "profile": lambda: town.accounts.profile(actor),
        "change names": lambda: town.accounts.change_profile(actor, ProfileChanges(first_name="J")),
        "change e-mail": lambda: town.accounts.change_profile(actor, ProfileChanges(email="j@example.com")),
        "list": lambda: town.accounts.search(boss, "", limit=20),
        "search": lambda: town.accounts.search(boss, "s", limit=20),
    }

    for name, operation in operations.items():
        with record_consumed_capacity() as meter:
            operation()
        costs[name] = (meter.round_trips, meter.write_units, meter.read_units)

    assert costs == {
        "register": (1, 9.0, 0.0),
        "profile": (1, 0.0, 1.0),
        "change names": (1, 1.0, 0.0),
        "change e-mail": (2, 8.0, 1.0),
        "list": (2, 0.0, 2.0),
        "search": (2, 0.0, 1.0),
    }
