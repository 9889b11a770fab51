"""A clock that a developer may set forward, to see instalments fall due: `CLOCK_AHEAD=32 make run`."""

import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Final

from chalicelib.container import Container, install_container
from chalicelib.jobs.queue import JobQueue
from chalicelib.shared.clock import Clock, utc_now
from chalicelib.shared.settings import read_settings
from local import environment
from local.errors import StartError

_MAX_DAYS: Final = 36_500
_FILE: Final = "clock-ahead"


def clock_lead(folder: Path) -> timedelta:
    """Return how far the business clock is ahead of real time: ``CLOCK_AHEAD`` in whole days, 0 by default.

    It is stored with the data and never decreases: what has happened in the future stays there.

    Raises:
        StartError: the setting is not a number of days, or the stage is not the local one.
    """
    text = os.environ.get("CLOCK_AHEAD") or "0"
    if not (text.isascii() and text.isdigit() and int(text) <= _MAX_DAYS):
        raise StartError(f"CLOCK_AHEAD={text!r}: use whole days up to {_MAX_DAYS}, such as 32")
    if not environment.is_local_stage():
        if int(text):
            raise StartError("CLOCK_AHEAD: only the local stage has a clock of its own")
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
    lead, file = clock_lead(folder).total_seconds(), folder / _FILE
    if not lead:
        return float
    since = int(file.stat().st_mtime)  # records have whole seconds
    return lambda moment: moment + lead if moment >= since else moment


def clock_of(folder: Path) -> Clock:
    """Return the clock of the data in a folder."""
    lead = clock_lead(folder)
    return lambda: utc_now() + lead


def open_container(queue: JobQueue | None = None) -> Container:
    """Return the container of this process, with the clock of the data folder."""
    container = Container(read_settings(), clock=clock_of(environment.data_directory()), queue=queue)
    install_container(container)
    return container
