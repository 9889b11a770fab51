"""The local HTTP/1.1 server: waitress in front of the gateway, with limits on time, size and connections."""

import contextlib
import errno
import logging
import resource
import socket
import threading
import time
from typing import Any, Final

from waitress import wasyncore
from waitress.adjustments import Adjustments
from waitress.server import TcpWSGIServer
from waitress.task import ThreadedTaskDispatcher

from chalicelib.api.request import MAX_FILE_BYTES
from local.environment import PARALLEL_CLIENTS
from local.errors import StartError
from local.http_channel import Channel
from local.wsgi import Respond, wsgi_application

MAX_HEADER_BYTES: Final = 10_240  # of the request line and all headers, as in API Gateway
MAX_CONNECTIONS: Final = 1_000
REQUEST_SECONDS: Final = 10.0

_IDLE_SECONDS: Final = 75
_FINISH_SECONDS: Final = 10.0
_LOOP_SECONDS: Final = 1.0
_STOPPING_LOOP_SECONDS: Final = 0.02
_FILES: Final = MAX_CONNECTIONS + 1_000  # connections, and what the rest of the program opens


class PortInUseError(StartError):
    """Another program listens on the port."""

    def __init__(self, port: int) -> None:
        super().__init__(
            f"Port {port} is in use by another program, perhaps by another `make run`.\n"
            f"Stop that program, or choose another port: PORT={port + 1} make run"
        )


class LocalServer:
    """Listen from the construction on; respond from ``start`` to ``stop``.

    One thread reads all requests, so that slow clients keep no other waiting; 64 threads respond.

    Args:
        respond: returns the response to a request; called from many threads.
        port: the port on the loopback interface; 0 takes any free port.
        request_seconds: a client has so long to send a whole request, counted from its first byte, or from the start
            of the connection, and to take some more of a response.
        connections: how many are open at a time; further clients wait.

    Raises:
        PortInUseError: another program listens on the port.
    """

    def __init__(
        self,
        respond: Respond,
        *,
        port: int,
        host: str = "127.0.0.1",
        request_seconds: float = REQUEST_SECONDS,
        connections: int = MAX_CONNECTIONS,
    ) -> None:
        self.respond = respond
        self._threads = ThreadedTaskDispatcher()
        self._thread: threading.Thread | None = None
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)  # a queue is normal
        _allow_open_files(_FILES)
        listening = _listen(host, port)
        self._server = _Server(
            wsgi_application(lambda request: self.respond(request)),
            dispatcher=self._threads,
            adj=_limits(host, connections),
            sockinfo=(listening.family, listening.type, listening.proto, listening.getsockname()),
            _sock=listening,  # as waitress's create_server does
            bind_socket=False,
        )
        self._server.request_seconds = request_seconds

    @property
    def port(self) -> int:
        return int(self._server.effective_port)

    def start(self) -> None:
        """Respond to requests, in threads of its own."""
        self._threads.set_thread_count(PARALLEL_CLIENTS)
        self._thread = threading.Thread(target=self._server.serve, name="http", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Accept no more requests, let the running ones finish within ten seconds, and close."""
        if self._thread is not None:
            self._server.stopping = True
            self._server.pull_trigger()
            self._thread.join()
            self._thread = None
        self.close()

    def close(self) -> None:
        """Release the port and the threads."""
        self._server.close()
        self._threads.shutdown(timeout=1)


class _Server(TcpWSGIServer):
    """waitress's server, which can stop."""

    channel_class = Channel
    stopping = False
    request_seconds = REQUEST_SECONDS

    def serve(self) -> None:
        """Serve until ``stopping`` is set and all running requests have finished."""
        while not self.stopping:
            self._loop_once(_LOOP_SECONDS)
        wasyncore.dispatcher.close(self)  # no more connections
        until = time.monotonic() + _FINISH_SECONDS
        while self.active_channels and time.monotonic() < until:
            self._loop_once(_STOPPING_LOOP_SECONDS)
            for channel in list(self.active_channels.values()):
                if channel.is_idle():
                    channel.handle_close()
        for channel in list(self.active_channels.values()):
            channel.close()

    def maintenance(self, now: float) -> None:
        """Close connections that are idle for long, or on which a client sends or reads too slowly."""
        super().maintenance(now)
        moment = time.monotonic()
        for channel in list(self.active_channels.values()):
            if channel.is_overdue(moment):
                channel.handle_close()  # now: waitress would wait until the client reads

    def _loop_once(self, seconds: float) -> None:
        wasyncore.loop(seconds, use_poll=True, map=self._map, count=1)


def _listen(host: str, port: int) -> socket.socket:
    try:
        return socket.create_server((host, port))
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise PortInUseError(port) from error
        raise


def _limits(host: str, connections: int) -> Any:
    return Adjustments(
        host=host,
        ident=None,
        threads=PARALLEL_CLIENTS,
        connection_limit=connections + 2,  # the listening socket and the wake-up pipe count too
        channel_timeout=_IDLE_SECONDS,
        cleanup_interval=1,
        max_request_header_size=MAX_HEADER_BYTES + 1,
        max_request_body_size=MAX_FILE_BYTES + 1,  # the application checks the limit of each endpoint
        clear_untrusted_proxy_headers=False,  # the gateway appends to X-Forwarded-For
        log_socket_errors=False,
    )


def _allow_open_files(count: int) -> None:
    """Raise the soft limit of this process, which is 256 on some systems, as far as it may."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = count if hard == resource.RLIM_INFINITY else min(count, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with contextlib.suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
