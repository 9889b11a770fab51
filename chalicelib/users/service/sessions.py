"""Signing in, keeping a session alive, ending it, and changing the password."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.api.signing_keys import SigningKeys
from chalicelib.api.tokens import AccessToken, AccessTokens
from chalicelib.dynamodb.database import OptimisticLockError
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.settings import Settings
from chalicelib.users.domain.field_rules import Checks, folded
from chalicelib.users.domain.passwords import not_common, of_good_length
from chalicelib.users.domain.session import KEY_PURPOSE, InvalidRefreshToken, RefreshToken, RefreshTokenReused, Session
from chalicelib.users.domain.user import User, UserNotFound, WrongCredentials, WrongPassword
from chalicelib.users.repository import NOBODY, UserRepository
from chalicelib.users.service.login_throttle import LoginThrottle
from chalicelib.users.service.passwords import PasswordHasher


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    """What a sign-in or a refresh gives."""

    user: User
    access: AccessToken = field(repr=False)
    refresh: RefreshToken = field(repr=False)


class SessionService:
    """Gives access tokens to those who prove who they are."""

    def __init__(
        self,
        repository: UserRepository,
        passwords: PasswordHasher,
        tokens: AccessTokens,
        keys: SigningKeys,
        guard: LoginThrottle,
        clock: Clock,
        settings: Settings,
    ) -> None:
        self._repository = repository
        self._passwords = passwords
        self._tokens = tokens
        self._keys = keys
        self._guard = guard
        self._clock = clock
        self._lifetime = settings.refresh_token_lifetime

    def login(self, username_or_email: str, password: str, *, address: str) -> IssuedTokens:
        """Sign in from a network address. Frozen accounts may: they can look, and be paid.

        Whether the account exists shows neither in the answer nor in its time.

        Raises:
            WrongLogin: no account has this name, or its password is another.
            TooManyRequests: the account was tried too often.
            Unavailable: attempts cannot be counted.
        """
        owner = self._repository.owner_of(username_or_email)
        attempt = self._guard.admit_login(owner or folded(username_or_email), address)
        account = self._repository.credentials(owner or NOBODY)
        kept = account.password_hash if account is not None else None
        if not self._passwords.matches(password, kept) or account is None:
            self._guard.failed(attempt)
            raise WrongCredentials
        self._guard.succeeded(attempt)
        now = self._clock()
        token = RefreshToken.first(account.user.id, new_id(now))
        expires_at = now + self._lifetime
        self._repository.add_session(Session.begin(token, epoch=account.session_epoch, expires_at=expires_at))
        return self._grant(account.user, token)

    def refresh(self, text: str) -> IssuedTokens:
        """Exchange a refresh token for the next one and a new access token.

        Raises:
            InvalidRefreshToken: it was never issued, is too old, or its session has ended.
            RefreshTokenReused: it was replaced more than ten seconds ago. Its session is ended now.
        """
        token = RefreshToken.read(text)
        now = self._clock()
        session, user = self._alive(token)
        if session.current == token.digest:
            following = session.rotated(token, self._keys.derived(KEY_PURPOSE)[0], now, expires_at=now + self._lifetime)
            won = self._repository.replace_session(session, following)
            session, user = (following, user) if won else self._alive(token)
        successor = session.successor_of(token, self._keys.derived(KEY_PURPOSE), now)
        if successor is None:
            self._repository.end_session(token.user_id, token.family)
            raise RefreshTokenReused
        return self._grant(user, successor)

    def logout(self, text: str) -> None:
        """End the session of a refresh token; nothing happens where there is none."""
        try:
            token = RefreshToken.read(text)
        except InvalidRefreshToken:
            return
        self._repository.end_session(token.user_id, token.family)

    def change_password(self, actor: Actor, *, current: str, new: str) -> None:
        """Replace the actor's password and end all sessions; access tokens run out by themselves.

        Raises:
            Unprocessable: the new password breaks a rule.
            WrongPassword: the present password is another.
            TooManyRequests: the present password was tried too often.
            NoSuchUser: the account does not exist any more.
        """
        checks = Checks()
        checks.read("new_password", not_common, checks.read("new_password", of_good_length, new))
        checks.on_condition_failed()
        attempt = self._guard.admit_password(actor.user_id)
        account = self._repository.credentials(actor.user_id)
        if account is None:
            raise UserNotFound
        if not self._passwords.matches(current, account.password_hash):
            self._guard.failed(attempt)
            raise WrongPassword
        self._guard.succeeded(attempt)
        try:
            self._repository.change_password(account, self._passwords.hash(new))
        except OptimisticLockError:
            raise WrongPassword from None

    def _alive(self, token: RefreshToken) -> tuple[Session, User]:
        """The token's session and its owner, while the session lasts."""
        session, account = self._repository.session_with_owner(token.user_id, token.family)
        if session is None or account is None or session.is_over(self._clock(), account.session_epoch):
            raise InvalidRefreshToken
        return session, account.user

    def _grant(self, user: User, refresh: RefreshToken) -> IssuedTokens:
        return IssuedTokens(user, self._tokens.issue(user.as_actor()), refresh)
