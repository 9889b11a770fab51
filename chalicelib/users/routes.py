"""The user calls of the API."""

from __future__ import annotations

from http import HTTPStatus

from chalice.app import Blueprint

from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.routing import AccessLevel, RateLimitPolicy, RequestContext, endpoint
from chalicelib.container import get_container
from chalicelib.users.domain.session import InvalidRefreshToken
from chalicelib.users.domain.user import EmailTaken, UsernameTaken, UserNotFound, WrongCredentials, WrongPassword
from chalicelib.users.schemas import (
    LoginRequest,
    PasswordChangeRequest,
    ProfileUpdateRequest,
    RegistrationRequest,
    TokenRefreshRequest,
    TokenResponse,
    UserResponse,
)

users = Blueprint(__name__)


@endpoint(
    users,
    "POST",
    "/api/users/register",
    "Open an account",
    body=RegistrationRequest,
    answer=UserResponse,
    status=HTTPStatus.CREATED,
    refusals=(UsernameTaken, EmailTaken),
    access=AccessLevel.ANYONE,
    limited=RateLimitPolicy.AUTH,
)
def register(call: RequestContext[RegistrationRequest, NoQuery]) -> UserResponse:
    """Borrowers and lenders register themselves."""
    return UserResponse.of(get_container().users.register(call.body.registration()))


@endpoint(
    users,
    "POST",
    "/api/users/login",
    "Sign in",
    body=LoginRequest,
    answer=TokenResponse,
    refusals=(WrongCredentials,),
    access=AccessLevel.ANYONE,
    limited=RateLimitPolicy.AUTH,
)
def login(call: RequestContext[LoginRequest, NoQuery]) -> TokenResponse:
    """Give tokens for a username or e-mail and its password."""
    grant = get_container().sessions.login(call.body.username, call.body.password, address=call.incoming.source_ip)
    return TokenResponse.of(grant)


@endpoint(
    users,
    "POST",
    "/api/users/token/refresh",
    "Keep a session alive",
    body=TokenRefreshRequest,
    answer=TokenResponse,
    refusals=(InvalidRefreshToken,),
    access=AccessLevel.ANYONE,
)
def refresh(call: RequestContext[TokenRefreshRequest, NoQuery]) -> TokenResponse:
    """Exchange a refresh token for fresh ones."""
    return TokenResponse.of(get_container().sessions.refresh(call.body.refresh_token))


@endpoint(
    users,
    "POST",
    "/api/users/logout",
    "End a session",
    body=TokenRefreshRequest,
    status=HTTPStatus.NO_CONTENT,
    access=AccessLevel.ANYONE,
)
def logout(call: RequestContext[TokenRefreshRequest, NoQuery]) -> None:
    """Make a refresh token and all its successors worthless."""
    get_container().sessions.logout(call.body.refresh_token)


@endpoint(users, "GET", "/api/users/profile", "Show my account", answer=UserResponse, refusals=(UserNotFound,))
def show_profile(call: RequestContext[NoBody, NoQuery]) -> UserResponse:
    """The caller's account."""
    return UserResponse.of(get_container().users.profile(call.actor))


@endpoint(
    users,
    "PATCH",
    "/api/users/profile",
    "Change my account",
    body=ProfileUpdateRequest,
    answer=UserResponse,
    refusals=(EmailTaken, UserNotFound),
)
def change_profile(call: RequestContext[ProfileUpdateRequest, NoQuery]) -> UserResponse:
    """Change what is given; the rest stays."""
    return UserResponse.of(get_container().users.change_profile(call.actor, call.body.changes()))


@endpoint(
    users,
    "POST",
    "/api/users/password",
    "Change my password",
    body=PasswordChangeRequest,
    status=HTTPStatus.NO_CONTENT,
    refusals=(WrongPassword, UserNotFound),
)
def change_password(call: RequestContext[PasswordChangeRequest, NoQuery]) -> None:
    """Replace the password and end all sessions."""
    get_container().sessions.change_password(call.actor, current=call.body.current_password, new=call.body.new_password)
