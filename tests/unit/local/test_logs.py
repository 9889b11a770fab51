"""Local logs: JSON lines in a file that rotates daily, kept for seven days; short lines for a person."""

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

import pytest

from chalicelib.observability.logging import logger
from local.errors import StartError
from local.logs import DAYS_KEPT, keep_logs

REQUEST = {"method": "GET", "route": "/api/loans/{id}", "status": 200, "duration_ms": 1.5}


class Terminal(io.StringIO):
    """An output that may be a terminal."""

    def __init__(self, *, is_terminal: bool) -> None:
        super().__init__()
        self._is_terminal = is_terminal

    def isatty(self) -> bool:
        """Return whether it is a terminal."""
        return self._is_terminal


@pytest.fixture(autouse=True)
def handlers_as_before() -> Iterator[None]:
    """Restore the log handlers after the test."""
    root, container = logging.getLogger().handlers, logger().handlers
    before, own = list(root), list(container)
    yield
    for handler in [each for each in root if each not in before]:
        root.remove(handler)
        handler.close()
    container[:] = own


def test_lines_go_to_the_file_as_json(tmp_path: Path) -> None:
    path = keep_logs(tmp_path, terminal=Terminal(is_terminal=False))

    logger().info("request", extra=REQUEST)
    logging.getLogger("local.background").warning("late")

    first, second = map(json.loads, path.read_text().splitlines())
    assert path == tmp_path / "logs" / "platform.log"
    assert (first["message"], first["route"], first["service"]) == ("request", "/api/loans/{id}", "p2p")
    assert (second["message"], second["level"]) == ("late", "WARNING")


def test_a_terminal_shows_one_short_line_per_request(tmp_path: Path) -> None:
    terminal = Terminal(is_terminal=True)
    keep_logs(tmp_path, terminal=terminal)

    logger().info("request", extra=REQUEST)

    [line] = terminal.getvalue().splitlines()
    assert line.endswith(" 200 GET /api/loans/{id} 1.5 ms")


def test_other_outputs_show_errors_only(tmp_path: Path) -> None:
    terminal = Terminal(is_terminal=False)
    keep_logs(tmp_path, terminal=terminal)

    logger().info("request", extra=REQUEST)
    try:
        raise ValueError("detail")
    except ValueError:
        logger().exception("job failed", extra={"job": "reconcile_ledger"})

    [line] = terminal.getvalue().splitlines()
    assert line.endswith(" ERROR job failed reconcile_ledger")


def test_daily_files_are_kept_for_seven_days(tmp_path: Path) -> None:
    path = keep_logs(tmp_path, terminal=Terminal(is_terminal=False))
    [handler] = [each for each in logging.getLogger().handlers if isinstance(each, TimedRotatingFileHandler)]
    first = datetime(2026, 3, 1, tzinfo=UTC)

    for day in range(10):
        logger().info("request", extra=REQUEST)
        handler.rolloverAt = int((first + timedelta(days=day + 1)).timestamp())
        handler.doRollover()

    kept = sorted(each.name for each in path.parent.iterdir())
    assert kept == ["platform.log", *(f"platform.log.2026-03-{day:02d}" for day in range(4, 11))]
    assert len(kept) == DAYS_KEPT + 1


def test_a_folder_that_cannot_be_written_is_reported(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")

    with pytest.raises(StartError, match="logs"):
        keep_logs(tmp_path)
