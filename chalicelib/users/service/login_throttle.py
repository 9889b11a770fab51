"""How often somebody may try a password or open accounts: by account here, by address at the edge of the API.

Five attempts a minute for each account and each address (`THROTTLE_AUTH`). From its fifth failure on, an
account rests for a minute, then two, four, up to fifteen; an address from its twentieth; an hour without one
wipes the slate. An address from which its owner has signed in lately does not wait for the failures of
strangers: nobody can lock an owner out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from chalicelib.api.rate_limiting.fixed_window import IdentifierHasher
from chalicelib.api.rate_limiting.sliding_window import AdmittedRequest, Backoff, LimitRule, SlidingWindowLimiter
from chalicelib.shared.settings import Settings

AN_ACCOUNT: Final = Backoff(tolerated=5)
AN_ADDRESS: Final = Backoff(tolerated=20)


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """One attempt to give a secret, which will end in success or failure."""

    rule: LimitRule
    subject: str
    address: str | None
    admission: AdmittedRequest | None


class LoginThrottle:
    """Admits attempts and learns from how they end."""

    def __init__(self, limiter: SlidingWindowLimiter, pseudonyms: IdentifierHasher, settings: Settings) -> None:
        self._limiter = limiter
        self._pseudonyms = pseudonyms
        self._address = LimitRule("auth", settings.throttle_auth, AN_ADDRESS)
        self._login = LimitRule("login", settings.throttle_auth, AN_ACCOUNT)
        self._password = LimitRule("password", settings.throttle_auth, AN_ACCOUNT)
        self._register = LimitRule("register", settings.throttle_auth)

    def admit_address(self, address: str) -> AdmittedRequest | None:
        """Count a call of the sign-in kind by its network address. The edge does so before anything is read.

        Raises:
            LimitExceeded: the address has to wait.
            Unavailable: counting failed; nobody passes then.
        """
        return self._limiter.admit(self._address, self._pseudonyms.of_address(address))

    def admit_login(self, account: str, address: str) -> LoginAttempt:
        """Count an attempt to sign in to an account: its id, or what was typed where there is none.

        Raises:
            LimitExceeded: the account has to wait.
            Unavailable: counting failed; nobody passes then.
        """
        return self._attempt(self._login, self._pseudonyms.of(account), self._pseudonyms.of_address(address))

    def admit_password(self, user_id: str) -> LoginAttempt:
        """Count an attempt to give the present password again. Raises as `admit_login`."""
        return self._attempt(self._password, self._pseudonyms.of(user_id), None)

    def admit_registration(self, email: str) -> None:
        """Count a registration by its e-mail. Raises as `admit_login`."""
        self._limiter.admit(self._register, self._pseudonyms.of(email))

    def failed(self, attempt: LoginAttempt) -> None:
        """The secret was wrong: the account's wait grows, and that of the address."""
        if attempt.admission is None:
            return
        self._limiter.record_failure(attempt.rule, attempt.subject)
        if attempt.address is not None:
            self._limiter.record_failure(self._address, attempt.address)

    def succeeded(self, attempt: LoginAttempt) -> None:
        """The secret was right: the account's failures are forgotten, the address is known from now on."""
        self._limiter.record_success(attempt.rule, attempt.subject, attempt.admission, trusted=attempt.address)

    def _attempt(self, rule: LimitRule, subject: str, address: str | None) -> LoginAttempt:
        return LoginAttempt(rule, subject, address, self._limiter.admit(rule, subject, trusted=address))
