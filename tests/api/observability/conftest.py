"""Log lines and metric lines of requests."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.observability.logging import logger


class Written:
    """What was written, line by line, as JSON. ``read`` gives all of it so far."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    @property
    def text(self) -> str:
        """All of it."""
        return self._read()

    @property
    def lines(self) -> list[dict[str, Any]]:
        """Its lines."""
        return [json.loads(line) for line in self.text.splitlines()]

    def named(self, message: str) -> list[dict[str, Any]]:
        """The lines of one message."""
        return [line for line in self.lines if line["message"] == message]


@pytest.fixture
def logs() -> Iterator[Written]:
    """What the platform logs, in its own format."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger().registered_formatter)
    logging.getLogger().addHandler(handler)
    yield Written(stream.getvalue)
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Written:
    """The metric lines, as CloudWatch finds them on the standard output."""
    monkeypatch.setenv("METRICS", "on")
    found: list[str] = []

    def read() -> str:
        found.extend(line for line in capsys.readouterr().out.splitlines() if '"CloudWatchMetrics"' in line)
        return "\n".join(found)

    return Written(read)
