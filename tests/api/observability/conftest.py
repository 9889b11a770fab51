"""Log lines and metric lines of requests."""

import io
import json
import logging
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from chalicelib.observability.logging import logger


class JsonLines:
    """JSON lines of a stream; ``read`` returns all text written so far."""

    def __init__(self, read: Callable[[], str]) -> None:
        self._read = read

    @property
    def text(self) -> str:
        return self._read()

    @property
    def lines(self) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.text.splitlines()]

    def named(self, message: str) -> list[dict[str, Any]]:
        """The lines of one message."""
        return [line for line in self.lines if line["message"] == message]


@pytest.fixture
def logs() -> Iterator[JsonLines]:
    """The logs in the platform's own format."""
    stream = io.StringIO()
    handler = logging.StreamHandler(stream)
    handler.setFormatter(logger().registered_formatter)
    logging.getLogger().addHandler(handler)
    yield JsonLines(stream.getvalue)
    logging.getLogger().removeHandler(handler)


@pytest.fixture
def emitted(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> JsonLines:
    """The metric lines, as CloudWatch finds them on the standard output."""
    monkeypatch.setenv("METRICS", "on")
    found: list[str] = []

    def read() -> str:
        found.extend(line for line in capsys.readouterr().out.splitlines() if '"CloudWatchMetrics"' in line)
        return "\n".join(found)

    return JsonLines(read)
