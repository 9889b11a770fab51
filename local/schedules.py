"""EventBridge's schedule expressions, in the forms that the platform uses, and the events that they send."""

import re
import uuid
from datetime import UTC, datetime, timedelta
from typing import Any, Final

_RATE: Final = re.compile(r"rate\((\d+) (minute|hour|day)s?\)")
_CRON: Final = re.compile(r"cron\((\d+) (\d+) ([*?]) \* ([*?]|[1-7]) \*\)")
_UNITS: Final = {"minute": timedelta(minutes=1), "hour": timedelta(hours=1), "day": timedelta(days=1)}
_DAYS_PER_WEEK: Final = 7


class UnsupportedScheduleError(ValueError):
    """The expression has a form that is not supported locally."""


def latest_time(expression: str, now: datetime) -> datetime:
    """Return the latest moment up to ``now`` at which the schedule fires.

    ``rate(n unit)`` fires at whole multiples since 1970; ``cron(minute hour * * ? *)`` daily, with a weekday
    from 1 (Sunday) to 7 weekly.

    Raises:
        UnsupportedScheduleError: the expression has another form.
    """
    if rate := _RATE.fullmatch(expression):
        period = int(rate[1]) * _UNITS[rate[2]]
        epoch = datetime(1970, 1, 1, tzinfo=UTC)
        return epoch + (now - epoch) // period * period
    if cron := _CRON.fullmatch(expression):
        fired = now.replace(hour=int(cron[2]), minute=int(cron[1]), second=0, microsecond=0)
        weekday = None if cron[4] in "*?" else int(cron[4])
        days = (fired - timedelta(days=back) for back in range(_DAYS_PER_WEEK + 1))
        return next(day for day in days if day <= now and weekday in (None, day.isoweekday() % _DAYS_PER_WEEK + 1))
    raise UnsupportedScheduleError(expression)


def times_between(expression: str, after: datetime, until: datetime) -> tuple[datetime, ...]:
    """Return the moments at which a schedule fires after a moment, up to another one of the same day.

    Of those of a rate, these are the first and the last: such jobs act on what is due, and on a day without requests
    nothing becomes due in between.

    Raises:
        UnsupportedScheduleError: the expression has another form.
    """
    last = latest_time(expression, until)
    if last <= after:
        return ()
    if rate := _RATE.fullmatch(expression):
        first = latest_time(expression, after) + int(rate[1]) * _UNITS[rate[2]]
        return tuple(dict.fromkeys((first, last)))
    return (last,)


def scheduled_event(name: str, at: datetime) -> dict[str, Any]:
    """Build the event that EventBridge sends to a scheduled function."""
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "Scheduled Event",
        "source": "aws.events",
        "account": "000000000000",
        "time": at.strftime("%Y-%m-%dT%H:%M:%SZ"),
        "region": "us-east-1",
        "resources": [f"arn:aws:events:us-east-1:000000000000:rule/{name}"],
        "detail": {},
    }
