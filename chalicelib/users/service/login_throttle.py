"""Limit password attempts and registrations per account and per network address.

Each account and each address may make five attempts a minute (``THROTTLE_AUTH``). From the fifth failure an account
waits one minute, then two, four, up to fifteen; an address from the twentieth. An hour without failures resets the
count. An address from which the owner has recently signed in does not wait because of others' failures, so an attacker
cannot lock an owner out.
"""

from dataclasses import dataclass
from typing import Final

from chalicelib.api.rate_limiting.fixed_window import IdentifierHasher
from chalicelib.api.rate_limiting.sliding_window import AdmittedRequest, Backoff, LimitRule, SlidingWindowLimiter
from chalicelib.shared.settings import Settings

_ACCOUNT_BACKOFF: Final = Backoff(tolerated=5)
_ADDRESS_BACKOFF: Final = Backoff(tolerated=20)


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """An admitted attempt whose result is not known yet."""

    rule: LimitRule
    subject: str
    address: str | None
    admission: AdmittedRequest | None


class LoginThrottle:
    """Admits attempts and records their results."""

    def __init__(self, limiter: SlidingWindowLimiter, hasher: IdentifierHasher, settings: Settings) -> None:
        self._limiter = limiter
        self._hasher = hasher
        self._address = LimitRule("auth", settings.throttle_auth, _ADDRESS_BACKOFF)
        self._login = LimitRule("login", settings.throttle_auth, _ACCOUNT_BACKOFF)
        self._password = LimitRule("password", settings.throttle_auth, _ACCOUNT_BACKOFF)
        self._register = LimitRule("register", settings.throttle_auth)

    def admit_address(self, address: str) -> AdmittedRequest | None:
        """Count an authentication request by its network address, before the database is read.

        Raises:
            LimitExceeded: the address has to wait.
            Unavailable: the attempt cannot be counted, and is not admitted.
        """
        return self._limiter.admit(self._address, self._hasher.of_address(address))

    def admit_login(self, account: str, address: str) -> LoginAttempt:
        """Count a sign-in attempt by account id, or by the given login name if there is no account.

        Raises:
            LimitExceeded: the account has to wait.
            Unavailable: the attempt cannot be counted, and is not admitted.
        """
        return self._attempt(self._login, self._hasher.of(account), self._hasher.of_address(address))

    def admit_password(self, user_id: str) -> LoginAttempt:
        """Count an attempt to confirm the current password. Raises as ``admit_login``."""
        return self._attempt(self._password, self._hasher.of(user_id), None)

    def admit_registration(self, email: str) -> None:
        """Count a registration by its email address. Raises as ``admit_login``."""
        self._limiter.admit(self._register, self._hasher.of(email))

    def record_failure(self, attempt: LoginAttempt) -> None:
        if attempt.admission is None:
            return
        self._limiter.record_failure(attempt.rule, attempt.subject)
        if attempt.address is not None:
            self._limiter.record_failure(self._address, attempt.address)

    def record_success(self, attempt: LoginAttempt) -> None:
        """Reset the failures of the account and trust the address."""
        self._limiter.record_success(attempt.rule, attempt.subject, attempt.admission, trusted=attempt.address)

    def _attempt(self, rule: LimitRule, subject: str, address: str | None) -> LoginAttempt:
        return LoginAttempt(rule, subject, address, self._limiter.admit(rule, subject, trusted=address))
