"""`make run` as a process of its own, with a fresh data folder and a free port."""

from __future__ import annotations

import http.client
import json
import os
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from local.database_binary import find_database_binary
from local.environment import ROOT

UNLIMITED: Final = {f"THROTTLE_{name}": "off" for name in ("RATE", "AUTH", "USER", "ANON")}
_READY: Final = "Ready:"


class Connection(http.client.HTTPConnection):
    """A kept-alive connection without Nagle's algorithm: the body follows the header immediately."""

    def connect(self) -> None:
        """Open it."""
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def send(connection: Connection, token: str, method: str, path: str, body: object = None) -> tuple[int, bytes]:
    """Send a request; return the status and the body of its response."""
    headers = {"Content-Type": "application/json"}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    connection.request(method, path, None if body is None else json.dumps(body), headers)
    response = connection.getresponse()
    return response.status, response.read()


@dataclass(frozen=True, slots=True)
class RunningServer:
    """A started `local.run` process: its port, process id and data folder."""

    port: int
    pid: int
    folder: Path

    def connect(self) -> Connection:
        """Open a connection that is kept alive."""
        return Connection("127.0.0.1", self.port, timeout=30)


@dataclass(frozen=True, slots=True)
class ServerUser:
    """A user of a server, signed in if it has a token."""

    connection: Connection
    token: str = ""

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a request that must succeed; return the content of its response.

        Raises:
            RuntimeError: the response is an error.
        """
        status, content = send(self.connection, self.token, method, path, body)
        if status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {status} {content!r}")
        return json.loads(content)


@contextmanager
def running_server(variables: Mapping[str, str] = UNLIMITED) -> Iterator[RunningServer]:
    """Run `make run`'s program until the block ends; ``variables`` are added to its environment."""
    with tempfile.TemporaryDirectory(prefix="p2p-bench-") as folder:
        port = _free_port()
        inherited = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        own = {"DATA_DIR": folder, "PORT": str(port), "DYNOXIDE": str(find_database_binary())}
        with subprocess.Popen(
            [sys.executable, "-m", "local.run"],
            cwd=ROOT,
            env={**inherited, **own, **variables},
            stdout=subprocess.PIPE,
            text=True,
        ) as process:
            try:
                _wait_until_ready(process)
                yield RunningServer(port, process.pid, Path(folder))
            finally:
                process.terminate()
                process.wait()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _wait_until_ready(server: subprocess.Popen[str]) -> None:
    if server.stdout is None or not any(line.startswith(_READY) for line in server.stdout):
        raise RuntimeError("the local server did not start")
    threading.Thread(target=server.stdout.read, daemon=True).start()  # a full pipe would block the server
