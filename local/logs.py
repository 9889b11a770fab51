"""Logs of the local server: JSON lines in files that rotate daily, and a short line per request on a terminal."""

import logging
import sys
import time
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path
from typing import Final, TextIO

from chalicelib.observability.logging import logger
from local.errors import StartError

DAYS_KEPT: Final = 7
_FILE: Final = "platform.log"
_REQUEST: Final = "request"


def keep_logs(data: Path, *, terminal: TextIO = sys.stderr) -> Path:
    """Write the log to ``logs/platform.log`` in the data folder, kept for seven days (UTC); return the path.

    Warnings and errors are printed too; so is a line per request if the output is a terminal.

    Raises:
        StartError: the folder cannot be written to.
    """
    path = data / "logs" / _FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        file_handler = TimedRotatingFileHandler(
            path, when="midnight", backupCount=DAYS_KEPT, utc=True, encoding="utf-8"
        )
    except OSError as error:
        raise StartError(f"{path} cannot be written ({error.strerror})") from error
    container = logger()
    file_handler.setFormatter(container.registered_formatter)
    terminal_handler = logging.StreamHandler(terminal)
    terminal_handler.setFormatter(_OneLineFormatter())
    terminal_handler.setLevel(logging.INFO if terminal.isatty() else logging.WARNING)
    container.handlers.clear()
    for each in (file_handler, terminal_handler):
        logging.getLogger().addHandler(each)
    return path


class _OneLineFormatter(logging.Formatter):
    """One line: a request and its outcome, or the summary of an error; the file has the details."""

    converter = staticmethod(time.gmtime)

    def format(self, record: logging.LogRecord) -> str:
        """Return the record in one line, with the time of day in UTC."""
        fields = vars(record)
        at = self.formatTime(record, "%H:%M:%S")
        if record.getMessage() == _REQUEST:
            return f"{at} {fields['status']} {fields['method']} {fields['route']} {fields['duration_ms']} ms"
        what = fields.get("function") or fields.get("job") or fields.get("alarm") or ""
        return " ".join(part for part in (at, record.levelname, record.getMessage(), what) if part)
