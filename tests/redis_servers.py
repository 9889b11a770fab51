"""Redis-compatible server for one test, on a free port. It can be stopped, frozen and restarted."""

import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedRWPair
from pathlib import Path
from typing import Final

from local.external_programs import REDIS, Program
from tests.external_programs import path_or_skip
from tests.integration.local.running_platform import free_port

_READY_SECONDS: Final = 10.0
_SLOTS: Final = "0 16383"
_NOT_IN_A_SERVERLESS_CACHE: Final = ("KEYS", "SELECT", "CONFIG", "MULTI")


class RedisServer:
    """Server process without persistence. ``options`` are passed on the command line."""

    def __init__(self, program: Path, folder: Path, *options: str, port: int | None = None) -> None:
        self.port = port or free_port()
        self._command = [str(program), "--bind", "127.0.0.1", "--save", "", "--appendonly", "no", "--dir", str(folder)]
        self._command += options or ("--port", str(self.port))
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def url(self) -> str:
        """Value for ``CACHE_URL``."""
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> None:
        """Start an empty server and wait until it accepts connections."""
        self._process = subprocess.Popen(self._command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        until = time.monotonic() + _READY_SECONDS
        while not self._listens():
            assert self._process.poll() is None, "the server exited"
            assert time.monotonic() < until, "the server does not accept connections"
            time.sleep(0.02)

    def stop(self) -> None:
        """Kill the server if it is running."""
        process, self._process = self._process, None
        if process is not None:
            process.kill()
            process.wait()

    def freeze(self) -> None:
        """Suspend the server with all connections open, so that it does not respond."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """Resume the suspended server."""
        self._signal(signal.SIGCONT)

    def _signal(self, number: int) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _listens(self) -> bool:
        try:
            with socket.create_connection(("127.0.0.1", self.port), timeout=1):
                return True
        except OSError:
            return False


@contextmanager
def a_redis_server(*options: str, port: int | None = None, program: Program = REDIS) -> Iterator[RedisServer]:
    """Run a server for the duration of the context."""
    with tempfile.TemporaryDirectory() as folder:
        server = RedisServer(path_or_skip(program), Path(folder), *options, port=port)
        server.start()
        try:
            yield server
        finally:
            server.stop()


@contextmanager
def a_cluster_of_one() -> Iterator[RedisServer]:
    """Run a cluster of one server that behaves as a serverless cache: keys are in slots, there is one database, and
    some commands are missing. MULTI is missing too, so that nothing depends on two keys sharing a slot.
    """
    port, between_nodes = free_port(), free_port()  # the default, port + 10000, may be out of range
    missing = [word for name in _NOT_IN_A_SERVERLESS_CACHE for word in ("--rename-command", name, "")]
    options = ("--port", str(port), "--cluster-port", str(between_nodes), "--cluster-enabled", "yes", *missing)
    with a_redis_server(*options, port=port) as server:
        with (
            socket.create_connection(("127.0.0.1", port), timeout=_READY_SECONDS) as connection,
            connection.makefile("rwb") as stream,
        ):
            _send(stream, f"CLUSTER ADDSLOTSRANGE {_SLOTS}")
            until = time.monotonic() + _READY_SECONDS
            while not _send(stream, "SET ready 1").startswith(b"+OK"):
                assert time.monotonic() < until, "the cluster accepts no keys"
                time.sleep(0.02)
            _send(stream, "DEL ready")
        yield server


def _send(stream: BufferedRWPair, command: str) -> bytes:
    stream.write(f"{command}\r\n".encode())
    stream.flush()
    return stream.readline()
