"""Start the whole local platform as `make run` does, on a free port and with data of its own."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from tests.architecture.source import ROOT

NO_RATE_LIMITS: Final = {
    **dict.fromkeys(("THROTTLE_RATE", "THROTTLE_AUTH", "THROTTLE_USER", "THROTTLE_ANON"), "off"),
    "MAX_OPEN_REQUESTS": "1000000",
}
"""Settings without limits of requests, of loan requests too."""
_READY_SECONDS: Final = 60.0


@dataclass(slots=True)
class RunningPlatform:
    """A `local.run` process that is ready."""

    process: subprocess.Popen[str]
    port: int
    data: Path
    output: str

    @property
    def database_pid(self) -> int:
        """The process id of its database."""
        return int(json.loads((self.data / "database.json").read_text())["pid"])

    def call(self, method: str, path: str, body: object = None, token: str | None = None) -> tuple[int, Any]:
        """Send a request; return the status and the JSON of the response, None without content."""
        headers = {"Content-Type": "application/json"} | ({"Authorization": f"Bearer {token}"} if token else {})
        sent = None if body is None else json.dumps(body).encode()
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}{path}", data=sent, headers=headers, method=method
        )
        try:
            with urllib.request.urlopen(request, timeout=30) as response:
                content = response.read()
                return response.status, json.loads(content) if content else None
        except urllib.error.HTTPError as error:
            with error:
                return error.code, json.loads(error.read())

    def token_of(self, username: str, password: str) -> str:
        """Return an access token of a user."""
        status, response = self.call("POST", "/api/users/login/", {"username": username, "password": password})
        assert status == 200, response
        return str(response["token"])

    def stop(self, number: int = signal.SIGTERM) -> int:
        """Send a signal to the server alone and wait for its end; return its exit status."""
        self.process.send_signal(number)
        self.output += self.process.communicate(timeout=30)[0]
        return self.process.returncode


@contextlib.contextmanager
def running_platform(data: Path, port: int | None = None, **variables: str) -> Iterator[RunningPlatform]:
    """Start the platform, wait until it is ready, and end it after the block."""
    chosen = port or free_port()
    process = start(data, chosen, **variables)
    running = RunningPlatform(process, chosen, data, output="")
    try:
        running.output = _read_until_ready(process)
        yield running
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate(timeout=30)


@contextlib.contextmanager
def running_server(data: Path, **variables: str) -> Iterator[str]:
    """Start the platform without rate limits, unless variables set them; yield its URL, and stop it."""
    with running_platform(data, None, **(NO_RATE_LIMITS | variables)) as platform:
        yield f"http://localhost:{platform.port}"
        platform.stop()


def start(data: Path, port: int, **variables: str) -> subprocess.Popen[str]:
    """Start the process of `make run`, with standard output and errors in one pipe."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    environment |= {"PORT": str(port), "DATA_DIR": str(data), "THROTTLE_AUTH": "off", "PYTHONUNBUFFERED": "1"}
    return subprocess.Popen(
        [sys.executable, "-m", "local.run"],
        cwd=ROOT, env=environment | variables, text=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
    )  # fmt: skip


def free_port() -> int:
    """Return a port on which no program listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def is_running(pid: int) -> bool:
    """Return whether a process exists and is no zombie."""
    listed = subprocess.run(["ps", "-o", "stat=", "-p", str(pid)], capture_output=True, text=True, check=False)
    return listed.stdout.strip() != "" and not listed.stdout.startswith("Z")


def ends(pid: int) -> bool:
    """Return whether a process ends within ten seconds."""
    until = time.monotonic() + 10
    while is_running(pid) and time.monotonic() < until:
        time.sleep(0.02)
    return not is_running(pid)


def _read_until_ready(process: subprocess.Popen[str]) -> str:
    """Read the output of the start; communicate() reads the rest at the end."""
    output = ""
    until = time.monotonic() + _READY_SECONDS
    while "make seed-loan" not in output:
        line = process.stdout.readline() if process.stdout else ""
        output += line
        assert line, f"it ended before it was ready:\n{output}"
        assert time.monotonic() < until, f"it was not ready in time:\n{output}"
    return output
