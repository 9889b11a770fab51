"""Routes of accounts and sessions."""

from http import HTTPStatus
from typing import Final

from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody, NoQuery
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import RequestContext, Router
from chalicelib.container import get_container
from chalicelib.users.domain.field_rules import folded
from chalicelib.users.domain.session import InvalidRefreshToken, RefreshToken
from chalicelib.users.domain.user import (
    EmailTaken,
    StepUpRequired,
    UsernameTaken,
    UserNotFound,
    WrongCredentials,
    WrongPassword,
)
from chalicelib.users.schemas import (
    LoginRequest,
    PasswordChangeRequest,
    ProfileUpdateRequest,
    RegistrationRequest,
    TokenRefreshRequest,
    TokenResponse,
    UserResponse,
)

router: Final = Router(__name__, get_container)


def _session_of(body: TokenRefreshRequest) -> str | None:
    try:
        return RefreshToken.parse(body.refresh_token).family
    except InvalidRefreshToken:
        return None


@router.endpoint(
    "POST",
    "/api/users/register",
    "Create an account",
    body=RegistrationRequest,
    response=UserResponse,
    status=HTTPStatus.CREATED,
    errors=(UsernameTaken, EmailTaken),
    access=AccessLevel.ANYONE,
    rate_limit=RateLimitPolicy.AUTH,
)
def register(context: RequestContext[RegistrationRequest, NoQuery]) -> UserResponse:
    """Register a borrower or lender."""
    return UserResponse.of(get_container().users.register(context.body.registration()))


@router.endpoint(
    "POST",
    "/api/users/login",
    "Sign in",
    body=LoginRequest,
    response=TokenResponse,
    errors=(WrongCredentials,),
    access=AccessLevel.ANYONE,
    rate_limit=RateLimitPolicy.AUTH,
)
def login(context: RequestContext[LoginRequest, NoQuery]) -> TokenResponse:
    """Exchange a username or email and a password for tokens.

    Failures are limited by submitted name and network; `Retry-After` gives the seconds until the next attempt.
    """
    container, request, name = get_container(), context.request, context.body.username
    try:
        issued = container.sessions.login(
            name, context.body.password, address=request.source_ip, request_id=request.request_id
        )
        return TokenResponse.of(issued)
    except WrongCredentials:
        container.security_log.record_failed_sign_in(
            folded(name), address=request.source_ip, request_id=request.request_id
        )
        raise


@router.endpoint(
    "POST",
    "/api/users/token/refresh",
    "Refresh a session",
    body=TokenRefreshRequest,
    response=TokenResponse,
    errors=(InvalidRefreshToken,),
    access=AccessLevel.ANYONE,
    session_of=_session_of,
)
def refresh(context: RequestContext[TokenRefreshRequest, NoQuery]) -> TokenResponse:
    """Exchange a refresh token for new tokens. Requests are limited by session; with an invalid token, by address."""
    request = context.request
    issued = get_container().sessions.refresh(
        context.body.refresh_token, address=request.source_ip, request_id=request.request_id
    )
    return TokenResponse.of(issued)


@router.endpoint(
    "POST",
    "/api/users/logout",
    "Sign out",
    body=TokenRefreshRequest,
    status=HTTPStatus.NO_CONTENT,
    access=AccessLevel.ANYONE,
    session_of=_session_of,
)
def logout(context: RequestContext[TokenRefreshRequest, NoQuery]) -> None:
    """End the session of a refresh token. Requests are limited by session; with an invalid token, by address."""
    services = get_container()
    if not services.sessions.logout(context.body.refresh_token):
        services.rate_limits.admit_anonymous(context.request.source_ip)


@router.endpoint("GET", "/api/users/profile", "Get my profile", response=UserResponse, errors=(UserNotFound,))
def show_profile(context: RequestContext[NoBody, NoQuery]) -> UserResponse:
    """Return the caller's account."""
    return UserResponse.of(get_container().users.profile(context.actor))


@router.endpoint(
    "PATCH",
    "/api/users/profile",
    "Update my profile",
    body=ProfileUpdateRequest,
    response=UserResponse,
    errors=(EmailTaken, StepUpRequired, WrongPassword, UserNotFound),
)
def change_profile(context: RequestContext[ProfileUpdateRequest, NoQuery]) -> UserResponse:
    """Change only the fields in the body."""
    request, changes, password = context.request, context.body.changes(), context.body.current_password or None
    changed = get_container().users.change_profile(
        context.actor, changes, password, address=request.source_ip, request_id=request.request_id
    )
    return UserResponse.of(changed)


@router.endpoint(
    "POST",
    "/api/users/password",
    "Change my password",
    body=PasswordChangeRequest,
    status=HTTPStatus.NO_CONTENT,
    errors=(WrongPassword, UserNotFound),
)
def change_password(context: RequestContext[PasswordChangeRequest, NoQuery]) -> None:
    """Replace the password and end all sessions."""
    get_container().sessions.change_password(
        context.actor,
        current=context.body.current_password,
        new=context.body.new_password,
        address=context.request.source_ip,
        request_id=context.request.request_id,
    )
