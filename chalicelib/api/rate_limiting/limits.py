"""The rate limit of each request: exact for money and passwords, approximate elsewhere."""

from collections.abc import Callable
from enum import Enum

from chalicelib.api.rate_limiting.fixed_window import FixedWindowLimiter, IdentifierHasher, RateLimitState
from chalicelib.api.rate_limiting.sliding_window import AdmittedRequest, LimitRule, SlidingWindowLimiter
from chalicelib.api.tokens import ExpiredToken
from chalicelib.shared.actor import Actor
from chalicelib.shared.errors import Unauthenticated
from chalicelib.shared.settings import Settings


class RateLimitPolicy(Enum):
    """The limit that an endpoint counts against.

    GENERAL counts by user, and without one by network address, MONEY exactly by user, AUTH exactly by address.
    """

    NEVER = "never"
    GENERAL = "general"
    MONEY = "money"
    AUTH = "auth"


class RateLimits:
    """Applies the policy of an endpoint.

    Args:
        admit_address: counts a sign-in attempt from a network address.
        sliding_window: the exact limiter.
        fixed_window: the approximate limiter.
        identifiers: hashes addresses before they are stored.
    """

    def __init__(
        self,
        admit_address: Callable[[str], AdmittedRequest | None],
        sliding_window: SlidingWindowLimiter,
        fixed_window: FixedWindowLimiter,
        identifiers: IdentifierHasher,
        settings: Settings,
    ) -> None:
        self._admit_address = admit_address
        self._sliding_window = sliding_window
        self._fixed_window = fixed_window
        self._identifiers = identifiers
        self._settings = settings
        self._money = LimitRule("money", settings.throttle_rate)

    def admit(self, policy: RateLimitPolicy, actor: Actor | None, address: str) -> RateLimitState | None:
        """Count a request; None if it has no limit.

        Raises:
            LimitExceeded: the limit is used up.
            Unavailable: an exact limit cannot be counted.
        """
        if policy is RateLimitPolicy.NEVER:
            return None
        if policy is RateLimitPolicy.AUTH:
            admitted = self._admit_address(address)
        elif actor is None:
            return self.admit_anonymous(address)
        elif policy is RateLimitPolicy.MONEY:
            admitted = self._sliding_window.admit(self._money, actor.user_id)
        else:
            return self._fixed_window.admit("user", self._settings.throttle_user, actor.user_id)
        return admitted.state if admitted else None

    def admit_anonymous(self, address: str) -> RateLimitState | None:
        """Count a request without a known caller by its network address. Raises as ``admit``."""
        return self._fixed_window.admit("anon", self._settings.throttle_anon, self._identifiers.of_address(address))

    def admit_session(self, session_id: str) -> RateLimitState | None:
        """Count a request for one session, with the limit of an anonymous caller. Raises as ``admit``."""
        return self._fixed_window.admit("session", self._settings.throttle_anon, self._identifiers.of(session_id))

    def admit_unauthenticated(self, error: Unauthenticated, address: str) -> RateLimitState | None:
        """Count a rejected request: by user if its token was valid until recently, else as an anonymous one.

        Raises as ``admit``.
        """
        if isinstance(error, ExpiredToken):
            return self._fixed_window.admit("user", self._settings.throttle_user, error.user_id)
        return self.admit_anonymous(address)
