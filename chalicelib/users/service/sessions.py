"""Sign in, refresh and end sessions, change the password."""

from dataclasses import dataclass, field
from functools import partial
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.api.signing_keys import SigningKeys
from chalicelib.api.tokens import AccessToken, AccessTokens
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.observability.logging import logger
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock, to_millis
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.ids import new_id
from chalicelib.shared.settings import Settings
from chalicelib.users.domain.field_rules import FieldValidator, login_name
from chalicelib.users.domain.known_network import Networks, is_known, with_sign_in
from chalicelib.users.domain.passwords import reject_common, reject_own_names, validate_length
from chalicelib.users.domain.session import (
    KEY_PURPOSE,
    InvalidRefreshToken,
    RefreshToken,
    RefreshTokenReused,
    Session,
    revocation_ms,
)
from chalicelib.users.domain.user import Credentials, User, UserNotFound, WrongCredentials, WrongPassword
from chalicelib.users.repository import NONEXISTENT_USER_ID, UserRepository
from chalicelib.users.service.login_throttle import LoginThrottle
from chalicelib.users.service.passwords import PasswordHasher
from chalicelib.users.service.ports import AccountEvent, AccountEventKind, AccountPorts

_NOT_WRITTEN: Final = (ClientError, BotoCoreError, Unavailable)


@dataclass(frozen=True, slots=True)
class IssuedTokens:
    user: User
    access: AccessToken = field(repr=False)
    refresh: RefreshToken = field(repr=False)


class SessionService:
    def __init__(
        self,
        repository: UserRepository,
        passwords: PasswordHasher,
        tokens: AccessTokens,
        keys: SigningKeys,
        login_throttle: LoginThrottle,
        ports: AccountPorts,
        real_time: Clock,
        settings: Settings,
    ) -> None:
        self._repository = repository
        self._passwords = passwords
        self._tokens = tokens
        self._keys = keys
        self._login_throttle = login_throttle
        self._revocation = ports.revocation
        self._log = ports.log
        self._real_time = real_time
        self._lifetime = settings.refresh_token_lifetime

    def login(self, username_or_email: str, password: str, *, address: str, request_id: str = "") -> IssuedTokens:
        """Sign in from a network address. Frozen accounts may sign in.

        A sign-in from a network that is not known to an account that was used from others is an entry of the audit
        log, in the transaction of the session.

        Neither the response nor its timing reveals whether the account exists.

        Raises:
            Unprocessable: the name is longer than any username or email.
            WrongCredentials: no account has this name, it is disabled, or the password is wrong.
            TooManyRequests: too many attempts with this name, or from this network; see `LoginThrottle`.
            Unavailable: the attempt cannot be counted.
        """
        fields = FieldValidator()
        name = fields.validate("username", login_name, username_or_email)
        fields.raise_if_invalid()
        asked_ms = to_millis(self._real_time())
        user_id = self._repository.owner_of(name)
        attempt = self._login_throttle.admit_login(name, address)
        account = self._repository.credentials(user_id or NONEXISTENT_USER_ID)
        if account is not None and account.user.is_disabled:  # indistinguishable from no account
            account = None
        now = self._real_time()
        known = account.known_networks if account is not None else ()
        network = self._login_throttle.network_digest(attempt, user_id or NONEXISTENT_USER_ID)
        from_known_network = is_known(known, network, now)
        if not from_known_network:
            attempt = self._login_throttle.admit_stranger(attempt)
        stored_hash = account.password_hash if account is not None else None
        if not self._passwords.verify(password, stored_hash) or account is None:
            self._login_throttle.record_failure(attempt)
            raise WrongCredentials
        self._login_throttle.record_success(attempt)
        token = RefreshToken.generate(account.user.id, new_id(now))
        session = Session.start(token, epoch=account.session_epoch, expires_at=now + self._lifetime)
        networks = with_sign_in(known, network, now) if self._login_throttle.is_on else None
        if networks and known and not from_known_network:
            self._add_new_sign_in(session, networks, account.user, address, request_id)
        else:
            self._repository.add_session(session, networks)
        return self._issue(account, token, asked_ms)

    def refresh(self, text: str, *, address: str = "", request_id: str = "") -> IssuedTokens:
        """Exchange a refresh token for its successor and a new access token.

        Raises:
            InvalidRefreshToken: the token was never issued, has expired, or its session has ended.
            RefreshTokenReused: the token was replaced more than ten seconds ago; its session has ended.
        """
        token = RefreshToken.parse(text)
        now = self._real_time()
        asked_ms = to_millis(now)
        session, account = self._active_session(token)
        if session.current == token.digest:
            rotated = session.rotated(token, self._keys.derived(KEY_PURPOSE)[0], now, expires_at=now + self._lifetime)
            was_replaced = self._repository.replace_session(session, rotated)
            session, account = (rotated, account) if was_replaced else self._active_session(token)
        successor = session.successor_of(token, self._keys.derived(KEY_PURPOSE), now)
        if successor is None:
            self._end_reused_session(token, account.user, address, request_id)
            raise RefreshTokenReused
        return self._issue(account, successor, asked_ms)

    def logout(self, text: str) -> bool:
        """End the session of a refresh token. Returns False if there is no such session."""
        try:
            token = RefreshToken.parse(text)
        except InvalidRefreshToken:
            return False
        return self._repository.end_session(token.user_id, token.family)

    def change_password(self, actor: Actor, *, current: str, new: str, address: str = "", request_id: str = "") -> None:
        """Replace the actor's password, end all sessions, and revoke all access tokens.

        Until they expire, up to 15 minutes later, revoked tokens can read, but change nothing.

        Raises:
            Unprocessable: the new password breaks a rule.
            WrongPassword: the current password is wrong.
            TooManyRequests: too many attempts with a wrong current password.
            UserNotFound: the account no longer exists.
            TokenRevoked: the actor's token is revoked.
        """
        fields = FieldValidator()
        fields.validate("new_password", reject_common, fields.validate("new_password", validate_length, new))
        fields.raise_if_invalid()
        account = self._repository.credentials(actor.user_id)
        if account is None:
            raise UserNotFound
        attempt = self._login_throttle.admit_password(account, address, self._real_time())
        user = account.user
        fields.validate("new_password", partial(reject_own_names, username=user.username, email=user.email), new)
        fields.raise_if_invalid()
        if not self._passwords.verify(current, account.password_hash):
            self._login_throttle.record_failure(attempt)
            raise WrongPassword
        self._login_throttle.record_success(attempt)
        valid_from = revocation_ms(self._real_time(), account.tokens_valid_from)
        writes = self._repository.writes()
        self._repository.add_password(writes, actor, account, self._passwords.hash(new), valid_from)
        self._revocation.add_revocation(writes, actor.user_id, valid_from)
        self._log.add(writes, AccountEvent(AccountEventKind.PASSWORD_CHANGED, user, address, request_id))
        try:
            writes.commit()
        except OptimisticLockError:
            raise WrongPassword from None

    def add_sign_out(self, writes: WriteTransaction, user_id: str, *, disables: bool = False) -> None:
        """Add the end of a user's sessions, and the revocation of the access tokens; operators ask for it.

        Args:
            writes: the transaction. It raises OptimisticLockError if the sessions have ended in the meantime.
            user_id: the account.
            disables: whether the account cannot sign in any more.

        Raises:
            UserNotFound: no account has this id.
        """
        account = self._repository.credentials(user_id)
        if account is None:
            raise UserNotFound
        valid_from = revocation_ms(self._real_time(), account.tokens_valid_from)
        self._repository.add_sign_out(writes, account, valid_from, disables=disables)
        self._revocation.add_revocation(writes, user_id, valid_from)

    def add_enabling(self, writes: WriteTransaction, user_id: str) -> None:
        """Add that a disabled account may sign in again."""
        self._repository.add_enabling(writes, user_id)

    def _add_new_sign_in(self, session: Session, networks: Networks, user: User, address: str, request_id: str) -> None:
        """Store a session, the network and the entry in the audit log; the session alone if that fails.

        The network then remains unknown, so that the next sign-in from it is recorded.
        """
        event = AccountEvent(AccountEventKind.NEW_SIGN_IN, user, address, request_id)
        try:
            self._repository.add_session(session, networks, lambda writes: self._log.add(writes, event))
        except _NOT_WRITTEN:
            logger().warning("new sign-in not recorded", exc_info=True)
            self._repository.add_session(session)

    def _end_reused_session(self, token: RefreshToken, user: User, address: str, request_id: str) -> None:
        """End a session whose token was used again, with an entry in the audit log; in any case end the session."""
        writes = self._repository.writes()
        try:
            self._repository.add_session_end(writes, token.user_id, token.family)
            self._log.add(writes, AccountEvent(AccountEventKind.REFRESH_TOKEN_REUSED, user, address, request_id))
            writes.commit()
        except OptimisticLockError:  # another request has ended it
            return
        except _NOT_WRITTEN:
            logger().warning("reuse of a refresh token not recorded", exc_info=True)
            self._repository.end_session(token.user_id, token.family)

    def _active_session(self, token: RefreshToken) -> tuple[Session, Credentials]:
        """Return the token's session and its owner.

        Raises:
            InvalidRefreshToken: there is no such session, it has expired, or the account is disabled.
        """
        session, account = self._repository.session_with_owner(token.user_id, token.family)
        if session is None or account is None or session.is_expired(self._real_time(), account.session_epoch):
            raise InvalidRefreshToken
        if account.user.is_disabled:
            raise InvalidRefreshToken
        return session, account

    def _issue(self, account: Credentials, refresh: RefreshToken, asked_ms: int) -> IssuedTokens:
        """Issue a token as of the request: what the account was read with may have changed since."""
        actor = account.user.as_actor(issued_ms=max(asked_ms, account.tokens_valid_from))
        return IssuedTokens(account.user, self._tokens.issue(actor), refresh)
