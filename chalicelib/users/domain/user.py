"""A person with an account, and what can be refused about one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unprocessable
from chalicelib.users.domain import field_rules as rules
from chalicelib.users.domain.field_rules import Checks
from chalicelib.users.domain.passwords import not_common, of_good_length


class UsernameTaken(Conflict):
    """Somebody has this username, perhaps written in other case."""

    code = "username_taken"
    detail = "This username is taken."


class EmailTaken(Conflict):
    """An account with this e-mail exists."""

    code = "email_taken"
    detail = "There is an account with this e-mail already."


class WrongCredentials(Unauthenticated):
    """Username or password is wrong; nobody learns which."""

    code = "wrong_login"
    detail = "Username or password is wrong."


class WrongPassword(Unprocessable):
    """The present password was not given."""

    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__(errors=(("current_password", "this is not the present password"),))


class UserNotFound(NotFound):
    """No account has this id."""

    code = "user_not_found"
    detail = "There is no such user."


class StatusUnchanged(Conflict):
    """The account is in the wanted status already."""

    code = "status_unchanged"
    detail = "The account has this status already."


class LocalStageOnly(Forbidden):
    """Demo accounts exist on laptops alone."""

    code = "local_stage_only"
    detail = "Demo accounts are made on the local stage only."


class AccountStatus(StrEnum):
    """Whether money may leave the account."""

    ACTIVE = "ACTIVE"
    FROZEN = "FROZEN"


@dataclass(frozen=True, slots=True)
class PersonalDetails:
    """What a person may tell of themselves."""

    phone_number: str | None = None
    date_of_birth: date | None = None
    address: str | None = None

    def checked(self, checks: Checks, today: date) -> PersonalDetails:
        """The details in the form in which they are kept; what is wrong goes to the checks."""
        born = self.date_of_birth
        if born is not None:
            checks.read("profile.date_of_birth", lambda day: rules.birthday(day, today), born)
        return PersonalDetails(
            phone_number=checks.read_if_given("profile.phone_number", rules.phone_number, self.phone_number),
            date_of_birth=born,
            address=checks.read_if_given("profile.address", rules.address, self.address),
        )


@dataclass(frozen=True, slots=True)
class User:
    """An account as others may know it; it holds nothing secret."""

    id: str
    username: str
    email: str
    role: Role
    created_at: datetime
    first_name: str = ""
    last_name: str = ""
    details: PersonalDetails = PersonalDetails()
    status: AccountStatus = AccountStatus.ACTIVE

    def as_actor(self) -> Actor:
        """This person acting."""
        return Actor(self.id, self.username, self.role)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account with what signing in needs. ``session_epoch`` rises when all its sessions end."""

    user: User
    password_hash: str = field(repr=False)
    session_epoch: int = 0


@dataclass(frozen=True, slots=True)
class Registration:
    """What a person gives to get an account."""

    username: str
    email: str
    password: str = field(repr=False)
    role: Role = Role.BORROWER
    first_name: str = ""
    last_name: str = ""
    details: PersonalDetails = PersonalDetails()

    def checked(self, today: date, *, common_password_allowed: bool = False) -> Registration:
        """The registration in the form in which it is kept.

        Raises:
            Unprocessable: names every field that breaks a rule.
        """
        checks = Checks()
        password = checks.read("password", of_good_length, self.password)
        if not common_password_allowed:
            checks.read("password", not_common, password)
        found = Registration(
            username=checks.read("username", rules.username, self.username),
            email=checks.read("email", rules.email, self.email),
            password=password,
            role=self.role,
            first_name=checks.read("first_name", rules.name, self.first_name),
            last_name=checks.read("last_name", rules.name, self.last_name),
            details=self.details.checked(checks, today),
        )
        checks.on_condition_failed()
        return found

    def opened(self, user_id: str, at: datetime) -> User:
        """The account that this registration opens."""
        return User(
            id=user_id,
            username=self.username,
            email=self.email,
            role=self.role,
            created_at=at,
            first_name=self.first_name,
            last_name=self.last_name,
            details=self.details,
        )


@dataclass(frozen=True, slots=True)
class ProfileChanges:
    """What a person changes of their own account; None leaves a field as it is.

    Of ``details`` only the members that ``changed_details`` names count; None removes one.
    """

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    details: PersonalDetails = PersonalDetails()
    changed_details: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be changed."""
        plain = (self.first_name, self.last_name, self.email)
        return all(value is None for value in plain) and not self.changed_details

    def checked(self, today: date) -> ProfileChanges:
        """The changes in the form in which they are kept.

        Raises:
            Unprocessable: names every field that breaks a rule.
        """
        checks = Checks()
        found = ProfileChanges(
            first_name=checks.read_if_given("first_name", rules.name, self.first_name),
            last_name=checks.read_if_given("last_name", rules.name, self.last_name),
            email=checks.read_if_given("email", rules.email, self.email),
            details=self.details.checked(checks, today),
            changed_details=self.changed_details,
        )
        checks.on_condition_failed()
        return found

    def applied_to(self, user: User) -> User:
        """The account with the changes."""
        changed = {name: getattr(self.details, name) for name in self.changed_details}
        return replace(
            user,
            first_name=user.first_name if self.first_name is None else self.first_name,
            last_name=user.last_name if self.last_name is None else self.last_name,
            email=user.email if self.email is None else self.email,
            details=replace(user.details, **changed),
        )
