"""Rate limits that are exact under any concurrency: one item per subject, one conditional write per request.

The item stores the times of the last N accepted requests, as attributes ``t0`` (the newest) to ``t{N-1}``. A request
shifts them by one place and stores its own time in front, on condition that the one that drops out is older than the
window. So the k-th and the (k+N)-th accepted request are always a window apart, and by the pigeonhole principle no
span of that length contains more than N, wherever it begins. (A counter that restarts when its window ends admits up
to 2N around that end.)

A rejected request writes nothing, so further attempts do not prolong the wait. Failed sign-ins are stored in the same
item: each one above the tolerated number doubles the wait, and the condition rejects requests meanwhile. The SDK does
not retry these writes, because a retry after a lost response would count twice. If DynamoDB does not respond, every
request is rejected.
"""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.constants import LIST, STRING
from pynamodb.expressions.condition import Condition

from chalicelib.api.rate_limiting.fixed_window import LimitExceeded, RateLimitState
from chalicelib.dynamodb.attributes import IntegerAttribute, PlainListAttribute, RawItem, TextAttribute, to_raw_list
from chalicelib.dynamodb.database import Database
from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.expressions import Expression, PreparedCondition, PreparedUpdate, number, placeholder
from chalicelib.dynamodb.model import Item, item_exists
from chalicelib.shared.clock import Clock, to_millis
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import Limit

MOST_MOMENTS: Final = 100
_REMEMBERED: Final = timedelta(days=30)
_MOST_TRUSTED: Final = 5
_RECORD_ATTEMPTS: Final = 3


class _LimitItem(Item):
    class Meta:
        table_name = "operations"

    pk = TextAttribute(hash_key=True)
    failures = IntegerAttribute(null=True)
    failed_at = IntegerAttribute(null=True)
    trusted = PlainListAttribute(null=True)
    expires_at = IntegerAttribute(null=True)


_COUNT_FAILURE: Final = PreparedUpdate(
    _LimitItem.failures.set(_LimitItem.failures + 1), _LimitItem.failed_at.set(placeholder("now"))
)
_COUNT_FIRST_FAILURE: Final = PreparedUpdate(_LimitItem.failures.set(1), _LimitItem.failed_at.set(placeholder("now")))
_FAILED_SINCE: Final = PreparedCondition(_LimitItem.failed_at > placeholder("long_ago"))
_NOT_FAILED_SINCE: Final = PreparedCondition(
    _LimitItem.failed_at.does_not_exist() | (_LimitItem.failed_at <= placeholder("long_ago"))
)
_TRUST: Final = PreparedUpdate(
    _LimitItem.trusted.set(placeholder("trusted", LIST, to_raw_list)),
    _LimitItem.failures.remove(),
    _LimitItem.failed_at.remove(),
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
class AdmittedRequest:
    """An admitted request: the state of the limit, the failures before it, and the trusted addresses."""

    state: RateLimitState
    failures: int
    trusted: tuple[str, ...]


class SlidingWindowLimiter:
    """Counts in the table `operations`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def admit(self, rule: LimitRule, subject: str, *, trusted: str | None = None) -> AdmittedRequest | None:
        """Count one request of a subject; None if the rule is switched off.

        An address that is ``trusted`` since an earlier success is admitted even while others' failures cause a wait.

        Raises:
            LimitExceeded: the window is full, or the subject must wait because of failures.
            Unavailable: DynamoDB does not respond.
        """
        if not rule.limit.requests:
            return None
        now = to_millis(self._clock())
        item = self._update(
            rule,
            subject,
            _admission(rule, now),
            _admission_condition(rule, now, trusted),
            lambda old: LimitExceeded(_exhausted(rule, old or {}, now)),
        )
        return AdmittedRequest(_quota(rule, item, now), _number(item, "failures"), _trusted(item))

    def record_failure(self, rule: LimitRule, subject: str) -> None:
        """Record a wrong secret.

        Raises:
            Unavailable: DynamoDB does not respond.
        """
        if not rule.limit.requests or rule.slowdown is None:
            return
        now = to_millis(self._clock())
        long_ago = now - rule.slowdown.forgotten_after_seconds * 1000
        another = (_COUNT_FAILURE(now=now), _FAILED_SINCE(long_ago=long_ago))
        first = (_COUNT_FIRST_FAILURE(now=now), _NOT_FAILED_SINCE(long_ago=long_ago))
        for change, condition in (another, first) * _RECORD_ATTEMPTS:
            with suppress(OptimisticLockError):
                self._update(rule, subject, change, condition)
                return
        raise Unavailable

    def record_success(
        self, rule: LimitRule, subject: str, admission: AdmittedRequest | None, *, trusted: str | None = None
    ) -> None:
        """Forget the failures and trust the caller's mark from now on; writes where that changes anything.

        Raises:
            Unavailable: DynamoDB does not respond.
        """
        if admission is None:
            return
        marks = admission.trusted
        if trusted is not None and trusted not in marks:
            marks = (trusted, *marks)[:_MOST_TRUSTED]
        if not admission.failures and marks == admission.trusted:
            return
        with suppress(OptimisticLockError):  # the item has expired: there are no failures to forget
            self._update(rule, subject, _TRUST(trusted=marks), item_exists(_LimitItem))

    def _update(
        self,
        rule: LimitRule,
        subject: str,
        change: Expression,
        condition: Expression,
        on_condition_failed: Callable[[RawItem | None], Exception] | None = None,
    ) -> RawItem:
        """Update the subject's item without a retry by the SDK, and return it as it is afterwards."""
        item = _LimitItem(f"LIMIT#{rule.name}#{subject}")
        try:
            return self._database.update(
                item, change, when=condition, on_condition_failed=on_condition_failed, retry=False
            )
        except (ClientError, BotoCoreError) as error:
            raise Unavailable from error


def _admission(rule: LimitRule, now: int) -> Expression:
    kept = timedelta(milliseconds=rule.window_millis) if rule.slowdown is None else _REMEMBERED
    return _prepared_admission(rule.moments)(now=now, expiry=now // 1000 + 60 + int(kept.total_seconds()))


@cache
def _prepared_admission(moments: int) -> PreparedUpdate:
    """Shift the moments by one place and put the present one in front."""
    shifts = [number(f"t{place}").set(number(f"t{place - 1}") | 0) for place in range(1, moments)]
    newest, expiry = number("t0").set(placeholder("now")), _LimitItem.expires_at.set(placeholder("expiry"))
    return PreparedUpdate(newest, *shifts, expiry)


def _admission_condition(rule: LimitRule, now: int, trusted: str | None) -> Expression:
    steps = rule.slowdown.steps() if rule.slowdown else ()
    waits = {f"since{step}": now - wait * 1000 for step, (_, wait) in enumerate(steps)}
    marks = {} if trusted is None else {"trusted": trusted}
    condition = _prepared_admission_condition(rule.moments, steps, with_trusted=trusted is not None)
    return condition(start=now - rule.window_millis, **waits, **marks)


@cache
def _prepared_admission_condition(
    moments: int, steps: tuple[tuple[int, int], ...], *, with_trusted: bool
) -> PreparedCondition:
    """The oldest moment is outside the window and no wait is running, or the mark is trusted."""
    oldest = number(f"t{moments - 1}")
    condition: Condition = oldest.does_not_exist() | (oldest <= placeholder("start"))
    for step, (failures, _) in enumerate(steps):
        no_wait = _LimitItem.failures.does_not_exist() | (_LimitItem.failures < failures)
        condition &= no_wait | (_LimitItem.failed_at <= placeholder(f"since{step}"))
    if with_trusted:
        condition |= _LimitItem.trusted.contains(placeholder("trusted", STRING))
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


def _trusted(item: RawItem) -> tuple[str, ...]:
    return tuple(mark["S"] for mark in item["trusted"]["L"]) if "trusted" in item else ()
