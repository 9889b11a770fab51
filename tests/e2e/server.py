"""The platform as `make run` starts it, on a free port and with an empty data directory."""

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
NO_RATE_LIMITS: Final = {
    "THROTTLE_RATE": "off",
    "THROTTLE_AUTH": "off",
    "THROTTLE_USER": "off",
    "THROTTLE_ANON": "off",
}


class ServerNotStartedError(AssertionError):
    """The server did not start. The message is the end of its log."""


def free_port() -> int:
    """Return an unused port of the loopback interface."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextlib.contextmanager
def running_server(data_directory: Path, **environment: str) -> Iterator[str]:
    """Start what `make run` starts, yield its URL without a trailing slash, and stop it.

    Rate limits are off unless ``environment`` sets them, because all users of a test share one address.

    Raises:
        ServerNotStartedError: The server did not respond in time.
    """
    port = free_port()
    url = f"http://localhost:{port}"
    inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    location = {"PORT": str(port), "DATA_DIR": str(data_directory)}
    settings = {**inherited, **NO_RATE_LIMITS, **location, **environment}
    log_file = data_directory / "server.log"
    data_directory.mkdir(parents=True, exist_ok=True)
    with log_file.open("wb") as log:
        process = subprocess.Popen(
            [sys.executable, "-m", "local.run"], cwd=ROOT, env=settings, stdout=log, stderr=subprocess.STDOUT
        )
        try:
            _wait_until_healthy(url, process, log_file)
            yield url
        finally:
            _stop(process)


def _wait_until_healthy(url: str, process: subprocess.Popen[bytes], log_file: Path) -> None:
    deadline = time.monotonic() + START_SECONDS
    while time.monotonic() < deadline and process.poll() is None:
        if _is_healthy(f"{url}/health"):
            return
        time.sleep(0.1)
    raise ServerNotStartedError(log_file.read_text("utf-8", "replace")[-4000:])


def _is_healthy(address: str) -> bool:
    try:
        with urllib.request.urlopen(address, timeout=5):
            return True
    except OSError:  # refused, reset or timed out: not started yet
        return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
