"""Logs of the local server: JSON lines in files that rotate daily; a short line a request where a person watches."""

from __future__ import annotations

import logging
import sys
import time
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path
from typing import Final, TextIO

from chalicelib.observability.logging import logger
from local.failure import StartFailure

DAYS_KEPT: Final = 7
_FILE: Final = "platform.log"
_REQUEST: Final = "request"


def keep_logs(data: Path, *, terminal: TextIO = sys.stderr) -> Path:
    """Write everything that is logged to ``logs/platform.log`` in the data directory, kept for seven days (UTC).

    The terminal shows one line a request where a person watches, and always what went wrong.

    Raises:
        StartFailure: the folder cannot be written to.
    """
    path = data / "logs" / _FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        kept = TimedRotatingFileHandler(path, when="midnight", backupCount=DAYS_KEPT, utc=True, encoding="utf-8")
    except OSError as error:
        raise StartFailure(f"{path} cannot be written ({error.strerror})") from error
    container = logger()
    kept.setFormatter(container.registered_formatter)
    shown = logging.StreamHandler(terminal)
    shown.setFormatter(_Short())
    shown.setLevel(logging.INFO if terminal.isatty() else logging.WARNING)
    container.handlers.clear()
    for each in (kept, shown):
        logging.getLogger().addHandler(each)
    return path


class _Short(logging.Formatter):
    """One line: the request and how it ended, or what went wrong, of which the file has the rest."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """The record in one line, with the time of day in UTC."""
        said = vars(record)
        at = self.formatTime(record, "%H:%M:%S")
        if record.getMessage() == _REQUEST:
            return f"{at} {said['status']} {said['method']} {said['route']} {said['duration_ms']} ms"
        what = said.get("function") or said.get("job") or said.get("alarm") or ""
        return " ".join(part for part in (at, record.levelname, record.getMessage(), what) if part)
