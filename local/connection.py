"""A client's connection: read requests within limits, write each response in one piece, keep alive."""

from __future__ import annotations

import contextlib
import re
import socket
import time
import uuid
from collections.abc import Iterator
from dataclasses import dataclass
from email.utils import formatdate
from functools import lru_cache
from http import HTTPStatus
from socketserver import StreamRequestHandler
from typing import TYPE_CHECKING, Final

from local.http_messages import HttpRequest, HttpResponse, problem_response

if TYPE_CHECKING:
    from local.server import LocalServer

MAX_BODY_BYTES: Final = 10 * 1024 * 1024  # the limit of API Gateway; the platform's own is lower
MAX_HEADER_BYTES: Final = 10_240  # of all headers, as in API Gateway

_MAX_LINE_BYTES: Final = 65_536
_MAX_HEADERS: Final = 100
_IDLE_SECONDS: Final = 75.0
_LINGER_SECONDS: Final = 1.0
_LINGER_BYTES: Final = 32 * 1024 * 1024
_HOP_BY_HOP: Final = frozenset({"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"})
_EMPTY_LINES: Final = (b"\r\n", b"\n")  # some clients end a body with one; RFC 9112 says to skip it
_WITHOUT_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_PHRASES: Final = {status.value: status.phrase for status in HTTPStatus}
_NAME: Final = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_VERSION: Final = re.compile(r"HTTP/(\d+)\.(\d+)")


class RequestRejected(Exception):
    """The request breaks a limit or the protocol: the client gets an error, and the connection is closed."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


@dataclass(frozen=True, slots=True)
class Head:
    """The request line and the headers of a request."""

    method: str
    target: str
    version: str
    headers: tuple[tuple[str, str], ...]

    def all(self, name: str) -> list[str]:
        return [value for key, value in self.headers if key.lower() == name]

    def keeps_alive(self) -> bool:
        """Return whether the client wants to send another request on the connection."""
        options = ",".join(self.all("connection")).lower()
        return "keep-alive" in options if self.version == "HTTP/1.0" else "close" not in options

    def body_length(self) -> int:
        """Return the length of the body in bytes.

        Raises:
            RequestRejected: the length is missing, malformed or too large.
        """
        if self.all("transfer-encoding"):
            detail = "Send the body with a Content-Length, not in chunks."
            raise RequestRejected(HTTPStatus.LENGTH_REQUIRED, "length_required", detail)
        given = set(self.all("content-length")) or {"0"}
        text = given.pop()
        if given or not (text.isascii() and text.isdigit()):
            raise RequestRejected(HTTPStatus.BAD_REQUEST, "malformed_request", "Content-Length is not one number.")
        if len(text) > 12 or int(text) > MAX_BODY_BYTES:
            raise RequestRejected(
                HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "The request body is too large."
            )
        return int(text)


class Connection(StreamRequestHandler):
    """Serve the requests of one connection, one after the other."""

    timeout = _IDLE_SECONDS
    # A second small write on a connection waits for the client's delayed acknowledgement, some 40 ms.
    disable_nagle_algorithm = True
    server: LocalServer

    def handle(self) -> None:
        """Serve requests until either side closes; a closed or silent connection ends quietly."""
        with contextlib.suppress(TimeoutError, ConnectionError):
            while self._serve_next():
                pass

    def _serve_next(self) -> bool:
        """Read a request and respond to it; return whether the connection stays open."""
        with self.server.waiting(self.connection):
            line = self.rfile.readline(_MAX_LINE_BYTES + 1)
        if line in _EMPTY_LINES:
            return True
        if not line:
            return False
        try:
            head = Head(*_request_line(line), tuple(self._headers()))
            request = self._request(head)
        except RequestRejected as error:
            self._write(
                "", problem_response(error.status, error.code, error.detail, str(uuid.uuid4())), keep_alive=False
            )
            self._linger()
            return False
        response = self.server.respond(request)
        keep_alive = head.keeps_alive() and not self.server.stopping
        self._write(head.method, response, keep_alive=keep_alive)
        return keep_alive

    def _headers(self) -> Iterator[tuple[str, str]]:
        size = count = 0
        while (line := self.rfile.readline(_MAX_LINE_BYTES + 1)) not in _EMPTY_LINES:
            if not line:
                raise ConnectionError("the client disconnected in the middle of the headers")
            size, count = size + len(line), count + 1
            if size > MAX_HEADER_BYTES:
                raise RequestRejected(
                    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", "The headers are too large."
                )
            if count > _MAX_HEADERS:
                raise _rejected(HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "There are too many headers.")
            name, colon, value = line.decode("iso-8859-1").partition(":")
            value = value.strip()
            if not colon or not _NAME.fullmatch(name) or "\r" in value or "\0" in value:
                raise _rejected(HTTPStatus.BAD_REQUEST, "A header is malformed.")
            yield name, value

    def _request(self, head: Head) -> HttpRequest:
        length = head.body_length()
        if "100-continue" in (value.lower() for value in head.all("expect")):
            self.connection.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            raise ConnectionError("the client disconnected in the middle of the body")
        source_ip = str(self.client_address[0])
        return HttpRequest(head.method, head.target, head.headers, body, source_ip, head.version)

    def _write(self, method: str, response: HttpResponse, *, keep_alive: bool) -> None:
        has_body = response.status not in _WITHOUT_BODY and response.status >= HTTPStatus.OK
        body = response.body if has_body else b""
        lines = [f"HTTP/1.1 {response.status} {_PHRASES.get(response.status, '')}"]
        lines += [f"{name}: {value}" for name, value in response.headers if name.lower() not in _HOP_BY_HOP]
        lines.append(f"Date: {_http_date(int(time.time()))}")
        if response.status not in _WITHOUT_BODY:
            lines.append(f"Content-Length: {len(body)}")
        lines.append(f"Connection: {'keep-alive' if keep_alive else 'close'}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("iso-8859-1", errors="replace")
        self.connection.sendall(head if method == "HEAD" else head + body)

    def _linger(self) -> None:
        """Read on for a moment: closing with unread data would reset the connection and lose our response."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER_SECONDS)
            rest = _LINGER_BYTES
            while rest > 0 and (chunk := self.connection.recv(65536)):
                rest -= len(chunk)


def _request_line(line: bytes) -> tuple[str, str, str]:
    """Split a request line into method, target and version."""
    if len(line) > _MAX_LINE_BYTES:
        raise RequestRejected(HTTPStatus.REQUEST_URI_TOO_LONG, "uri_too_long", "The address is too long.")
    words = line.decode("iso-8859-1").split()
    version = _VERSION.fullmatch(words[-1]) if len(words) == 3 else None
    if version is None or not _NAME.fullmatch(words[0]):
        raise _rejected(HTTPStatus.BAD_REQUEST, "This is not an HTTP request.")
    if version[1] != "1":
        raise _rejected(HTTPStatus.HTTP_VERSION_NOT_SUPPORTED, "Use HTTP/1.1.")
    return words[0], _origin_form(words[1]), words[2]


def _rejected(status: HTTPStatus, detail: str) -> RequestRejected:
    return RequestRejected(status, status.name.lower(), detail)


def _origin_form(target: str) -> str:
    """Return the path and query of a request target, which a proxy may have sent as a whole URL."""
    scheme, found, rest = target.partition("://")
    if target.startswith("/") or not found or not scheme.isalpha():
        return target
    return "/" + rest.partition("/")[2]


@lru_cache(maxsize=1)
def _http_date(seconds: int) -> str:
    return formatdate(seconds, usegmt=True)
