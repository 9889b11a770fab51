"""Local logs: JSON lines in a file that rotates daily, kept for seven days; short lines for a person."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from logging.handlers import TimedRotatingFileHandler
from pathlib import Path

import pytest

from chalicelib.observability.logging import logger
from local.failure import StartFailure
from local.logs import DAYS_KEPT, keep_logs

REQUEST = {"method": "GET", "route": "/api/loans/{id}", "status": 200, "duration_ms": 1.5}


class Terminal(io.StringIO):
    """A stream that a person may be watching."""

    def __init__(self, *, is_watched: bool) -> None:
        super().__init__()
        self._is_watched = is_watched

    def isatty(self) -> bool:
        """Whether a person watches."""
        return self._is_watched


@pytest.fixture(autouse=True)
def handlers_as_before() -> Iterator[None]:
    """What a test does to the handlers is undone."""
    root, container = logging.getLogger().handlers, logger().handlers
    before, own = list(root), list(container)
    yield
    for handler in [each for each in root if each not in before]:
        root.remove(handler)
        handler.close()
    container[:] = own


def test_lines_go_to_the_file_as_json(tmp_path: Path) -> None:
    path = keep_logs(tmp_path, terminal=Terminal(is_watched=False))

    logger().info("request", extra=REQUEST)
    logging.getLogger("local.pump").warning("late")

    first, second = map(json.loads, path.read_text().splitlines())
    assert path == tmp_path / "logs" / "platform.log"
    assert (first["message"], first["route"], first["service"]) == ("request", "/api/loans/{id}", "p2p")
    assert (second["message"], second["level"]) == ("late", "WARNING")


def test_who_watches_sees_one_short_line_a_request(tmp_path: Path) -> None:
    terminal = Terminal(is_watched=True)
    keep_logs(tmp_path, terminal=terminal)

    logger().info("request", extra=REQUEST)

    [line] = terminal.getvalue().splitlines()
    assert line.endswith(" 200 GET /api/loans/{id} 1.5 ms")


def test_where_nobody_watches_only_trouble_is_shown_in_one_line(tmp_path: Path) -> None:
    terminal = Terminal(is_watched=False)
    keep_logs(tmp_path, terminal=terminal)

    logger().info("request", extra=REQUEST)
    try:
        raise ValueError("detail")
    except ValueError:
        logger().exception("job failed", extra={"job": "reconcile_ledger"})

    [line] = terminal.getvalue().splitlines()
    assert line.endswith(" ERROR job failed reconcile_ledger")


def test_a_file_a_day_is_kept_for_seven_days(tmp_path: Path) -> None:
    path = keep_logs(tmp_path, terminal=Terminal(is_watched=False))
    [handler] = [each for each in logging.getLogger().handlers if isinstance(each, TimedRotatingFileHandler)]
    first = datetime(2026, 3, 1, tzinfo=UTC)

    for day in range(10):
        logger().info("request", extra=REQUEST)
        handler.rolloverAt = int((first + timedelta(days=day + 1)).timestamp())
        handler.doRollover()

    kept = sorted(each.name for each in path.parent.iterdir())
    assert kept == ["platform.log", *(f"platform.log.2026-03-{day:02d}" for day in range(4, 11))]
    assert len(kept) == DAYS_KEPT + 1


def test_a_folder_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    (tmp_path / "logs").write_text("a file")

    with pytest.raises(StartFailure, match="logs"):
        keep_logs(tmp_path)
