"""The local HTTP/1.1 server: a thread per connection, in front of the gateway."""

import contextlib
import errno
import socket
import threading
import time
from collections.abc import Callable, Iterator
from socketserver import TCPServer, ThreadingMixIn
from typing import Any, Final

from local.connection import Connection
from local.errors import StartError
from local.http_messages import HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], HttpResponse]

_FINISH_SECONDS: Final = 10.0


class PortInUseError(StartError):
    """Another program listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} is in use by another program, perhaps by another `make run`.\n"
            f"Stop that program, or choose another port: PORT={port + 1} make run"
        )


class LocalServer(ThreadingMixIn, TCPServer):
    """Listen from the construction on; respond from ``start`` to ``stop``.

    Args:
        respond: returns the response to a request; called from many threads.
        port: the port on the loopback interface; 0 takes any free port.

    Raises:
        PortInUseError: another program listens on the port.
    """

    allow_reuse_address = True
    daemon_threads = True
    block_on_close = False
    request_queue_size = 256

    def __init__(self, respond: Respond, *, port: int, host: str = "127.0.0.1") -> None:
        self.respond = respond
        self.stopping = False
        self._lock = threading.Lock()
        self._idle: set[socket.socket] = set()
        self._open = 0
        self._accepting: threading.Thread | None = None
        try:
            super().__init__((host, port), Connection)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                raise PortInUseError(port) from error
            raise

    @property
    def port(self) -> int:
        return int(self.server_address[1])

    def start(self) -> None:
        """Accept connections, in a thread of its own."""
        self._accepting = threading.Thread(target=self.serve_forever, args=(0.1,), name="http", daemon=True)
        self._accepting.start()

    def stop(self) -> None:
        """Accept no more requests, let the running ones finish within ten seconds, and close."""
        self.stopping = True
        if self._accepting is not None:
            self.shutdown()
            self._accepting.join()
        self.server_close()
        self._close_idle_connections()
        until = time.monotonic() + _FINISH_SECONDS
        while self._open and time.monotonic() < until:
            time.sleep(0.01)

    @contextlib.contextmanager
    def waiting(self, connection: socket.socket) -> Iterator[None]:
        """Mark a connection as idle, so that ``stop`` may close it."""
        with self._lock:
            self._idle.add(connection)
        if self.stopping:  # it became idle after stop() listed the idle ones
            _shut_down(connection)
        try:
            yield
        finally:
            with self._lock:
                self._idle.discard(connection)

    def process_request(self, request: Any, client_address: Any) -> None:
        """Count a connection before its thread starts, so that ``stop`` waits for all."""
        with self._lock:
            self._open += 1
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """Serve one connection until it is closed."""
        try:
            super().process_request_thread(request, client_address)
        finally:
            with self._lock:
                self._open -= 1

    def _close_idle_connections(self) -> None:
        with self._lock:
            idle = list(self._idle)
        for connection in idle:
            _shut_down(connection)


def _shut_down(connection: socket.socket) -> None:
    """Let a read on the connection return what has arrived, or nothing."""
    with contextlib.suppress(OSError):
        connection.shutdown(socket.SHUT_RD)
