"""Connections to one service, kept alive: a request goes out in one piece, and llhttp (by httptools) reads the answer.

The standard library opens the sockets and speaks TLS. botocore's own session serves every service in any surroundings;
where nothing special is asked of it, this does the same exchange with a fifth of the work.
"""

from __future__ import annotations

import select
import socket
import ssl
import weakref
from collections import deque
from collections.abc import Mapping
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
    """An answer, as far as botocore reads it; names of headers are in lower case."""

    status_code: int
    headers: Mapping[str, str]
    content: bytes


@dataclass(frozen=True, slots=True)
class Timeouts:
    """How long to wait, in seconds: for a connection, and for each piece of an answer."""

    connect: float
    read: float


class HttpPool:
    """Takes the place of a botocore endpoint's ``http_session``."""

    @classmethod
    def like(cls, session: Any, url: str, patience: Timeouts, *, most_idle: int) -> Self | None:
        """Connections that serve as botocore's session does; None where that does more, such as to pass a proxy."""
        if session._proxy_config.proxy_url_for(url) or session._cert_file or not session._verify:
            return None
        return cls(url, patience, certificates=get_cert_path(session._verify), most_idle=most_idle)

    def __init__(self, url: str, patience: Timeouts, *, certificates: str | None, most_idle: int) -> None:
        parts = urlsplit(url)
        self._url = url
        self._place = (parts.hostname or "", parts.port or _PORTS[parts.scheme])
        self._first_line = f"POST {parts.path or '/'} HTTP/1.1\r\n"
        self._host = parts.netloc
        self._is_secured = parts.scheme == "https"
        self._certificates = certificates
        self._patience = patience
        self._most_idle = most_idle
        self._idle: deque[_Connection] = deque()
        weakref.finalize(self, _close, self._idle)

    def send(self, request: Any) -> HttpResponse:
        """Exchange a POST that botocore has prepared for its answer.

        Raises:
            EndpointConnectionError, ConnectTimeoutError, SSLError: no connection came about.
            ReadTimeoutError: the answer did not come in time.
            ConnectionClosedError: the connection was lost before the answer was complete.
        """
        sent = self._head_of(request.headers) + request.body
        connection = self._kept() or self._opened()
        try:
            received = connection.exchange(sent)
        except TimeoutError as error:
            raise ReadTimeoutError(endpoint_url=self._url, error=error) from error
        except (OSError, HttpParserError) as error:
            raise ConnectionClosedError(endpoint_url=self._url, error=error, request=request) from error
        self._keep(connection)
        return received

    def close(self) -> None:
        """Close what is idle."""
        _close(self._idle)

    def _head_of(self, headers: Mapping[str, str | bytes]) -> bytes:
        named = headers if "Host" in headers else {"Host": self._host, **headers}
        lines = "".join([f"{name}: {_text(value)}\r\n" for name, value in named.items()])
        if lines.count("\n") != len(named) or lines.count("\r") != len(named):
            raise ValueError("a header holds a line break")
        return f"{self._first_line}{lines}\r\n".encode("latin-1")

    def _kept(self) -> _Connection | None:
        """An idle connection that the other side has not closed meanwhile."""
        while connection := _taken(self._idle):
            if connection.is_quiet():
                return connection
            connection.close()
        return None

    def _keep(self, connection: _Connection) -> None:
        if connection.is_open and len(self._idle) < self._most_idle:
            self._idle.append(connection)
        else:
            connection.close()

    def _opened(self) -> _Connection:
        try:
            plain = socket.create_connection(self._place, timeout=self._patience.connect)
        except TimeoutError as error:
            raise ConnectTimeoutError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            raise EndpointConnectionError(endpoint_url=self._url, error=error) from error
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        opened = self._secured(plain) if self._is_secured else plain
        opened.settimeout(self._patience.read)
        return _Connection(opened)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        """Reading the authorities takes a while: whoever needs no connection waits for nothing."""
        return ssl.create_default_context(cafile=self._certificates)

    def _secured(self, plain: socket.socket) -> ssl.SSLSocket:
        try:
            return self._tls.wrap_socket(plain, server_hostname=self._place[0])
        except TimeoutError as error:
            plain.close()
            raise ConnectTimeoutError(endpoint_url=self._url, error=error) from error
        except OSError as error:
            plain.close()
            raise SSLError(endpoint_url=self._url, error=error) from error


class _Connection:
    """One connection. A failed exchange closes it: nobody knows what would come next."""

    def __init__(self, opened: socket.socket) -> None:
        self._socket = opened
        self._incoming = select.poll()
        self._incoming.register(opened, select.POLLIN)
        self.is_open = True

    def exchange(self, request: bytes) -> HttpResponse:
        """Send a request and read its answer.

        Raises:
            OSError: the connection was lost, or too slow.
            HttpParserError: what came is no answer.
        """
        answer = _Answer()
        parser = HttpResponseParser(answer)
        try:
            self._socket.sendall(request)
            while not answer.is_complete:
                parser.feed_data(self._piece())
        except BaseException:
            self.close()
            raise
        self.is_open = (
            parser.get_http_version() == "1.1" and "close" not in answer.headers.get("connection", "").lower()
        )
        return HttpResponse(parser.get_status_code(), answer.headers, b"".join(answer.pieces))

    def is_quiet(self) -> bool:
        """Whether nothing waits to be read. Between two exchanges only the connection's end can."""
        return not self._incoming.poll(0)

    def close(self) -> None:
        """Give it up."""
        self.is_open = False
        self._socket.close()

    def _piece(self) -> bytes:
        piece = self._socket.recv(_PIECE_BYTES)
        if not piece:
            raise ConnectionResetError("the connection ended before the answer did")
        return piece


def _taken(idle: deque[_Connection]) -> _Connection | None:
    """An idle connection; None where there is none, or another thread has just taken the last."""
    try:
        return idle.pop()
    except IndexError:
        return None


def _close(idle: deque[_Connection]) -> None:
    while connection := _taken(idle):
        connection.close()


@dataclass(slots=True)
class _Answer:
    """What the parser tells of an answer, by the names that it calls."""

    headers: dict[str, str] = field(default_factory=dict)
    pieces: list[bytes] = field(default_factory=list)
    is_complete: bool = False

    def on_header(self, name: bytes, value: bytes) -> None:
        """One header."""
        self.headers[name.decode("latin-1").lower()] = value.decode("latin-1")

    def on_body(self, piece: bytes) -> None:
        """A part of the body."""
        self.pieces.append(piece)

    def on_message_complete(self) -> None:
        """The end."""
        self.is_complete = True


def _text(value: str | bytes) -> str:
    return value.decode("latin-1") if isinstance(value, bytes) else value
