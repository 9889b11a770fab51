"""`make run` as a process of its own, with a fresh data folder and a free port."""

import http.client
import json
import socket
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local.database_binary import find_database_binary
from tests.integration.local.running_platform import NO_RATE_LIMITS, running_platform


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
def running_server(variables: Mapping[str, str] = NO_RATE_LIMITS) -> Iterator[RunningServer]:
    """Run `make run`'s program until the block ends; ``variables`` are added to its environment."""
    with tempfile.TemporaryDirectory(prefix="p2p-bench-") as name:
        folder, database = Path(name), str(find_database_binary())
        with running_platform(folder, None, DYNOXIDE=database, **variables) as platform:
            try:
                yield RunningServer(platform.port, platform.process.pid, folder)
            finally:
                platform.stop()
