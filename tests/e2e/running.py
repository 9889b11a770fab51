"""The platform as `make run` starts it, on a free port and in an empty data directory."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parent.parent.parent
START_SECONDS: Final = 60.0
STOP_SECONDS: Final = 20.0
WITHOUT_LIMITS: Final = {
    "THROTTLE_RATE": "off",
    "THROTTLE_AUTH": "off",
    "THROTTLE_USER": "off",
    "THROTTLE_ANON": "off",
}


class NotStarted(AssertionError):
    """The platform did not come up; the message ends with what it printed."""


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_platform(data_directory: Path, **environment: str) -> Iterator[str]:
    """Start what `make run` starts, and stop it again. Yields the base URL, without a trailing slash.

    Rate limits are off unless ``environment`` sets them: many people share the address of a test.
    """
    port = free_port()
    url = f"http://localhost:{port}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    place = {"PORT": str(port), "DATA_DIR": str(data_directory)}
    settings = {**inherited, **WITHOUT_LIMITS, **place, **environment}
    log_file = data_directory / "server.log"
    data_directory.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.run"], cwd=ROOT, env=settings, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _await_answer(url, process, log_file)
            yield url
        finally:
            _stop(process)


def _await_answer(url: str, process: subprocess.Popen[bytes], log_file: Path) -> None:
    until = time.monotonic() + START_SECONDS
    while time.monotonic() < until and process.poll() is None:
        if _answers(f"{url}/health"):
            return
        time.sleep(0.1)
    raise NotStarted(log_file.read_text("utf-8", "replace")[-4000:])


def _answers(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:  # refused, reset, or too slow an answer: not up yet
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
