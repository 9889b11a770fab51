"""The business clock of a laptop: ahead of real time by what `CLOCK_AHEAD` or an advance has set, kept with the data.

Every process that uses the data reads it from the same file, which the running server replaces as a whole.
"""

import json
import os
import threading
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Final

from chalicelib.admin.domain.sandbox_clock import ClockAdvancing, ClockState, CompletedJob
from chalicelib.container import Container, install_container
from chalicelib.jobs.queue import JobQueue
from chalicelib.shared.clock import Clock, from_millis, to_millis, utc_now
from chalicelib.shared.settings import read_settings
from local import environment
from local.errors import StartError

_MAX_DAYS: Final = 36_500
_FILE: Final = "clock.json"
_MILLIS: Final = 1000
_ONE_MILLISECOND: Final = timedelta(milliseconds=1)


@dataclass(frozen=True, slots=True)
class _Setting:
    """The clock as it is stored, in milliseconds since 1970.

    Args:
        moved_at: the real time at which the clock was set last.
        moved_to: the business time to which it was set then.
        lead_before: how far it was ahead of real time before.
        target: the business time that an unfinished advance will reach; None without one.
    """

    moved_at: int = 0
    moved_to: int = 0
    lead_before: int = 0
    target: int | None = None

    @property
    def lead(self) -> int:
        return self.moved_to - self.moved_at


class BusinessClock:
    """A clock that only goes forward: call it for the business time in UTC.

    Args:
        folder: the folder of the data.
        real_time: the clock that it is ahead of.
    """

    def __init__(self, folder: Path, real_time: Clock = utc_now) -> None:
        self._file = folder / _FILE
        self._real_time = real_time
        self._lock = threading.RLock()
        self._version: tuple[int, int] | None = None
        self._setting = _Setting()
        self._jobs: list[CompletedJob] = []
        self.started = threading.Event()
        """Set while there is a target to advance to."""
        self._read()
        self._note_target()

    def __call__(self) -> datetime:
        return self._real_time() + self.lead

    @property
    def lead(self) -> timedelta:
        """The time by which the clock is ahead of real time."""
        self._read()
        return timedelta(milliseconds=self._setting.lead)

    @property
    def latest(self) -> datetime:
        return self._real_time() + timedelta(days=_MAX_DAYS)

    @property
    def target(self) -> datetime | None:
        """The time that an unfinished advance will reach."""
        self._read()
        target = self._setting.target
        return None if target is None else from_millis(target)

    def state(self) -> ClockState:
        with self._lock:
            return ClockState(self(), self.target is not None, tuple(self._jobs))

    def start(self, target: datetime, record: Callable[[], None]) -> None:
        with self._lock:
            if self.target is not None:
                raise ClockAdvancing
            record()
            self._jobs.clear()
            self._write(replace(self._setting, target=to_millis(target)))
            self._note_target()

    def move_to(self, moment: datetime) -> None:
        """Set the clock forward to a moment; it stays as it is if it has passed the moment already."""
        with self._lock:
            now, before = to_millis(self._real_time()), self._setting.lead
            if to_millis(moment) > now + before:
                self._write(replace(self._setting, moved_at=now, moved_to=to_millis(moment), lead_before=before))

    def record(self, job: CompletedJob) -> None:
        """Add a job to those that the state lists."""
        with self._lock:
            self._jobs.append(job)

    def finish(self) -> None:
        """Reach the target."""
        with self._lock:
            if self.target is not None:
                self.move_to(self.target)
                self._write(replace(self._setting, target=None))
                self._note_target()

    def business_time(self, moment: float) -> float:
        """Return the business time of a moment of real time, both in seconds since 1970.

        Times of stream records are whole seconds: a record of the second in which the clock was set belongs to the
        time after that, because all earlier records were processed before.
        """
        setting = self._setting
        if moment < setting.moved_at // _MILLIS:
            return moment + setting.lead_before / _MILLIS
        return max(moment + setting.lead / _MILLIS, setting.moved_to / _MILLIS)

    def set_ahead(self, days: int) -> None:
        """Set the clock at least so many days ahead of real time."""
        with self._lock:
            now, before = to_millis(self._real_time()), self._setting.lead
            lead = timedelta(days=days) // _ONE_MILLISECOND
            if lead > before:
                self._write(replace(self._setting, moved_at=now, moved_to=now + lead, lead_before=before))

    def _read(self) -> None:
        """Read the file if another process has replaced it."""
        version = self._version_on_disk()
        if version is not None and version != self._version:
            with self._lock:
                self._setting = _Setting(**json.loads(self._file.read_text(encoding="utf-8")))
                self._version = version

    def _write(self, setting: _Setting) -> None:
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(asdict(setting)), encoding="utf-8")
        new.replace(self._file)
        self._setting, self._version = setting, self._version_on_disk()

    def _version_on_disk(self) -> tuple[int, int] | None:
        try:
            found = self._file.stat()
        except FileNotFoundError:
            return None
        return found.st_mtime_ns, found.st_ino

    def _note_target(self) -> None:
        (self.started.clear if self._setting.target is None else self.started.set)()


def open_clock(folder: Path) -> BusinessClock | None:
    """Return the clock of the data in a folder, set ahead by ``CLOCK_AHEAD``; None in other stages than the local one.

    Raises:
        StartError: the setting is not a number of days, or the stage is not the local one.
    """
    text = os.environ.get("CLOCK_AHEAD") or "0"
    if not (text.isascii() and text.isdigit() and int(text) <= _MAX_DAYS):
        raise StartError(f"CLOCK_AHEAD={text!r}: use whole days up to {_MAX_DAYS}, such as 32")
    if not environment.is_local_stage():
        if int(text):
            raise StartError("CLOCK_AHEAD: only the local stage has a clock of its own")
        return None
    clock = BusinessClock(folder)
    if int(text):
        clock.set_ahead(int(text))
    return clock


def open_container(queues: Mapping[str, JobQueue] | None = None, clock: BusinessClock | None = None) -> Container:
    """Return the container of this process, with its queues by name and the clock of the data folder."""
    clock = clock or open_clock(environment.data_directory())
    queues = queues or {}
    container = Container(
        read_settings(),
        clock=clock or utc_now,
        queue=queues.get("work"),
        delivery_queue=queues.get("deliveries"),
        email_queue=queues.get("emails"),
        sandbox_clock=clock,
    )
    install_container(container)
    return container
