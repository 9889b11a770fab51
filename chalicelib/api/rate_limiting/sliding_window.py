"""Rate limits that are exact under any concurrency: one item per subject, one conditional write per request.

The item stores the times of the last N accepted requests, as attributes ``t0`` (the newest) to ``t{N-1}``. A request
shifts them by one place and stores its own time in front, on condition that the one that drops out is older than the
window. So the k-th and the (k+N)-th accepted request are always a window apart, and by the pigeonhole principle no
span of that length contains more than N, wherever it begins. (A counter that restarts when its window ends admits up
to 2N around that end.)

A rejected request writes nothing, so further attempts do not prolong the wait. Failed sign-ins are stored in the same
item: each one above the tolerated number doubles the wait, and the condition rejects requests meanwhile. A pause is an
item with the time from which one request is admitted. The SDK does not retry these writes, because a retry after a lost
response would count twice. If DynamoDB does not respond, every request is rejected.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from functools import cache
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.expressions.condition import Condition

from chalicelib.api.rate_limiting.fixed_window import LimitExceeded, RateLimitState
from chalicelib.dynamodb.attributes import IntegerAttribute, RawItem, TextAttribute
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.expressions import Expression, PreparedCondition, PreparedUpdate, number, placeholder
from chalicelib.dynamodb.model import Item, item_exists
from chalicelib.shared.clock import Clock, to_millis
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import Limit

MOST_MOMENTS: Final = 100
_RECORD_ATTEMPTS: Final = 3


class _LimitItem(Item):
    class Meta:
        table_name = "operations"

    pk = TextAttribute(hash_key=True)
    failures = IntegerAttribute(null=True)
    failed_at = IntegerAttribute(null=True)
    paused_until = IntegerAttribute(null=True)
    expires_at = IntegerAttribute(null=True)


_FAILED_NOW: Final = (_LimitItem.failed_at.set(placeholder("now")), _LimitItem.expires_at.set(placeholder("expiry")))
_COUNT_FAILURE: Final = PreparedUpdate(_LimitItem.failures.set(_LimitItem.failures + 1), *_FAILED_NOW)
_COUNT_FIRST_FAILURE: Final = PreparedUpdate(_LimitItem.failures.set(1), *_FAILED_NOW)
_FAILED_SINCE: Final = PreparedCondition(_LimitItem.failed_at > placeholder("long_ago"))
_NOT_FAILED_SINCE: Final = PreparedCondition(
    _LimitItem.failed_at.does_not_exist() | (_LimitItem.failed_at <= placeholder("long_ago"))
)
_FORGET_FAILURES: Final = PreparedUpdate(_LimitItem.failures.remove(), _LimitItem.failed_at.remove())
_NEWEST_IS: Final = PreparedCondition(number("t0") == placeholder("moment"))
_PAUSE: Final = PreparedUpdate(
    _LimitItem.paused_until.set(placeholder("until")), _LimitItem.expires_at.set(placeholder("expiry"))
)
_PAUSE_IS_OVER: Final = PreparedCondition(_LimitItem.paused_until.between(placeholder("long_ago"), placeholder("now")))
_NO_RECENT_PAUSE: Final = PreparedCondition(
    _LimitItem.paused_until.does_not_exist() | (_LimitItem.paused_until < placeholder("long_ago"))
)


@dataclass(frozen=True, slots=True)
class Backoff:
    """The wait after failures: after ``tolerated`` of them each doubles the wait, up to the longest.

    A failure more than ``forgotten_after_seconds`` after the previous one counts as the first.
    """

    tolerated: int
    first_wait_seconds: int = 60
    longest_wait_seconds: int = 900
    forgotten_after_seconds: int = 3600

    def steps(self) -> tuple[tuple[int, int], ...]:
        """Return pairs of a number of failures and the wait in seconds after the last of them."""
        found: list[tuple[int, int]] = []
        wait = self.first_wait_seconds
        while wait < self.longest_wait_seconds:
            found.append((self.tolerated + len(found), wait))
            wait *= 2
        return (*found, (self.tolerated + len(found), self.longest_wait_seconds))

    def wait_after(self, failures: int) -> int:
        """Return the wait in seconds after a number of consecutive failures."""
        return max((wait for count, wait in self.steps() if failures >= count), default=0)


@dataclass(frozen=True, slots=True)
class LimitRule:
    """A limit with its name, and a slowdown if it protects a secret."""

    name: str
    limit: Limit
    slowdown: Backoff | None = None

    @property
    def moments(self) -> int:
        """The number of requests that the item stores.

        A limit above 100 is stored as N/k requests in a k-th of the window: never looser, but it allows shorter bursts.
        """
        return self.limit.requests // self._parts

    @property
    def window_millis(self) -> int:
        """The window of these requests, in milliseconds."""
        return -(-self.limit.seconds * 1000 // self._parts)

    @property
    def _parts(self) -> int:
        return -(-self.limit.requests // MOST_MOMENTS)


@dataclass(frozen=True, slots=True)
class PauseRule:
    """A pause before each request of a subject: short before the first one, long after each that was admitted."""

    name: str
    first_seconds: int
    next_seconds: int


@dataclass(frozen=True, slots=True)
class AdmittedRequest:
    """An admitted request: the state of the limit, the failures before it, and its time in milliseconds."""

    state: RateLimitState
    failures: int
    moment: int


class SlidingWindowLimiter:
    """Counts in the table `operations`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def admit(self, rule: LimitRule, subject: str) -> AdmittedRequest | None:
        """Count one request of a subject; None if the rule is switched off.

        Raises:
            LimitExceeded: the window is full, or the subject must wait because of failures.
            Unavailable: DynamoDB does not respond.
        """
        if not rule.limit.requests:
            return None
        now = to_millis(self._clock())
        item = self._update(
            rule.name,
            subject,
            _admission(rule, now),
            _admission_condition(rule, now),
            lambda old: LimitExceeded(_exhausted(rule, old or {}, now)),
        )
        return AdmittedRequest(_quota(rule, item, now), _number(item, "failures"), now)

    def undo_admission(self, rule: LimitRule, subject: str, admitted: AdmittedRequest) -> None:
        """Undo the count of an admitted request, unless another one has been admitted since."""
        with suppress(OptimisticLockError, Unavailable):  # the count is too high by one until the window has passed
            self._update(rule.name, subject, _prepared_undo(rule.moments)(), _NEWEST_IS(moment=admitted.moment))

    def check_failures(self, rule: LimitRule, subject: str) -> int:
        """Return the failures of a subject, without counting a request.

        Raises:
            LimitExceeded: the subject must wait because of its failures.
            Unavailable: DynamoDB does not respond.
        """
        if rule.slowdown is None:
            return 0
        now = to_millis(self._clock())
        try:
            item = self._database.get(_LimitItem, _key(rule.name, subject), consistent=True)
        except (ClientError, BotoCoreError) as error:
            raise Unavailable from error
        failures, failed_at = (item.failures or 0, item.failed_at or 0) if item else (0, 0)
        wait_millis = failed_at + rule.slowdown.wait_after(failures) * 1000 - now
        if failures and wait_millis > 0:
            raise LimitExceeded(RateLimitState(rule.name, _shown(rule), 0, _whole_seconds(wait_millis)))
        return failures

    def admit_after_pause(self, rule: PauseRule, subject: str) -> None:
        """Admit one request after each pause. The first request starts the pause; later ones do not prolong it.

        Raises:
            LimitExceeded: the pause has begun or is not over.
            Unavailable: DynamoDB does not respond.
        """
        now = to_millis(self._clock())
        long_ago = now - rule.next_seconds * 1000
        expiry = now // 1000 + 2 * rule.next_seconds
        paused_until = 0

        def remember(old: RawItem | None) -> Exception:
            nonlocal paused_until
            paused_until = _number(old or {}, "paused_until")
            return OptimisticLockError()

        with suppress(OptimisticLockError):
            next_pause = _PAUSE(until=now + rule.next_seconds * 1000, expiry=expiry)
            self._update(rule.name, subject, next_pause, _PAUSE_IS_OVER(long_ago=long_ago, now=now), remember)
            return
        if paused_until < long_ago:
            paused_until = now + rule.first_seconds * 1000
            with suppress(OptimisticLockError):  # a concurrent request has begun the pause
                first_pause = _PAUSE(until=paused_until, expiry=expiry)
                self._update(rule.name, subject, first_pause, _NO_RECENT_PAUSE(long_ago=long_ago))
        wait_seconds = _whole_seconds(paused_until - now)
        state = RateLimitState(rule.name, Limit(1, rule.next_seconds), 0, wait_seconds)
        raise LimitExceeded(state, "Too many failed attempts. Wait before you try again.")

    def record_failure(self, rule: LimitRule, subject: str, *, before: int = 1) -> None:
        """Record a wrong secret. ``before`` is the number of failures that was read, to try the likely case first.

        Raises:
            Unavailable: DynamoDB does not respond.
        """
        if not rule.limit.requests or rule.slowdown is None:
            return
        now = to_millis(self._clock())
        expiry = now // 1000 + 60 + _remembered_seconds(rule)
        long_ago = now - rule.slowdown.forgotten_after_seconds * 1000
        another = (_COUNT_FAILURE(now=now, expiry=expiry), _FAILED_SINCE(long_ago=long_ago))
        first = (_COUNT_FIRST_FAILURE(now=now, expiry=expiry), _NOT_FAILED_SINCE(long_ago=long_ago))
        for change, condition in ((another, first) if before else (first, another)) * _RECORD_ATTEMPTS:
            with suppress(OptimisticLockError):
                self._update(rule.name, subject, change, condition)
                return
        raise Unavailable

    def forget_failures(self, rule: LimitRule, subject: str, admitted: AdmittedRequest | None) -> None:
        """Forget the failures before an admitted request; writes only if there are any.

        Raises:
            Unavailable: DynamoDB does not respond.
        """
        if admitted is not None and admitted.failures:
            with suppress(OptimisticLockError):  # the item has expired: there are no failures to forget
                self._update(rule.name, subject, _FORGET_FAILURES(), item_exists(_LimitItem))

    def _update(
        self,
        name: str,
        subject: str,
        change: Expression,
        condition: Expression,
        on_condition_failed: Callable[[RawItem | None], Exception] | None = None,
    ) -> RawItem:
        """Update the subject's item without a retry by the SDK, and return it as it is afterwards."""
        item = _LimitItem(_key(name, subject))
        try:
            return self._database.update(
                item, change, when=condition, on_condition_failed=on_condition_failed, retry=False
            )
        except (ClientError, BotoCoreError) as error:
            raise Unavailable from error


def _key(name: str, subject: str) -> str:
    return f"LIMIT#{name}#{subject}"


def _remembered_seconds(rule: LimitRule) -> int:
    """Return the time after which nothing in an item counts any more."""
    window_seconds = -(-rule.window_millis // 1000)
    if rule.slowdown is None:
        return window_seconds
    return max(window_seconds, rule.slowdown.forgotten_after_seconds, rule.slowdown.longest_wait_seconds)


def _admission(rule: LimitRule, now: int) -> Expression:
    return _prepared_admission(rule.moments)(now=now, expiry=now // 1000 + 60 + _remembered_seconds(rule))


@cache
def _prepared_admission(moments: int) -> PreparedUpdate:
    """Shift the moments by one place and put the present one in front."""
    shifts = [number(f"t{place}").set(number(f"t{place - 1}") | 0) for place in range(1, moments)]
    newest, expiry = number("t0").set(placeholder("now")), _LimitItem.expires_at.set(placeholder("expiry"))
    return PreparedUpdate(newest, *shifts, expiry)


@cache
def _prepared_undo(moments: int) -> PreparedUpdate:
    """Shift the moments back by one place, so that the newest one is dropped."""
    shifts = [number(f"t{place}").set(number(f"t{place + 1}") | 0) for place in range(moments - 1)]
    return PreparedUpdate(*shifts, number(f"t{moments - 1}").set(0))


def _admission_condition(rule: LimitRule, now: int) -> Expression:
    steps = rule.slowdown.steps() if rule.slowdown else ()
    waits = {f"since{step}": now - wait * 1000 for step, (_, wait) in enumerate(steps)}
    return _prepared_admission_condition(rule.moments, steps)(start=now - rule.window_millis, **waits)


@cache
def _prepared_admission_condition(moments: int, steps: tuple[tuple[int, int], ...]) -> PreparedCondition:
    """The oldest moment is outside the window and no wait is running."""
    oldest = number(f"t{moments - 1}")
    condition: Condition = oldest.does_not_exist() | (oldest <= placeholder("start"))
    for step, (failures, _) in enumerate(steps):
        no_wait = _LimitItem.failures.does_not_exist() | (_LimitItem.failures < failures)
        condition &= no_wait | (_LimitItem.failed_at <= placeholder(f"since{step}"))
    return PreparedCondition(condition)


def _quota(rule: LimitRule, item: RawItem, now: int) -> RateLimitState:
    moments = [_number(item, f"t{place}") for place in range(rule.moments)]
    counting = [moment for moment in moments if moment > now - rule.window_millis]
    reset_millis = min(counting, default=now) + rule.window_millis - now
    return RateLimitState(rule.name, _shown(rule), rule.moments - len(counting), _whole_seconds(reset_millis))


def _exhausted(rule: LimitRule, item: RawItem, now: int) -> RateLimitState:
    waits = [_number(item, f"t{rule.moments - 1}") + rule.window_millis - now]
    if rule.slowdown is not None:
        wait_seconds = rule.slowdown.wait_after(_number(item, "failures"))
        waits.append(_number(item, "failed_at") + wait_seconds * 1000 - now)
    return RateLimitState(rule.name, _shown(rule), 0, _whole_seconds(max(waits)))


def _shown(rule: LimitRule) -> Limit:
    """The limit as it is kept, in whole seconds."""
    return Limit(rule.moments, _whole_seconds(rule.window_millis))


def _whole_seconds(millis: int) -> int:
    return max(1, -(-millis // 1000))


def _number(item: RawItem, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0
