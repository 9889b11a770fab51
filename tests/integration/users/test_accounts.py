"""Accounts: unique names, changes, search by operators."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import date

import pytest

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
from tests.integration.users.conftest import PASSWORD, UserServices, cost_of

MISSING = Actor("0" * 26, "missing", Role.LENDER)


def outcome(users: UserServices, username: str, email: str) -> str:
    """Return the result of a registration."""
    try:
        users.register(username, email=email)
    except AppError as error:
        return error.code
    return "registered"


def test_registered_account_is_read_back(users: UserServices) -> None:
    details = PersonalDetails("+1 555 0100", date(1990, 2, 3), "1 Main Street")
    registration = Registration("John", "John@Example.com", PASSWORD, Role.LENDER, "John", "Doe", details)

    user = users.accounts.register(registration)

    assert users.accounts.profile(user.as_actor()) == user
    assert (user.username, user.email, user.role) == ("John", "John@Example.com", Role.LENDER)
    assert (user.first_name, user.last_name, user.details) == ("John", "Doe", details)
    assert user.created_at == users.clock()


def test_password_is_not_stored_in_clear(users: UserServices, tables: Storage) -> None:
    users.register("john")

    assert PASSWORD not in str(tables.items("users"))


def test_names_and_emails_are_unique_ignoring_case(users: UserServices) -> None:
    users.register("John", email="John@Example.com")

    with pytest.raises(UsernameTaken):
        users.register("jOHN", email="two@example.com")
    with pytest.raises(EmailTaken):
        users.register("sarah", email="jOHN@eXAMPLE.COM")


def test_rejected_registration_writes_nothing(users: UserServices, tables: Storage) -> None:
    users.register("john", email="john@example.com")
    before = tables.items("users")

    assert outcome(users, "sarah", "john@example.com") == "email_taken"
    assert outcome(users, "john", "other@example.com") == "username_taken"
    assert tables.items("users") == before
    assert outcome(users, "sarah", "other@example.com") == "registered"


@pytest.mark.parametrize(
    ("username", "email", "error"),
    [("john", "john{}@example.com", "username_taken"), ("john{}", "j@example.com", "email_taken")],
)
def test_concurrent_registrations_create_one_account(
    users: UserServices, username: str, email: str, error: str
) -> None:
    with ThreadPoolExecutor(8) as pool:
        outcomes = list(pool.map(lambda n: outcome(users, username.format(n), email.format(n)), range(8)))

    assert sorted(outcomes) == sorted(["registered", *[error] * 7])


def test_registration_as_operator_is_rejected(users: UserServices) -> None:
    registration = Registration("john", "john@example.com", PASSWORD, Role.ADMIN)

    with pytest.raises(Unprocessable) as error:
        users.accounts.register(registration)

    assert [field for field, _ in error.value.errors] == ["role"]


def test_operator_account_follows_the_password_rules(users: UserServices) -> None:
    assert users.operator().role is Role.ADMIN

    with pytest.raises(Unprocessable):
        users.accounts.create_operator(username="boss2", email="b2@example.com", password="admin123")


def test_demo_accounts_require_the_local_stage(users: UserServices) -> None:
    registration = Registration("admin", "admin@example.com", "admin123", Role.ADMIN)
    local = users.accounts
    cloud = UserService(
        local._repository,
        local._passwords,
        local._login_throttle,
        local._log,
        local._clock,
        local._real_time,
        replace(local._settings, stage="prod"),
    )

    with pytest.raises(LocalStageOnly):
        cloud.create_demo_account(registration)
    assert users.accounts.create_demo_account(registration).role is Role.ADMIN


def test_account_is_found_by_username_or_email(users: UserServices) -> None:
    user = users.register("John", email="jd@example.com")

    assert users.accounts.find_by_login_name("JOHN") == user
    assert users.accounts.find_by_login_name("JD@example.com") == user
    assert users.accounts.find_by_login_name("jd") is None


def test_profile_change_keeps_other_fields(users: UserServices) -> None:
    user = users.register("john", first_name="John", last_name="Doe")
    details = PersonalDetails("+1 555 0100", date(1990, 2, 3), "1 Main Street")
    every = frozenset({"phone_number", "date_of_birth", "address"})
    users.accounts.change_profile(user.as_actor(), ProfileChanges(details=details, changed_details=every))

    changes = ProfileChanges(first_name="", changed_details=frozenset({"date_of_birth"}))
    after = users.accounts.change_profile(user.as_actor(), changes)

    assert after == users.accounts.profile(user.as_actor())
    assert (after.first_name, after.last_name) == ("", "Doe")
    assert after.details == PersonalDetails("+1 555 0100", None, "1 Main Street")


def test_changing_a_missing_account_is_rejected(users: UserServices, tables: Storage) -> None:
    for changes in (ProfileChanges(first_name="Jane"), ProfileChanges(email="jane@example.com"), ProfileChanges()):
        with pytest.raises(UserNotFound):
            users.accounts.change_profile(MISSING, changes)

    assert tables.items("users") == []


def test_changing_the_email_releases_the_old_one(users: UserServices) -> None:
    john, sarah = users.register("john"), users.register("sarah")

    after = users.accounts.change_profile(john.as_actor(), ProfileChanges(email="New@example.com"), PASSWORD)

    assert after == users.accounts.profile(john.as_actor()) == replace(john, email="New@example.com")
    users.accounts.change_profile(sarah.as_actor(), ProfileChanges(email="john@example.com"), PASSWORD)
    with pytest.raises(EmailTaken):
        users.accounts.change_profile(sarah.as_actor(), ProfileChanges(email="new@EXAMPLE.com"), PASSWORD)


def test_email_may_change_only_its_case(users: UserServices, tables: Storage) -> None:
    john = users.register("john")

    after = users.accounts.change_profile(john.as_actor(), ProfileChanges(email="JOHN@example.com"))

    assert after.email == "JOHN@example.com"
    assert len(tables.items("users")) == 3


def test_concurrent_email_changes_leave_one_email(users: UserServices, tables: Storage) -> None:
    john = users.register("john")

    def move(number: int) -> None:
        users.accounts.change_profile(john.as_actor(), ProfileChanges(email=f"j{number}@example.com"), PASSWORD)

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(move, range(4)))

    email = users.accounts.profile(john.as_actor()).email
    emails = [item["pk"]["S"] for item in tables.items("users") if item["pk"]["S"].startswith("EMAIL#")]
    assert emails == [f"EMAIL#{email}"]


def pages(users: UserServices, operator: User, prefix: str, limit: int) -> list[str]:
    """Return the usernames of all pages of a search."""
    found: list[str] = []
    after: Key | None = None
    while True:
        page = users.accounts.search(operator.as_actor(), prefix, limit=limit, after=after)
        found.extend(user.username for user in page.items)
        after = page.last_key
        if after is None:
            return found


def test_operators_list_accounts_newest_first(users: UserServices) -> None:
    operator = users.operator()
    for name in ("anna", "berta", "carla"):
        users.clock.advance(seconds=1)
        users.register(name)

    assert pages(users, operator, "", 2) == ["carla", "berta", "anna", "boss"]


@pytest.mark.parametrize("limit", [1, 2, 100])
def test_search_returns_each_matching_account_once(users: UserServices, limit: int) -> None:
    operator = users.operator()
    users.register("Johanna", email="johanna@example.com")
    users.register("john", email="x@example.com")
    users.register("sarah", email="john.smith@example.com")
    users.register("maria", first_name="John", last_name="John")
    users.register("peter", last_name="Johnson")

    assert sorted(pages(users, operator, "JOH", limit)) == ["Johanna", "john", "maria", "peter"]
    assert pages(users, operator, "zz", limit) == []


def test_search_finds_an_email_exactly(users: UserServices) -> None:
    operator = users.operator()
    users.register("sarah", email="john.smith@example.com")

    assert pages(users, operator, "John.Smith@example.com", 10) == ["sarah"]
    assert pages(users, operator, "john.smith@", 10) == []


def test_search_knows_changed_names_only(users: UserServices) -> None:
    operator = users.operator()
    maria = users.register("maria", first_name="Maria", last_name="Lopez")

    users.accounts.change_profile(maria.as_actor(), ProfileChanges(first_name="Ana", last_name=""))

    assert pages(users, operator, "ana", 10) == ["maria"]
    assert pages(users, operator, "lopez", 10) == []
    assert pages(users, operator, "mar", 10) == ["maria"]


def test_reading_other_accounts_requires_an_operator(users: UserServices) -> None:
    john = users.register("john")

    with pytest.raises(RoleRequired):
        users.accounts.search(john.as_actor(), "", limit=10)
    with pytest.raises(RoleRequired):
        users.accounts.account(john.as_actor(), john.id)
    assert users.accounts.account(users.operator().as_actor(), john.id) == john


def set_status(users: UserServices, operator: User, user_id: str, status: AccountStatus) -> None:
    """Change a status in its own transaction."""
    writes = users.repository.writes()
    users.accounts.add_status(operator.as_actor(), writes, user_id, status)
    writes.commit()


def test_status_change_requires_the_other_status(users: UserServices) -> None:
    john, operator = users.register("john"), users.operator()

    set_status(users, operator, john.id, AccountStatus.FROZEN)
    assert users.accounts.profile(john.as_actor()).status is AccountStatus.FROZEN
    with pytest.raises(StatusUnchanged):
        set_status(users, operator, john.id, AccountStatus.FROZEN)

    set_status(users, operator, john.id, AccountStatus.ACTIVE)
    assert users.accounts.profile(john.as_actor()).status is AccountStatus.ACTIVE


def test_status_change_requires_account_and_operator(users: UserServices) -> None:
    john, operator = users.register("john"), users.operator()

    with pytest.raises(UserNotFound):
        set_status(users, operator, MISSING.user_id, AccountStatus.FROZEN)
    with pytest.raises(RoleRequired):
        set_status(users, john, john.id, AccountStatus.FROZEN)


@pytest.mark.exact_units
def test_operations_have_exact_costs(users: UserServices) -> None:
    john = users.register("john")
    actor, boss = john.as_actor(), users.operator().as_actor()
    operations: dict[str, Callable[[], object]] = {
        "register": lambda: users.register("sarah"),
        "profile": lambda: users.accounts.profile(actor),
        "change names": lambda: users.accounts.change_profile(actor, ProfileChanges(first_name="J")),
        "change details": lambda: users.accounts.change_profile(
            actor,
            ProfileChanges(details=PersonalDetails(address="1 Main Street"), changed_details=frozenset({"address"})),
        ),
        "change email": lambda: users.accounts.change_profile(actor, ProfileChanges(email="j@example.com"), PASSWORD),
        "list": lambda: users.accounts.search(boss, "", limit=20),
        "search": lambda: users.accounts.search(boss, "s", limit=20),
    }

    assert {name: cost_of(operation) for name, operation in operations.items()} == {
        "register": (1, 8.0, 0.0),
        "profile": (1, 0.0, 1.0),
        "change names": (2, 5.0, 1.0),
        "change details": (1, 1.0, 0.0),
        "change email": (2, 8.0, 1.0),
        "list": (2, 0.0, 2.0),
        "search": (2, 0.0, 1.0),
    }
