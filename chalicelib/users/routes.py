"""The user calls of the API."""

from __future__ import annotations

from http import HTTPStatus

from chalice.app import Blueprint

from chalicelib.common.api import Access, Call, Limited, endpoint
from chalicelib.common.fields import NoBody, NoQuery
from chalicelib.users.domain.session import InvalidRefreshToken
from chalicelib.users.domain.user import EmailTaken, NoSuchUser, UsernameTaken, WrongLogin, WrongPassword
from chalicelib.users.schemas import (
    GrantAnswer,
    LoginBody,
    PasswordBody,
    ProfilePatch,
    RefreshBody,
    RegisterBody,
    UserAnswer,
)
from chalicelib.wiring import platform

users = Blueprint(__name__)


@endpoint(
    users,
    "POST",
    "/api/users/register",
    "Open an account",
    body=RegisterBody,
    answer=UserAnswer,
    status=HTTPStatus.CREATED,
    refusals=(UsernameTaken, EmailTaken),
    access=Access.ANYONE,
    limited=Limited.AUTH,
)
def register(call: Call[RegisterBody, NoQuery]) -> UserAnswer:
    """Borrowers and lenders register themselves."""
    return UserAnswer.of(platform().users.register(call.body.registration()))


@endpoint(
    users,
    "POST",
    "/api/users/login",
    "Sign in",
    body=LoginBody,
    answer=GrantAnswer,
    refusals=(WrongLogin,),
    access=Access.ANYONE,
    limited=Limited.AUTH,
)
def login(call: Call[LoginBody, NoQuery]) -> GrantAnswer:
    """Give tokens for a username or e-mail and its password."""
    grant = platform().sessions.login(call.body.username, call.body.password, address=call.incoming.source_ip)
    return GrantAnswer.of(grant)


@endpoint(
    users,
    "POST",
    "/api/users/token/refresh",
    "Keep a session alive",
    body=RefreshBody,
    answer=GrantAnswer,
    refusals=(InvalidRefreshToken,),
    access=Access.ANYONE,
)
def refresh(call: Call[RefreshBody, NoQuery]) -> GrantAnswer:
    """Exchange a refresh token for fresh ones."""
    return GrantAnswer.of(platform().sessions.refresh(call.body.refresh_token))


@endpoint(
    users,
    "POST",
    "/api/users/logout",
    "End a session",
    body=RefreshBody,
    status=HTTPStatus.NO_CONTENT,
    access=Access.ANYONE,
)
def logout(call: Call[RefreshBody, NoQuery]) -> None:
    """Make a refresh token and all its successors worthless."""
    platform().sessions.logout(call.body.refresh_token)


@endpoint(users, "GET", "/api/users/profile", "Show my account", answer=UserAnswer, refusals=(NoSuchUser,))
def show_profile(call: Call[NoBody, NoQuery]) -> UserAnswer:
    """The caller's account."""
    return UserAnswer.of(platform().users.profile(call.actor))


@endpoint(
    users,
    "PATCH",
    "/api/users/profile",
    "Change my account",
    body=ProfilePatch,
    answer=UserAnswer,
    refusals=(EmailTaken, NoSuchUser),
)
def change_profile(call: Call[ProfilePatch, NoQuery]) -> UserAnswer:
    """Change what is given; the rest stays."""
    return UserAnswer.of(platform().users.change_profile(call.actor, call.body.changes()))


@endpoint(
    users,
    "POST",
    "/api/users/password",
    "Change my password",
    body=PasswordBody,
    status=HTTPStatus.NO_CONTENT,
    refusals=(WrongPassword, NoSuchUser),
)
def change_password(call: Call[PasswordBody, NoQuery]) -> None:
    """Replace the password and end all sessions."""
    platform().sessions.change_password(call.actor, current=call.body.current_password, new=call.body.new_password)
