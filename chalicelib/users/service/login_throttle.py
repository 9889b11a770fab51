"""Limit password attempts and registrations, without locking out an account's owner.

Failures are counted by what was submitted, never by the account behind it, so that the limits don't reveal which email
belongs to a username. Counters hold keyed digests of names and networks. A network is an IPv4 /24 or an IPv6 /64.

1. A *pair* of submitted name and network may make five attempts a minute (``THROTTLE_AUTH``). From the fifth failure it
   waits one minute, then two, four, up to fifteen. An hour without failures resets the count.
2. A network from which the user has signed in during the last 30 days is *known*: rules 3 and 4 do not apply to it.
3. A *network* waits in the same way from its 20th failure, with whatever names.
4. A *name* may make 50 attempts an hour from networks that are not known; successful ones are not counted. Beyond
   that, each network (of IPv6 addresses: /48) has to wait a minute after its first attempt, which is rejected
   unchecked, and an hour after each further one. So strangers with N networks make up to 50 + N guesses an hour, and
   the owner signs in with the right password from any network.

Wrong current passwords follow the same rules, with the account in place of the name.

Each address may also make five requests a minute to the routes of sign-in and registration together.
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final

from chalicelib.api.rate_limiting.fixed_window import IdentifierHasher, LimitExceeded, network_of
from chalicelib.api.rate_limiting.sliding_window import (
    AdmittedRequest,
    Backoff,
    LimitRule,
    PauseRule,
    SlidingWindowLimiter,
)
from chalicelib.shared.settings import Limit, Settings
from chalicelib.users.domain.known_network import is_known
from chalicelib.users.domain.user import Credentials

_PAIR_BACKOFF: Final = Backoff(tolerated=5)
_NETWORK_BACKOFF: Final = Backoff(tolerated=20)
_STRANGERS: Final = Limit(50, 3600)
_UNDONE_FROM: Final = _STRANGERS.requests // 2
"""With this many attempts left or fewer, a success undoes its count; before, that would only cost a round trip."""
_IPV4_BITS: Final = 24
_SITE_IPV6_BITS: Final = 48


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """An admitted attempt whose result is not known yet.

    Args:
        subject: the digest by which failures are counted: of the name and network.
        admitted: its count; None if the limits are switched off.
        name: the submitted name in normalised form; inside a session, the account.
        network: the network; empty if the attempt came from no network.
        site: the network, wider for IPv6, that pauses while the name is under attack.
        network_failures: the failures of the network before it.
        counted: the count by name, of an attempt from a network that is not known.
    """

    rule: LimitRule
    subject: str
    admitted: AdmittedRequest | None
    name: str = ""
    network: str = ""
    site: str = ""
    network_failures: int = 1
    counted: AdmittedRequest | None = None


class LoginThrottle:
    """Admits attempts and records their results."""

    def __init__(self, limiter: SlidingWindowLimiter, hasher: IdentifierHasher, settings: Settings) -> None:
        self._limiter = limiter
        self._hasher = hasher
        self._address = LimitRule("auth", settings.throttle_auth)
        self._pair = LimitRule("login", settings.throttle_auth, _PAIR_BACKOFF)
        self._network = LimitRule("network", settings.throttle_auth, _NETWORK_BACKOFF)
        self._strangers = LimitRule("strangers", _STRANGERS if settings.throttle_auth.requests else Limit(0, 1))
        self._pause = PauseRule("pause", first_seconds=60, next_seconds=3600)
        self._password = LimitRule("password", settings.throttle_auth, _PAIR_BACKOFF)
        self._register = LimitRule("register", settings.throttle_auth)

    @property
    def is_on(self) -> bool:
        return bool(self._pair.limit.requests)

    def admit_address(self, address: str) -> AdmittedRequest | None:
        """Count an authentication request by its network address, before the database is read.

        Raises:
            LimitExceeded: the address has to wait.
            Unavailable: the attempt cannot be counted, and is not admitted.
        """
        return self._limiter.admit(self._address, self._hasher.of_address(address))

    def admit_login(self, name: str, address: str) -> LoginAttempt:
        """Count a sign-in attempt by the submitted name, in normalised form, and the network.

        Raises:
            LimitExceeded: this pair has to wait.
            Unavailable: the attempt cannot be counted, and is not admitted.
        """
        return self._admit(self._pair, name, address)

    def network_digest(self, attempt: LoginAttempt, user_id: str) -> str:
        """Return the digest by which a user's profile remembers the network of an attempt."""
        return self._hasher.of(f"{user_id}\n{attempt.network}")

    def admit_stranger(self, attempt: LoginAttempt) -> LoginAttempt:
        """Count an attempt from a network that is not known. Raises as ``admit_login``."""
        if attempt.admitted is None:
            return attempt
        failures = self._limiter.check_failures(self._network, self._hasher.of(attempt.network))
        try:
            counted = self._limiter.admit(self._strangers, self._hasher.of(attempt.name))
        except LimitExceeded:
            self._limiter.admit_after_pause(self._pause, self._hasher.of(f"{attempt.name}\n{attempt.site}"))
            counted = None
        return replace(attempt, network_failures=failures, counted=counted)

    def admit_password(self, account: Credentials, address: str, now: datetime) -> LoginAttempt:
        """Count an attempt to confirm the current password, by account and network, with the rules of a sign-in.

        So the holder of a stolen token does not keep the owner from changing the password. Raises as ``admit_login``.
        """
        user_id = account.user.id
        attempt = self._admit(self._password, f"password\n{user_id}", address)
        is_stranger = not is_known(account.known_networks, self.network_digest(attempt, user_id), now)
        return self.admit_stranger(attempt) if is_stranger else attempt

    def _admit(self, rule: LimitRule, name: str, address: str) -> LoginAttempt:
        network = network_of(address, ipv4_bits=_IPV4_BITS)
        site = network_of(address, ipv4_bits=_IPV4_BITS, ipv6_bits=_SITE_IPV6_BITS)
        subject = self._hasher.of(f"{name}\n{network}")
        return LoginAttempt(rule, subject, self._limiter.admit(rule, subject), name, network, site)

    def admit_registration(self, email: str) -> None:
        """Count a registration by its email address. Raises as ``admit_login``."""
        self._limiter.admit(self._register, self._hasher.of(email))

    def record_failure(self, attempt: LoginAttempt) -> None:
        if attempt.admitted is None:
            return
        self._limiter.record_failure(attempt.rule, attempt.subject, before=attempt.admitted.failures)
        if attempt.network:
            network = self._hasher.of(attempt.network)
            self._limiter.record_failure(self._network, network, before=attempt.network_failures)

    def record_success(self, attempt: LoginAttempt) -> None:
        """Forget the failures of a known network's pair; undo the count of an attempt from another network.

        Where the count is undone, the failures of the pair stay until they are an hour old, which saves a round trip.
        """
        if attempt.counted is None:
            self._limiter.forget_failures(attempt.rule, attempt.subject, attempt.admitted)
        elif attempt.counted.state.remaining <= _UNDONE_FROM:
            self._limiter.undo_admission(self._strangers, self._hasher.of(attempt.name), attempt.counted)
