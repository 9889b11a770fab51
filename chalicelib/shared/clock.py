"""Clocks. Services receive one, so that tests can set the time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

Clock = Callable[[], datetime]


def utc_now() -> datetime:
    """Return the current time in UTC, truncated to the milliseconds that are stored."""
    now = datetime.now(UTC)
    return now.replace(microsecond=now.microsecond // 1000 * 1000)


class FixedClock:
    """A clock that moves only when a test or a simulation moves it."""

    def __init__(self, at: datetime) -> None:
        self._at = at

    def __call__(self) -> datetime:
        return self._at

    def advance(self, **step: float) -> None:
        """Move forward by the keywords of ``timedelta``, such as ``days=1``."""
        self._at += timedelta(**step)

    def set_date(self, day: date) -> None:
        self._at = datetime.combine(day, self._at.timetz())


def to_millis(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(milliseconds=1)


def from_millis(millis: int) -> datetime:
    return _EPOCH + timedelta(milliseconds=millis)


def rfc3339(moment: datetime) -> str:
    """Format a time as ``2026-01-31T09:30:00.000Z``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{moment.microsecond // 1000:03d}Z"


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
