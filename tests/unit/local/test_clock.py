"""The business clock of a laptop: it only goes forward, and is kept with the data."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.admin.domain.sandbox_clock import ClockAdvancing
from chalicelib.shared.clock import FixedClock
from local.clock import BusinessClock

START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
LATER = START + timedelta(days=3)


@pytest.fixture
def real_time() -> FixedClock:
    return FixedClock(START)


@pytest.fixture
def clock(tmp_path: Path, real_time: FixedClock) -> BusinessClock:
    return BusinessClock(tmp_path, real_time)


def nothing() -> None:
    """Record nothing."""


def test_new_clock_shows_the_real_time(clock: BusinessClock, real_time: FixedClock) -> None:
    assert (clock(), clock.lead, clock.target) == (START, timedelta(0), None)
    real_time.advance(hours=1)
    assert clock() == real_time()


def test_clock_goes_on_from_where_it_was_set(clock: BusinessClock, real_time: FixedClock) -> None:
    clock.move_to(LATER)

    real_time.advance(minutes=5)

    assert clock() == LATER + timedelta(minutes=5)


def test_clock_never_goes_back(clock: BusinessClock) -> None:
    clock.move_to(LATER)
    clock.move_to(START + timedelta(days=1))
    clock.set_ahead(2)

    assert clock() == LATER


def test_clock_is_kept_with_the_data(clock: BusinessClock, tmp_path: Path, real_time: FixedClock) -> None:
    clock.start(LATER, nothing)
    clock.move_to(START + timedelta(days=1))

    restarted = BusinessClock(tmp_path, real_time)

    assert (restarted(), restarted.target) == (START + timedelta(days=1), LATER)
    assert restarted.started.is_set()


def test_other_processes_see_the_clock_move(clock: BusinessClock, tmp_path: Path, real_time: FixedClock) -> None:
    other = BusinessClock(tmp_path, real_time)
    assert other() == START

    clock.move_to(LATER)

    assert other() == LATER


def test_target_is_reached_exactly(clock: BusinessClock) -> None:
    clock.start(LATER, nothing)

    clock.finish()

    assert (clock(), clock.target, clock.state().is_advancing) == (LATER, None, False)
    assert not clock.started.is_set()


def test_second_target_is_rejected(clock: BusinessClock) -> None:
    clock.start(LATER, nothing)

    with pytest.raises(ClockAdvancing):
        clock.start(LATER + timedelta(days=1), nothing)

    assert clock.target == LATER


def test_target_is_not_set_if_it_cannot_be_recorded(clock: BusinessClock) -> None:
    def fail() -> None:
        raise ConnectionError

    with pytest.raises(ConnectionError):
        clock.start(LATER, fail)

    assert clock.target is None


def test_stream_records_have_the_business_time_of_their_write(clock: BusinessClock, real_time: FixedClock) -> None:
    midnight = datetime(2026, 1, 18, tzinfo=UTC)
    real_time.advance(milliseconds=900)
    clock.move_to(midnight)
    second = int(real_time().timestamp())  # of a record that is written now: whole seconds

    assert clock.business_time(second) == midnight.timestamp()
    assert clock.business_time(second + 60) == midnight.timestamp() + 59.1
    assert clock.business_time(second - 1) == second - 1
