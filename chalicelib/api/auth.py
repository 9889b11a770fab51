"""The gate of the API: who calls, by the access token, and whether it may call now, by the limits."""

from __future__ import annotations

from collections.abc import Callable

from chalicelib.api.rate_limiting.fixed_window import FixedWindowLimiter, IdentifierHasher, RateLimitState
from chalicelib.api.rate_limiting.sliding_window import AdmittedRequest, LimitRule, SlidingWindowLimiter
from chalicelib.api.routing import RateLimitPolicy
from chalicelib.api.tokens import AccessTokens
from chalicelib.shared.actor import Actor
from chalicelib.shared.settings import Settings


class PlatformGate:
    """Strict where money or passwords are at stake, cheap elsewhere."""

    def __init__(
        self,
        tokens: AccessTokens,
        admit_address: Callable[[str], AdmittedRequest | None],
        strict: SlidingWindowLimiter,
        cheap: FixedWindowLimiter,
        pseudonyms: IdentifierHasher,
        settings: Settings,
    ) -> None:
        self._tokens = tokens
        self._admit_address = admit_address
        self._strict = strict
        self._cheap = cheap
        self._pseudonyms = pseudonyms
        self._settings = settings
        self._money = LimitRule("money", settings.throttle_rate)

    def identify(self, token: str) -> Actor:
        """The actor of an access token.

        Raises:
            Unauthenticated: the token is forged, expired, or not for us.
        """
        return self._tokens.identify(token)

    def admit(self, limited: RateLimitPolicy, actor: Actor | None, address: str) -> RateLimitState | None:
        """Count a request against its limit; None where there is no limit.

        Raises:
            LimitExceeded: the limit is used up.
            Unavailable: a strict limit can't be counted, so nobody passes.
        """
        if limited is RateLimitPolicy.NEVER:
            return None
        if limited is RateLimitPolicy.AUTH:
            return _quota(self._admit_address(address))
        if actor is None:
            return self._cheap.admit("anon", self._settings.throttle_anon, self._pseudonyms.of_address(address))
        if limited is RateLimitPolicy.MONEY:
            return _quota(self._strict.admit(self._money, actor.user_id))
        return self._cheap.admit("user", self._settings.throttle_user, actor.user_id)


def _quota(admission: AdmittedRequest | None) -> RateLimitState | None:
    return admission.quota if admission else None
