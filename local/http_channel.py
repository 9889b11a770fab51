"""Connections of the local server: waitress, with stricter requests, a deadline for each, and our error documents.

waitress names the classes that parse a request and write a response as attributes of its channel. Those below replace
them.
"""

import re
import socket
import time
import uuid
from collections import Counter
from contextlib import suppress
from http import HTTPStatus
from typing import Any, Final

from waitress.channel import HTTPChannel
from waitress.parser import HTTPRequestParser, ParsingError
from waitress.task import ErrorTask, WSGITask
from waitress.utilities import BadRequest

from local.http_messages import problem_response

_LINGER_SECONDS: Final = 2.0
_LINGER_BYTES: Final = 32 * 1024 * 1024
_SINGLE: Final = (b"host", b"content-length", b"content-type", b"transfer-encoding")
_VERSIONS: Final = ("1.0", "1.1")
_OWN_HOST: Final = re.compile(
    r"(?:(?:[a-z0-9-]+\.)*localhost|127(?:\.\d{1,3}){3}|\[::1\])(?::\d*)?", re.IGNORECASE | re.ASCII
)
_BARE_LINE_END: Final = re.compile(rb"(?<!\r)\n|\r(?!\n)")
_CODES: Final = {
    HTTPStatus.BAD_REQUEST: ("malformed_request", "This is not a valid HTTP request: {reason}"),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("body_too_large", "The request body must not exceed 4 MiB."),
    HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE: ("headers_too_large", "The request line and headers are too large."),
    HTTPStatus.NOT_IMPLEMENTED: ("not_implemented", "The only supported transfer encoding is chunked."),
}


class Parser(HTTPRequestParser):
    """Rejects what two programs could read as two different requests (RFC 9112, sections 2.2, 5.2, 6.3 and 7.1.2).

    It also rejects host names that are not this computer's. A web page could give its own name this computer's
    address (DNS rebinding); the browser would then let it read the responses.
    """

    def received(self, data: bytes) -> int:
        """Take bytes of the request; return the number of those taken."""
        taken: int = super().received(data)
        if self.completed and self.chunked and _BARE_LINE_END.search(getattr(self.body_rcv, "trailer", b"")):
            self.error = BadRequest("a trailer has a bare line end")
        if self.error:
            self.expect_continue = False  # the body is not wanted
        return taken

    def parse_header(self, header_plus: bytes) -> None:
        """Parse the request line and the headers.

        Raises:
            ParsingError: they are ambiguous or malformed.
        """
        lines = header_plus.split(b"\r\n")[1:]
        if any(line[:1] in (b" ", b"\t") for line in lines):
            raise ParsingError("a header continues on the next line")
        names = Counter(line.partition(b":")[0].lower() for line in lines)
        repeated = [name.decode() for name in _SINGLE if names[name] > 1]
        if repeated:
            raise ParsingError(f"{repeated[0]} is given twice")
        try:
            super().parse_header(header_plus)
        except ValueError as error:  # a length of thousands of digits, half an IPv6 address
            raise ParsingError("a number or the address is malformed") from error
        if self.version not in _VERSIONS:
            raise ParsingError("the protocol version is unknown")
        if "HOST" in self.headers and not _OWN_HOST.fullmatch(self.headers["HOST"]):
            raise ParsingError("the host is not this computer")
        if names[b"transfer-encoding"]:
            self._check_chunks(names, header_plus)

    def _check_chunks(self, names: Counter[bytes], header_plus: bytes) -> None:
        if names[b"content-length"] or self.version == "1.0":
            raise ParsingError("transfer-encoding contradicts the other headers")
        if not self.chunked:
            raise ParsingError("transfer-encoding is empty")
        if header_plus.lower().count(b"chunked") > 1:
            raise ParsingError("the body is chunked twice")


class Task(WSGITask):
    """Writes a response in one piece, and keeps the connection unless the client or ``stop`` ends it."""

    wrote_header = False
    content_bytes_written = 0

    def write(self, data: bytes) -> None:
        """Send a part of the response."""
        if self.wrote_header or not self.has_body or self.content_length != len(data):
            super().write(data)
            return
        header = self.build_response_header()
        self.wrote_header = True
        self.content_bytes_written = len(data)
        self.channel.write_soon(header + data)

    def build_response_header(self) -> bytes:
        """Return the status line and the headers."""
        if self.channel.server.stopping:
            super().set_close_on_finish()
        header: bytes = super().build_response_header()
        return header

    def set_close_on_finish(self) -> None:
        """Close the connection after this response; waitress also asks for it if a response has no body."""
        closes = self.request.headers.get("CONNECTION", "").lower() == "close"
        if self.wrote_header or closes or self.version == "1.0":
            super().set_close_on_finish()


class RejectionTask(ErrorTask):
    """Responds with a problem document to a request that does not reach the application, and disconnects."""

    def execute(self) -> None:
        """Write the response."""
        status = HTTPStatus(self.request.error.code)
        code, detail = _CODES.get(status, ("internal_error", "Something went wrong on our side."))
        text = detail.format(reason=self.request.error.body)
        response = problem_response(status, code, text, str(uuid.uuid4()))
        self.status = f"{status.value} {status.phrase}"
        self.response_headers = list(response.headers)
        self.channel.is_rejected = True
        self.set_close_on_finish()
        self.content_length = len(response.body)
        self.write(response.body)


class Channel(HTTPChannel):
    """One connection."""

    parser_class = Parser
    task_class = Task
    error_task_class = RejectionTask
    is_rejected = False
    _discarded = 0
    _linger_until: float | None = None
    _unread: tuple[float, float] | None = None

    def __init__(self, *arguments: Any, **options: Any) -> None:
        self._request_began: float | None = time.monotonic()
        super().__init__(*arguments, **options)

    def received(self, data: bytes) -> bool:
        """Take bytes from the client."""
        taken: bool = super().received(data)
        if self.request is None:
            self._request_began = None
        elif self._request_began is None:
            self._request_began = time.monotonic()
        return taken

    def is_idle(self) -> bool:
        """Return whether no request is running and no response is being sent."""
        return not self.requests and not self.total_outbufs_len

    def is_overdue(self, now: float) -> bool:
        """Return whether the client sends or reads too slowly, or sends for too long after a rejection."""
        if self._linger_until is not None:
            return now > self._linger_until
        is_reading_slowly = now - self._unread_since(now) > self.server.request_seconds
        return is_reading_slowly or (
            self._request_began is not None
            and not self.requests
            and now - self._request_began > self.server.request_seconds
        )

    def _unread_since(self, now: float) -> float:
        """Return since when the client has taken nothing of what waits for it; ``now`` if nothing waits.

        Otherwise it could hold a thread for ever: a thread waits while 16 MB of responses wait.
        """
        if not self.total_outbufs_len:
            self._unread = None
            return now
        if self._unread is None or self._unread[0] != self.last_activity:
            self._unread = (self.last_activity, now)
        return self._unread[1]

    def handle_close(self) -> None:
        """Disconnect. After a rejection, first read on for a moment: unread data would make the client lose it."""
        if not self.is_rejected or self._linger_until is not None:
            super().handle_close()
            return
        self._linger_until = time.monotonic() + _LINGER_SECONDS
        self.will_close = self.close_when_flushed = False
        with suppress(OSError):
            self.socket.shutdown(socket.SHUT_WR)

    def handle_read(self) -> None:
        """Read from the client; after a rejection, drop what comes."""
        if self._linger_until is None:
            super().handle_read()
            return
        try:
            self._discarded += len(self.recv(65_536))  # closes the channel at the end
        except OSError:
            self._discarded = _LINGER_BYTES
        if self.connected and self._discarded >= _LINGER_BYTES:
            self.handle_close()
