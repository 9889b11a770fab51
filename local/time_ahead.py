"""A clock that a developer may set forward, to see instalments fall due: `CLOCK_AHEAD=32 make run`."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from chalicelib import container as wiring
from chalicelib.container import Container
from chalicelib.jobs.queue import JobQueue
from chalicelib.shared.clock import Clock, utc_now
from chalicelib.shared.settings import read_settings
from local import environment
from local.failure import StartFailure

_MOST_DAYS: Final = 36_500
_FILE: Final = "clock-ahead"


def ahead(folder: Path) -> timedelta:
    """How far the clock of these data is ahead of the world's: ``CLOCK_AHEAD`` in whole days, 0 by default.

    It is remembered with the data and never becomes less: what has happened in the future stays there.

    Raises:
        StartFailure: the setting is not a number of days, or the stage is not the laptop's own.
    """
    text = os.environ.get("CLOCK_AHEAD") or "0"
    if not (text.isascii() and text.isdigit() and int(text) <= _MOST_DAYS):
        raise StartFailure(f"CLOCK_AHEAD={text!r}: give whole days up to {_MOST_DAYS}, such as 32")
    if not environment.is_local_stage():
        if int(text):
            raise StartFailure("CLOCK_AHEAD: only the local stage has a clock of its own")
        return timedelta(0)
    file = folder / _FILE
    kept = int(file.read_text(encoding="utf-8")) if file.exists() else 0
    if int(text) > kept:
        file.write_text(text, encoding="utf-8")
    return timedelta(days=max(int(text), kept))


def business_time_of(folder: Path) -> Callable[[float], float]:
    """Return the function from real to business time, both in seconds since 1970.

    A moment from before the clock was set forward stays as it is.
    """
    lead, file = ahead(folder).total_seconds(), folder / _FILE
    if not lead:
        return float
    since = int(file.stat().st_mtime)  # records have whole seconds
    return lambda moment: moment + lead if moment >= since else moment


def clock_of(folder: Path) -> Clock:
    """Return the clock of the data in a folder."""
    lead = ahead(folder)
    return lambda: utc_now() + lead


def open_platform(queue: JobQueue | None = None) -> Container:
    """Put the platform together with the clock of the data directory, as the one of this process."""
    container = wiring.Container(read_settings(), clock=clock_of(environment.data_directory()), queue=queue)
    wiring.install_container(container)
    return container
