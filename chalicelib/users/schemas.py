"""Requests and responses of the user routes. The domain enforces the rules that these models describe."""

from typing import Annotated, Literal, Self

from pydantic import Field

from chalicelib.api.fields import Day, DayInput, Identifier, RequestModel, ResponseModel, Timestamp
from chalicelib.shared.actor import Role
from chalicelib.users.domain import field_rules as rules
from chalicelib.users.domain.passwords import MAX_PASSWORD_LENGTH, MIN_PASSWORD_LENGTH
from chalicelib.users.domain.session import MAX_TOKEN_LENGTH
from chalicelib.users.domain.user import AccountStatus, PersonalDetails, ProfileChanges, Registration, User
from chalicelib.users.service.sessions import IssuedTokens

Username = Annotated[
    str,
    Field(
        min_length=rules.MIN_USERNAME_LENGTH,
        max_length=rules.MAX_USERNAME_LENGTH,
        description="Latin letters, digits, dots, hyphens and underscores. Unique; not case-sensitive.",
        examples=["john_borrower"],
    ),
]
Email = Annotated[
    str,
    Field(
        max_length=rules.MAX_EMAIL_LENGTH,
        description="Unique; not case-sensitive.",
        examples=["john@example.com"],
    ),
]
Name = Annotated[str, Field(max_length=rules.MAX_NAME_LENGTH)]
Secret = Annotated[str, Field(max_length=MAX_PASSWORD_LENGTH, repr=False, json_schema_extra={"format": "password"})]
NewPassword = Annotated[
    Secret,
    Field(
        min_length=MIN_PASSWORD_LENGTH,
        description="8 to 128 characters. The 100,000 most common passwords, white space, the platform's name, and the "
        "user's own username or email (with or without its domain) are rejected.",
    ),
]
RefreshText = Annotated[str, Field(max_length=MAX_TOKEN_LENGTH, repr=False)]


class ProfileDetails(RequestModel):
    """Personal details, all optional."""

    phone_number: Annotated[str | None, Field(max_length=rules.MAX_PHONE_NUMBER_LENGTH)] = None
    date_of_birth: Annotated[DayInput | None, Field(description="At least 18 years ago.")] = None
    address: Annotated[str | None, Field(max_length=rules.MAX_ADDRESS_LENGTH)] = None

    def details(self) -> PersonalDetails:
        return PersonalDetails(self.phone_number, self.date_of_birth, self.address)


class RegistrationRequest(RequestModel):
    """The details of the new account."""

    username: Username
    email: Email
    password: NewPassword
    role: Literal["BORROWER", "LENDER"]
    first_name: Name = ""
    last_name: Name = ""
    profile: ProfileDetails = ProfileDetails()

    def registration(self) -> Registration:
        return Registration(
            username=self.username,
            email=self.email,
            password=self.password,
            role=Role(self.role),
            first_name=self.first_name,
            last_name=self.last_name,
            details=self.profile.details(),
        )


class LoginRequest(RequestModel):
    """Credentials."""

    username: Annotated[str, Field(max_length=rules.MAX_EMAIL_LENGTH, description="Username or email.")]
    password: Secret


class TokenRefreshRequest(RequestModel):
    """The refresh token from the latest sign-in or refresh."""

    refresh_token: RefreshText


class ProfileUpdateRequest(RequestModel):
    """The fields to change. Omitted fields keep their values. `null` clears a field of `profile`.

    Changing the `email` requires `current_password`.
    """

    first_name: Name = ""
    last_name: Name = ""
    email: Email = ""
    profile: ProfileDetails = ProfileDetails()
    current_password: Secret = ""

    def changes(self) -> ProfileChanges:
        given = self.model_fields_set
        return ProfileChanges(
            first_name=self.first_name if "first_name" in given else None,
            last_name=self.last_name if "last_name" in given else None,
            email=self.email if "email" in given else None,
            details=self.profile.details(),
            changed_details=frozenset(self.profile.model_fields_set),
        )


class PasswordChangeRequest(RequestModel):
    """The current password and the new one."""

    current_password: Secret
    new_password: NewPassword


class ProfileResponse(ResponseModel):
    """Personal details. Missing details are null."""

    phone_number: str | None
    date_of_birth: Day | None
    address: str | None


class UserResponse(ResponseModel):
    """An account."""

    id: Identifier
    username: str
    email: str
    first_name: str
    last_name: str
    role: Role
    status: AccountStatus
    profile: ProfileResponse
    created_at: Timestamp

    @classmethod
    def of(cls, user: User) -> Self:
        details = user.details
        return cls(
            id=user.id,
            username=user.username,
            email=user.email,
            first_name=user.first_name,
            last_name=user.last_name,
            role=user.role,
            status=user.status,
            profile=ProfileResponse(
                phone_number=details.phone_number,
                date_of_birth=details.date_of_birth,
                address=details.address,
            ),
            created_at=user.created_at,
        )


class TokenResponse(ResponseModel):
    """The tokens of a session; `expires_in` is the lifetime of `token` in seconds."""

    token: Annotated[str, Field(repr=False)]
    token_type: Literal["Bearer"] = "Bearer"
    expires_in: int
    refresh_token: Annotated[str, Field(repr=False)]
    user: UserResponse

    @classmethod
    def of(cls, issued: IssuedTokens) -> Self:
        return cls(
            token=issued.access.text,
            expires_in=issued.access.expires_in_seconds,
            refresh_token=issued.refresh.text,
            user=UserResponse.of(issued.user),
        )
