"""One client's connection: reads requests within limits, writes each answer in one piece, keeps alive."""

from __future__ import annotations

import contextlib
import socket
import time
import uuid
from email.message import Message
from email.utils import formatdate
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from typing import TYPE_CHECKING, ClassVar, Final

from local.http_messages import HttpRequest, HttpResponse, refusal

if TYPE_CHECKING:
    from local.server import LocalServer

LARGEST_BODY: Final = 10 * 1024 * 1024  # API Gateway's own limit; the platform's is lower and answers by itself
LARGEST_HEADERS: Final = 10_240  # bytes in all, as API Gateway allows

_IDLE_SECONDS: Final = 75.0
_LINGER_SECONDS: Final = 1.0
_LINGER_BYTES: Final = 32 * 1024 * 1024
_OF_THE_CONNECTION: Final = frozenset(
    {"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"}
)
_EMPTY_LINES: Final = (b"\r\n", b"\n")  # some clients end a body with one; RFC 9112 says to skip it
_WITHOUT_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})


class Unacceptable(Exception):
    """The request breaks a limit or the protocol: it is answered, and the connection is closed."""

    def __init__(self, status: HTTPStatus, code: str, detail: str) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail


class Connection(BaseHTTPRequestHandler):
    """Serves the requests of one connection, one after the other."""

    protocol_version = "HTTP/1.1"
    timeout = _IDLE_SECONDS
    # A second small write on a connection waits for the client's delayed acknowledgement, some 40 ms.
    disable_nagle_algorithm = True
    wbufsize = -1
    server: LocalServer

    _phrases: ClassVar = {status.value: status.phrase for status in HTTPStatus}

    def handle_one_request(self) -> None:
        """Read one request and answer it; a closed or silent connection ends quietly."""
        try:
            with self.server.waiting(self.connection):
                line = self.rfile.readline(65537)
            if not line:
                self.close_connection = True
            elif line not in _EMPTY_LINES:
                self._serve(line)
        except (TimeoutError, ConnectionError):
            self.close_connection = True

    def handle_expect_100(self) -> bool:
        """Ask for the body at once, unless it would be refused anyway."""
        self._body_length()
        self.wfile.write(b"HTTP/1.1 100 Continue\r\n\r\n")
        self.wfile.flush()
        return True

    def send_error(self, code: int, message: str | None = None, explain: str | None = None) -> None:
        """Called by the parser for what is no HTTP."""
        status = HTTPStatus(code)
        raise Unacceptable(status, status.name.lower(), explain or message or status.description)

    def _serve(self, line: bytes) -> None:
        self.command = ""
        self.request_version = self.protocol_version
        try:
            request = self._read(line)
        except Unacceptable as error:
            self.close_connection = True
            request_id = str(uuid.uuid4())
            self._write(refusal(error.status, error.code, error.detail, request_id))
            self._linger()
            return
        answer = self.server.answer(request)
        if self.server.stopping:
            self.close_connection = True
        self._write(answer)

    def _read(self, line: bytes) -> HttpRequest:
        if len(line) > 65536:
            raise Unacceptable(HTTPStatus.REQUEST_URI_TOO_LONG, "uri_too_long", "The address is too long.")
        self.raw_requestline = line
        if not self.parse_request():
            raise Unacceptable(HTTPStatus.BAD_REQUEST, "malformed_request", "This is no HTTP request.")
        _check_headers(self.headers)
        return HttpRequest(
            method=self.command,
            target=_origin_form(self.path),
            headers=tuple(self.headers.items()),
            body=self._body(),
            source_ip=str(self.client_address[0]),
            protocol=self.request_version,
        )

    def _body(self) -> bytes:
        length = self._body_length()
        body = self.rfile.read(length) if length else b""
        if len(body) < length:
            raise ConnectionError("the client went away in the middle of the body")
        return body

    def _body_length(self) -> int:
        if self.headers.get("Transfer-Encoding"):
            raise Unacceptable(
                HTTPStatus.LENGTH_REQUIRED,
                "length_required",
                "Send the body with a Content-Length, not in chunks.",
            )
        given = set(self.headers.get_all("Content-Length", ["0"]))
        text = given.pop()
        if given or not (text.isascii() and text.isdigit()):
            raise Unacceptable(HTTPStatus.BAD_REQUEST, "malformed_request", "Content-Length is not one number.")
        if len(text) > 12 or int(text) > LARGEST_BODY:
            raise Unacceptable(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", "The body is too large.")
        return int(text)

    def _write(self, answer: HttpResponse) -> None:
        body = b"" if answer.status in _WITHOUT_BODY or answer.status < HTTPStatus.OK else answer.body
        lines = [f"HTTP/1.1 {answer.status} {self._phrases.get(answer.status, '')}"]
        lines += [f"{name}: {value}" for name, value in answer.headers if name.lower() not in _OF_THE_CONNECTION]
        lines.append(f"Date: {formatdate(time.time(), usegmt=True)}")
        if answer.status not in _WITHOUT_BODY:
            lines.append(f"Content-Length: {len(body)}")
        lines.append(f"Connection: {'close' if self.close_connection else 'keep-alive'}")
        head = ("\r\n".join(lines) + "\r\n\r\n").encode("iso-8859-1", errors="replace")
        self.wfile.write(head if self.command == "HEAD" else head + body)
        self.wfile.flush()

    def _linger(self) -> None:
        """Read on for a moment: closing with unread data would reset the connection and lose our answer."""
        with contextlib.suppress(OSError):
            self.connection.shutdown(socket.SHUT_WR)
            self.connection.settimeout(_LINGER_SECONDS)
            rest = _LINGER_BYTES
            while rest > 0 and (chunk := self.connection.recv(65536)):
                rest -= len(chunk)

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing: the platform writes one line per request itself."""


def _check_headers(headers: Message) -> None:
    size = sum(len(name) + len(str(value)) + 4 for name, value in headers.items())
    if size > LARGEST_HEADERS:
        raise Unacceptable(
            HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE, "headers_too_large", "The headers are too large."
        )


def _origin_form(target: str) -> str:
    """The path and query of a request target, which a proxy may have sent as a whole URL."""
    scheme, found, rest = target.partition("://")
    if target.startswith("/") or not found or not scheme.isalpha():
        return target
    return "/" + rest.partition("/")[2]
