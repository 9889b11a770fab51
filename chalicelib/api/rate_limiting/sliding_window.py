"""Limits that hold exactly, under any concurrency: one item a subject, one conditional write a request.

The item remembers when its last N accepted requests came, as attributes ``t0`` (the newest) to ``t{N-1}``. A
request shifts them by one place and puts its own moment in front, under the condition that the one that falls
out is older than the window. So a window starts with its first request, the k-th and the (k+N)-th accepted
request are always a window apart, and by the pigeonhole principle no span of that length holds more than N,
wherever it begins. (A counter that starts afresh when its window ends lets 2N through around that end.)

A refused request writes nothing: hammering at the door does not keep it shut. Failures of a sign-in are kept
in the same item: each one beyond those tolerated doubles the wait, and the condition refuses meanwhile. The
SDK does not repeat these writes, since after a lost answer it would count twice. Where DynamoDB cannot be
asked, every request is rejected.
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

    A failure that comes later than ``forgotten_after_seconds`` after the one before is a first one again.
    """

    tolerated: int
    first_wait_seconds: int = 60
    longest_wait_seconds: int = 900
    forgotten_after_seconds: int = 3600

    def steps(self) -> tuple[tuple[int, int], ...]:
        """Pairs of a number of failures and the seconds to wait after the last of them."""
        found: list[tuple[int, int]] = []
        wait = self.first_wait_seconds
        while wait < self.longest_wait_seconds:
            found.append((self.tolerated + len(found), wait))
            wait *= 2
        return (*found, (self.tolerated + len(found), self.longest_wait_seconds))

    def wait_after(self, failures: int) -> int:
        """Seconds to wait after so many failures in a row."""
        return max((wait for count, wait in self.steps() if failures >= count), default=0)


@dataclass(frozen=True, slots=True)
class LimitRule:
    """A limit with its name; with a slowdown where it guards a secret."""

    name: str
    limit: Limit
    slowdown: Backoff | None = None

    @property
    def moments(self) -> int:
        """The number of requests that the item stores.

        A limit above a hundred is kept as one of N/k in a k-th of the window: never looser, but less bursty.
        """
        return self.limit.requests // self._parts

    @property
    def window_millis(self) -> int:
        """The span in which that many may come."""
        return -(-self.limit.seconds * 1000 // self._parts)

    @property
    def _parts(self) -> int:
        return -(-self.limit.requests // MOST_MOMENTS)


@dataclass(frozen=True, slots=True)
class AdmittedRequest:
    """A request that may go on: what is left, how many failures came before, and who is trusted."""

    state: RateLimitState
    failures: int
    trusted: tuple[str, ...]


class SlidingWindowLimiter:
    """Counts in the table `operations`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    def admit(self, rule: LimitRule, subject: str, *, trusted: str | None = None) -> AdmittedRequest | None:
        """Count one request of a subject; None where the rule is switched off.

        A ``trusted`` mark, left by an earlier success, comes in even while strangers make the subject wait.

        Raises:
            LimitExceeded: the window is full, or failures make the subject wait.
            Unavailable: DynamoDB cannot be asked.
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
        """Remember that a secret was given wrongly.

        Raises:
            Unavailable: DynamoDB cannot be asked.
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
            Unavailable: DynamoDB cannot be asked.
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
