"""A pool of connections to one service: requests in one piece, responses parsed by llhttp (httptools).

The standard library opens sockets and speaks TLS. botocore's session serves any service through any proxy; for a plain
connection this pool does the same exchange with a fifth of the work.
"""

from __future__ import annotations

import select
import socket
import ssl
import weakref
from collections import deque
from collections.abc import Callable, Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final, Self
from urllib.parse import urlsplit

from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import get_cert_path
from httptools import HttpParserError, HttpResponseParser

_PIECE_BYTES: Final = 65_536
_PORTS: Final = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class HttpResponse:
    """A response with what botocore reads of it; header names are in lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Timeouts:
    """Seconds to wait for a connection, and for each piece of a response."""

    connect: float
    read: float


class HttpPool:
    """Replaces the ``http_session`` of a botocore endpoint."""

    @classmethod
    def replacing(cls, session: Any, url: str, timeouts: Timeouts, *, max_idle: int) -> Self | None:
        """Return a pool to use instead of botocore's session; None if that does more, such as using a proxy."""
        if session._proxy_config.proxy_url_for(url) or session._cert_file or not session._verify:
            return None
        return cls(url, timeouts, certificates=get_cert_path(session._verify), max_idle=max_idle)

    def __init__(self, url: str, timeouts: Timeouts, *, certificates: str | None, max_idle: int) -> None:
        parts = urlsplit(url)
        self._url = url
        self._address = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        self._first_line = f"POST {parts.path or '/'} HTTP/1.1\r\n"
        self._host = parts.netloc
        self._uses_tls = parts.scheme == "https"
        self._certificates = certificates
        self._timeouts = timeouts
        self._max_idle = max_idle
        self._idle: deque[_Connection] = deque()
        weakref.finalize(self, _close, self._idle)

    def send(self, request: Any) -> HttpResponse:
        """Send a POST request that botocore has prepared and return the response.

        Raises:
            EndpointConnectionError, ConnectTimeoutError, SSLError: the connection could not be opened.
            ReadTimeoutError: the response did not arrive in time.
            ConnectionClosedError: the connection was lost before the response was complete.
        """
        headers = request.headers if "Host" in request.headers else {"Host": self._host, **request.headers}
        texts = [(name, text if isinstance(text, str) else text.decode("latin-1")) for name, text in headers.items()]
        lines = "".join([f"{name}: {text}\r\n" for name, text in texts])
        if lines.count("\n") != len(texts) or lines.count("\r") != len(texts):
            raise ValueError("a header contains a line break")
        sent = f"{self._first_line}{lines}\r\n".encode("latin-1") + request.body
        connection = self._idle_connection() or self._open()
        try:
            received = connection.exchange(sent)
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=self._url, error=error) from error
        except (OSError, HttpParserError) as error:
            raise ConnectionClosedError(endpoint_url=self._url, error=error, request=request) from error
        if connection.is_open and len(self._idle) < self._max_idle:
            self._idle.append(connection)
        else:
            connection.close()
        return received

    def close(self) -> None:
        _close(self._idle)

    def _idle_connection(self) -> _Connection | None:
        """Take an idle connection that the server hasn't closed."""
        with suppress(IndexError):  # another thread may have taken the last one
            while True:
                connection = self._idle.pop()
                if not connection.incoming.poll(0):  # between exchanges there is nothing to read except its end
                    return connection
                connection.close()
        return None

    def _open(self) -> _Connection:
        try:
            plain = socket.create_connection(self._address, timeout=self._timeouts.connect)
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self._url, error=error) from error
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened = self._wrap_tls(plain) if self._uses_tls else plain
        opened.settimeout(self._timeouts.read)
        return _Connection(opened)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """The TLS context, created on first use because loading the certificate authorities is slow."""
        return ssl.create_default_context(cafile=self._certificates)

    def _wrap_tls(self, plain: socket.socket) -> ssl.SSLSocket:
        try:
            return self._tls.wrap_socket(plain, server_hostname=self._address[0])
        except TimeoutError as error:
            plain.close()
            raise ConnectTimeoutError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            plain.close()
            raise SSLError(endpoint_url=self._url, error=error) from error


class _Connection:
    """One connection. A failed exchange closes it, because its state is then unknown."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self.incoming = select.poll()
        self.incoming.register(opened, select.POLLIN)
        self.is_open = True

    def exchange(self, request: bytes) -> HttpResponse:
        """Send a request and read its response.

        Raises:
            OSError: the connection was lost or timed out.
            HttpParserError: the data received is not an HTTP response.
        """
        pieces: list[bytes] = []
        response = _IncomingResponse(on_body=pieces.append)
        parser = HttpResponseParser(response)
        try:
            self._socket.sendall(request)
            while not response.is_complete:
                piece = self._socket.recv(_PIECE_BYTES)
                if not piece:
                    raise ConnectionResetError("the connection ended before the response did")
                parser.feed_data(piece)
        except BaseException:
            self.close()
            raise
        self.is_open = (
            parser.get_http_version() == "1.1" and "close" not in response.headers.get("connection", "").lower()
        )
        return HttpResponse(parser.get_status_code(), response.headers, b"".join(pieces))

    def close(self) -> None:
        self.is_open = False
        self._socket.close()


def _close(idle: deque[_Connection]) -> None:
    with suppress(IndexError):
        while True:
            idle.pop().close()


@dataclass(slots=True)
class _IncomingResponse:
    """Collects a response; httptools calls the methods by these names."""

    on_body: Callable[[bytes], None]
    headers: dict[str, str] = field(default_factory=dict)
    is_complete: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_message_complete(self) -> None:
        self.is_complete = True
