"""Limits that hold exactly, under any concurrency: one item a subject, one conditional write a request.

The item remembers when its last N accepted requests came, as attributes ``t0`` (the newest) to ``t{N-1}``. A
request shifts them by one place and puts its own moment in front, under the condition that the one that falls
out is older than the window. So a window starts with its first request, the k-th and the (k+N)-th accepted
request are always a window apart, and by the pigeonhole principle no span of that length holds more than N,
wherever it begins. (A counter that starts afresh when its window ends lets 2N through around that end.)

A refused request writes nothing: hammering at the door does not keep it shut. Failures of a sign-in are kept
in the same item: each one beyond those tolerated doubles the wait, and the condition refuses meanwhile. The
SDK does not repeat these writes, since after a lost answer it would count twice. Where DynamoDB cannot be
asked, nobody passes.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Final, cast

from botocore.exceptions import BotoCoreError, ClientError
from pynamodb.models import Model

from chalicelib.api.rate_limiting.fixed_window import LimitExceeded, RateLimitState
from chalicelib.dynamodb.attributes import TextAttribute
from chalicelib.dynamodb.database import Database
from chalicelib.shared.clock import Clock, to_millis
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import Limit

MOST_MOMENTS: Final = 100
_CONDITION_FAILED: Final = "ConditionalCheckFailedException"
_REMEMBERED: Final = timedelta(days=30)
_MOST_TRUSTED: Final = 5
_RECORD_ATTEMPTS: Final = 3
_ONE_ATTEMPT: ContextVar[bool] = ContextVar("one_attempt", default=False)

Item = Mapping[str, Mapping[str, Any]]
Values = dict[str, dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Backoff:
    """How failures slow a subject down: after ``tolerated`` of them each doubles the wait, up to the longest.

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
        """How many requests the item remembers.

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


class _LimitItem(Model):
    class Meta:
        table_name = "operations"

    pk = TextAttribute(hash_key=True)


class SlidingWindowLimiter:
    """Counts in the table `operations`."""

    def __init__(self, database: Database, clock: Clock) -> None:
        database.bind(_LimitItem)
        self._client = cast(Any, database.connection.client)
        self._clock = clock
        self._client.meta.events.register_first(
            "needs-retry.dynamodb.UpdateItem", _refuse_retry, unique_id="strict-limits"
        )

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
        update, condition, values = _admission(rule, now)
        if trusted is not None:
            condition = f"({condition}) OR contains(trusted, :trusted)"
            values[":trusted"] = {"S": trusted}
        accepted, item = self._update(rule, subject, update, condition, values)
        if not accepted:
            raise LimitExceeded(_exhausted(rule, item, now))
        return AdmittedRequest(_quota(rule, item, now), _number(item, "failures"), _trusted(item))

    def record_failure(self, rule: LimitRule, subject: str) -> None:
        """Remember that a secret was given wrongly.

        Raises:
            Unavailable: DynamoDB cannot be asked.
        """
        if not rule.limit.requests or rule.slowdown is None:
            return
        now = to_millis(self._clock())
        values: Values = {
            ":now": {"N": str(now)},
            ":one": {"N": "1"},
            ":long_ago": {"N": str(now - rule.slowdown.forgotten_after_seconds * 1000)},
        }
        another = ("SET failures = failures + :one, failed_at = :now", "failed_at > :long_ago")
        first = (
            "SET failures = :one, failed_at = :now",
            "attribute_not_exists(failed_at) OR failed_at <= :long_ago",
        )
        for update, condition in (another, first) * _RECORD_ATTEMPTS:
            if self._update(rule, subject, update, condition, values)[0]:
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
        values: Values = {":trusted": {"L": [{"S": mark} for mark in marks]}}
        self._update(rule, subject, "SET trusted = :trusted REMOVE failures, failed_at", "attribute_exists(pk)", values)

    def _update(self, rule: LimitRule, subject: str, update: str, condition: str, values: Values) -> tuple[bool, Item]:
        """Write under a condition: whether it held, and the item as it is then."""
        call = {
            "TableName": _LimitItem.Meta.table_name,
            "Key": {"pk": {"S": f"LIMIT#{rule.name}#{subject}"}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
            "ExpressionAttributeValues": values,
            "ReturnValues": "ALL_NEW",
            "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
            "ReturnConsumedCapacity": "TOTAL",
        }
        try:
            with _one_attempt():
                return True, self._client.update_item(**call)["Attributes"]
        except ClientError as error:
            if error.response["Error"]["Code"] != _CONDITION_FAILED:
                raise Unavailable from error
            old: Item = error.response.get("Item", {})  # type: ignore[assignment]  # the stub knows no modeled members
            return False, old
        except BotoCoreError as error:
            raise Unavailable from error


def _admission(rule: LimitRule, now: int) -> tuple[str, str, Values]:
    """The update that shifts the moments, its condition, and the values of both."""
    shifts = [f"t{place} = if_not_exists(t{place - 1}, :never)" for place in range(1, rule.moments)]
    kept = timedelta(milliseconds=rule.window_millis) if rule.slowdown is None else _REMEMBERED
    values: Values = {
        ":now": {"N": str(now)},
        ":start": {"N": str(now - rule.window_millis)},
        ":expiry": {"N": str(now // 1000 + 60 + int(kept.total_seconds()))},
    }
    if shifts:
        values[":never"] = {"N": "0"}
    oldest = f"t{rule.moments - 1}"
    conditions = [f"(attribute_not_exists({oldest}) OR {oldest} <= :start)"]
    for step, (failures, wait) in enumerate(rule.slowdown.steps() if rule.slowdown else ()):
        values[f":count{step}"] = {"N": str(failures)}
        values[f":since{step}"] = {"N": str(now - wait * 1000)}
        conditions.append(f"(attribute_not_exists(failures) OR failures < :count{step} OR failed_at <= :since{step})")
    update = "SET " + ", ".join(["t0 = :now", *shifts, "expires_at = :expiry"])
    return update, " AND ".join(conditions), values


def _quota(rule: LimitRule, item: Item, now: int) -> RateLimitState:
    moments = [_number(item, f"t{place}") for place in range(rule.moments)]
    counting = [moment for moment in moments if moment > now - rule.window_millis]
    reset_millis = min(counting, default=now) + rule.window_millis - now
    return RateLimitState(rule.name, _shown(rule), rule.moments - len(counting), _whole_seconds(reset_millis))


def _exhausted(rule: LimitRule, item: Item, now: int) -> RateLimitState:
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


def _number(item: Item, name: str) -> int:
    return int(item[name]["N"]) if name in item else 0


def _trusted(item: Item) -> tuple[str, ...]:
    return tuple(mark["S"] for mark in item["trusted"]["L"]) if "trusted" in item else ()


@contextmanager
def _one_attempt() -> Iterator[None]:
    token = _ONE_ATTEMPT.set(True)
    try:
        yield
    finally:
        _ONE_ATTEMPT.reset(token)


def _refuse_retry(**_: Any) -> bool | None:
    """A handler that speaks before the SDK's own: False ends the matter, None leaves it to the others."""
    return False if _ONE_ATTEMPT.get() else None
