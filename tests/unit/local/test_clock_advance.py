"""An advance of the clock: every job of every day, in order, once, whatever interrupts it."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from chalicelib.admin.domain.sandbox_clock import ClockState
from chalicelib.shared.clock import FixedClock
from local.clock import BusinessClock
from local.clock_advance import ClockAdvance, Schedule
from local.positions import Positions

START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)


class KilledError(BaseException):
    """The process ends."""


class Laptop:
    """A folder with a clock and the last runs; each process that works on it is a new advance."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.real_time = FixedClock(START)
        self.ran: list[tuple[str, str]] = []
        self.drained = 0
        self.reached: list[ClockState] = []
        self.failures: dict[str, int] = {}
        self.dies_after: tuple[str, str] | None = None

    def clock(self) -> BusinessClock:
        return BusinessClock(self.folder, self.real_time)

    def advance(self, clock: BusinessClock) -> ClockAdvance:
        def schedule(name: str, expression: str) -> Schedule:
            def run(at: datetime) -> Mapping[str, int]:
                if self.failures.get(name):
                    self.failures[name] -= 1
                    raise RuntimeError("not now")
                assert clock() == at
                self.ran.append((f"{clock():%d %H:%M}", name))
                return {"done": 1}

            return Schedule(name, expression, run)

        schedules = [
            schedule("hourly", "rate(1 hour)"),
            schedule("report", "cron(30 0 * * ? *)"),
            schedule("expiry", "cron(15 0 * * ? *)"),
        ]
        last_runs = Positions(self.folder / "positions.json")
        return ClockAdvance(clock, schedules, last_runs, self.drain, lambda: self.reached.append(clock.state()))

    def drain(self) -> None:
        self.drained += 1
        if self.ran and self.ran[-1] == self.dies_after:
            raise KilledError


@pytest.fixture
def laptop(tmp_path: Path) -> Laptop:
    return Laptop(tmp_path)


def nothing() -> None:
    """Record nothing."""


TWO_DAYS = [
    ("15 10:00", "hourly"), ("15 23:00", "hourly"),
    ("16 00:00", "hourly"), ("16 00:15", "expiry"), ("16 00:30", "report"), ("16 23:00", "hourly"),
    ("17 00:00", "hourly"), ("17 00:15", "expiry"), ("17 00:30", "report"), ("17 09:00", "hourly"),
]  # fmt: skip


def test_jobs_run_at_their_times_and_all_work_is_drained(laptop: Laptop) -> None:
    clock = laptop.clock()
    clock.start(START + timedelta(days=2), nothing)

    laptop.advance(clock).run()

    assert laptop.ran == TWO_DAYS
    assert laptop.drained == 1 + len(TWO_DAYS)
    assert clock() == START + timedelta(days=2)
    assert [(job.name, job.day.day, dict(job.counts)) for job in clock.state().jobs[:2]] == [
        ("hourly", 15, {"done": 1}),
        ("hourly", 15, {"done": 1}),
    ]


def test_caches_are_cleared_at_the_target_before_the_clock_is_ready(laptop: Laptop) -> None:
    clock = laptop.clock()
    clock.start(START + timedelta(hours=1), nothing)

    laptop.advance(clock).run()

    assert [(state.now, state.is_advancing) for state in laptop.reached] == [(START + timedelta(hours=1), True)]
    assert clock.target is None


@pytest.mark.parametrize("runs", range(len(TWO_DAYS) - 1))
def test_stopped_advance_continues_without_losing_a_job(laptop: Laptop, runs: int) -> None:
    first = laptop.clock()
    first.start(START + timedelta(days=2), nothing)
    laptop.advance(first).run(is_stopped=lambda: len(laptop.ran) > runs)
    assert first.target is not None

    second = laptop.clock()
    laptop.advance(second).run()

    daily = [run for run in laptop.ran if run[1] != "hourly"]
    assert daily == [run for run in TWO_DAYS if run[1] != "hourly"]
    assert set(TWO_DAYS) <= set(laptop.ran)
    assert second() == START + timedelta(days=2)


def test_killed_advance_repeats_the_job_that_was_running(laptop: Laptop) -> None:
    first = laptop.clock()
    first.start(START + timedelta(days=1), nothing)
    laptop.dies_after = ("16 00:15", "expiry")
    with pytest.raises(KilledError):
        laptop.advance(first).run()
    laptop.dies_after = None

    laptop.advance(laptop.clock()).run()

    assert [run for run in laptop.ran if run[1] == "expiry"] == [("16 00:15", "expiry")] * 2
    assert [run for run in laptop.ran if run[1] == "report"] == [("16 00:30", "report")]


def test_job_that_fails_once_is_repeated(laptop: Laptop) -> None:
    clock = laptop.clock()
    clock.start(START + timedelta(days=1), nothing)
    laptop.failures["report"] = 1

    laptop.advance(clock).run()

    assert [run for run in laptop.ran if run[1] == "report"] == [("16 00:30", "report")]


def test_job_that_goes_on_failing_holds_up_no_other(laptop: Laptop) -> None:
    clock = laptop.clock()
    clock.start(START + timedelta(days=1), nothing)
    laptop.failures["report"] = 99

    laptop.advance(clock).run()

    failed = next(job for job in clock.state().jobs if job.name == "report")
    assert dict(failed.counts) == {"failed": 1}
    assert clock() == START + timedelta(days=1)
