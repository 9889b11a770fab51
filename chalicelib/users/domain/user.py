"""User accounts: registration, profile changes and their errors."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, datetime
from enum import StrEnum

from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.errors import Conflict, Forbidden, NotFound, Unauthenticated, Unprocessable
from chalicelib.users.domain import field_rules as rules
from chalicelib.users.domain.field_rules import FieldValidator
from chalicelib.users.domain.known_network import Networks
from chalicelib.users.domain.passwords import reject_common, reject_own_names, validate_length


class UsernameTaken(Conflict):
    code = "username_taken"
    detail = "This username is already taken."


class EmailTaken(Conflict):
    code = "email_taken"
    detail = "An account with this email already exists."


class WrongCredentials(Unauthenticated):
    code = "wrong_login"
    detail = "The username or password is incorrect."


class WrongPassword(Unprocessable):
    code = "wrong_password"

    def __init__(self) -> None:
        super().__init__(errors=(("current_password", "this is not the current password"),))


class StepUpRequired(Forbidden):
    code = "step_up_required"
    detail = "Changing the email requires the current password in `current_password`."


class UserNotFound(NotFound):
    code = "user_not_found"
    detail = "User not found."


class StatusUnchanged(Conflict):
    code = "status_unchanged"
    detail = "The account already has this status."


class LocalStageOnly(Forbidden):
    code = "local_stage_only"
    detail = "Demo accounts can be created on the local stage only."


class AccountStatus(StrEnum):
    """Account status. A FROZEN account can receive money but cannot send any."""

    ACTIVE = "ACTIVE"
    FROZEN = "FROZEN"


class NameKind(StrEnum):
    """Names by which operators find an account."""

    USERNAME = "username"
    FIRST_NAME = "first_name"
    LAST_NAME = "last_name"


@dataclass(frozen=True, slots=True)
class PersonalDetails:
    phone_number: str | None = None
    date_of_birth: date | None = None
    address: str | None = None

    def normalised(self, fields: FieldValidator, today: date) -> PersonalDetails:
        """Return the details in normalised form and report invalid ones to ``fields``."""
        return PersonalDetails(
            date_of_birth=fields.validate_optional(
                "profile.date_of_birth", lambda day: rules.date_of_birth(day, today), self.date_of_birth
            ),
            phone_number=fields.validate_optional("profile.phone_number", rules.phone_number, self.phone_number),
            address=fields.validate_optional("profile.address", rules.address, self.address),
        )


@dataclass(frozen=True, slots=True)
class PreviousEmail:
    """An email address that the account had until ``replaced_at``."""

    address: str
    replaced_at: datetime


@dataclass(frozen=True, slots=True)
class User:
    """An account without its secrets. A disabled account cannot sign in; only operators can be disabled.

    ``previous_emails`` are the last 10 replaced addresses, newest first. The change is announced to them too.
    """

    id: str
    username: str
    email: str
    role: Role
    created_at: datetime
    first_name: str = ""
    last_name: str = ""
    details: PersonalDetails = PersonalDetails()
    status: AccountStatus = AccountStatus.ACTIVE
    is_disabled: bool = False
    previous_emails: tuple[PreviousEmail, ...] = field(default=(), compare=False, repr=False)

    def email_replaced_at(self, at: datetime) -> str | None:
        """Return the email address that was replaced at about this time; None if none was."""
        nearest = min(self.previous_emails, key=lambda each: abs(each.replaced_at - at), default=None)
        return nearest.address if nearest else None

    def as_actor(self, *, issued_ms: int = 0) -> Actor:
        return Actor(self.id, self.username, self.role, issued_ms)


@dataclass(frozen=True, slots=True)
class Credentials:
    """An account with its password hash.

    ``session_epoch`` is incremented to end all sessions. Access tokens issued before ``tokens_valid_from``
    (milliseconds; the wallet has the same value) are revoked. ``known_networks`` are those of recent sign-ins.
    """

    user: User
    password_hash: str = field(repr=False)
    session_epoch: int = 0
    tokens_valid_from: int = 0
    known_networks: Networks = ()


@dataclass(frozen=True, slots=True)
class Registration:
    username: str
    email: str
    password: str = field(repr=False)
    role: Role = Role.BORROWER
    first_name: str = ""
    last_name: str = ""
    details: PersonalDetails = PersonalDetails()

    def validated(self, today: date, *, common_password_allowed: bool = False) -> Registration:
        """Return the registration in normalised form.

        Raises:
            Unprocessable: names every invalid field.
        """
        fields = FieldValidator()
        password = fields.validate("password", validate_length, self.password)
        if not common_password_allowed:
            fields.validate("password", reject_common, password)
            fields.validate("password", self._reject_own_names, password)
        validated = Registration(
            username=fields.validate("username", rules.username, self.username),
            email=fields.validate("email", rules.email, self.email),
            password=password,
            role=self.role,
            first_name=fields.validate("first_name", rules.name, self.first_name),
            last_name=fields.validate("last_name", rules.name, self.last_name),
            details=self.details.normalised(fields, today),
        )
        fields.raise_if_invalid()
        return validated

    def _reject_own_names(self, password: str) -> str:
        return reject_own_names(password, username=self.username, email=self.email)

    def to_user(self, user_id: str, at: datetime) -> User:
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
    """Changes of a user's own account; None leaves a field unchanged.

    ``changed_details`` names the fields of ``details`` that change; None removes the value of one.
    """

    first_name: str | None = None
    last_name: str | None = None
    email: str | None = None
    details: PersonalDetails = PersonalDetails()
    changed_details: frozenset[str] = frozenset()

    @property
    def is_empty(self) -> bool:
        fields = (self.first_name, self.last_name, self.email)
        return all(value is None for value in fields) and not self.changed_details

    def validated(self, today: date) -> ProfileChanges:
        """Return the changes in normalised form.

        Raises:
            Unprocessable: names every invalid field.
        """
        fields = FieldValidator()
        validated = ProfileChanges(
            first_name=fields.validate_optional("first_name", rules.name, self.first_name),
            last_name=fields.validate_optional("last_name", rules.name, self.last_name),
            email=fields.validate_optional("email", rules.email, self.email),
            details=self.details.normalised(fields, today),
            changed_details=self.changed_details,
        )
        fields.raise_if_invalid()
        return validated

    def applied_to(self, user: User) -> User:
        changed = {name: getattr(self.details, name) for name in self.changed_details}
        return replace(
            user,
            first_name=user.first_name if self.first_name is None else self.first_name,
            last_name=user.last_name if self.last_name is None else self.last_name,
            email=user.email if self.email is None else self.email,
            details=replace(user.details, **changed),
        )
