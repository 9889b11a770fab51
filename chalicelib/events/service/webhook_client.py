"""The HTTP client of webhooks: sends messages to checked addresses, within a deadline that no receiver can extend."""

from __future__ import annotations

import logging
import queue
import socket
import threading
import time
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Self

from chalicelib.events.domain.addresses import InvalidAddress, WebhookAddress, parse_address, require_allowed
from chalicelib.shared.version import VERSION

if TYPE_CHECKING:
    import ssl

    from urllib3.connection import HTTPConnection

TOTAL_SECONDS: Final = 5.0
"""The time of one attempt: resolution, connection, request and response."""
LONGEST_EXCERPT: Final = 500
_MAX_BODY_BYTES: Final = 65_536
_PIECE_BYTES: Final = 8_192
_MILLIS: Final = 1000
_MAX_IDLE: Final = 4
_HEADERS: Final = {
    "Content-Type": "application/json",
    "Accept-Encoding": "identity",
    "User-Agent": f"p2p-lending/{VERSION}",
}
Resolver = Callable[[str, int], Sequence[str]]
"""Returns the IP addresses of a host and port. Raises OSError if there are none."""


@dataclass(frozen=True, slots=True)
class Response:
    """The result of one attempt.

    Args:
        status_code: of the response, None if none arrived.
        error: why none arrived, in snake case; None if one did.
        excerpt: the first characters of the response's body, without control characters.
    """

    status_code: int | None
    error: str | None
    duration_ms: int
    excerpt: str = ""

    @property
    def is_success(self) -> bool:
        return self.status_code is not None and 200 <= self.status_code < 300


class _Failed(Exception):
    """An attempt got no response; ``error`` says why."""

    def __init__(self, error: str) -> None:
        self.error = error
        super().__init__(error)


def resolve(host: str, port: int) -> list[str]:
    """Return the IP addresses of a host, IPv4 first: not every network has IPv6.

    Raises:
        OSError: the name has no address.
    """
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    found.sort(key=lambda each: each[0] != socket.AF_INET)
    return list(dict.fromkeys(str(each[4][0]) for each in found))


class WebhookClient:
    """Opens sessions that send messages, and checks addresses.

    Args:
        allow_loopback: allow receivers on this machine, also by HTTP; in the stage local only.
        resolver: resolves names.
        certificates: a file of certificate authorities; by default those of botocore.
        seconds: the time of one attempt.
    """

    def __init__(
        self,
        *,
        allow_loopback: bool,
        resolver: Resolver = resolve,
        certificates: str | None = None,
        seconds: float = TOTAL_SECONDS,
    ) -> None:
        self.allow_loopback = allow_loopback
        self.seconds = seconds
        self._resolver = resolver
        self._certificates = certificates

    def check(self, url: str, *, seconds: float) -> None:
        """Require that events may be sent to a URL. A name that can't be resolved now is checked by each attempt.

        Args:
            url: as the user wrote it.
            seconds: the time that resolving its name may take.

        Raises:
            InvalidAddress: the URL, or an address of its host, is not allowed.
        """
        address = parse_address(url, allow_loopback=self.allow_loopback)
        with suppress(_Failed):
            self.allowed_addresses(address, time.monotonic() + seconds)

    def session(self) -> WebhookSession:
        """Return a session, which its user closes."""
        return WebhookSession(self)

    def allowed_addresses(self, address: WebhookAddress, deadline: float) -> Sequence[str]:
        """Return the IP addresses of a host, each of which is allowed.

        Raises:
            InvalidAddress: one of them isn't.
            _Failed: the name could not be resolved in time.
        """
        found = [str(address.ip)] if address.ip else _resolved(self._resolver, address, deadline)
        require_allowed(found, allow_loopback=self.allow_loopback, only_loopback=address.scheme == "http")
        return found

    def connection(self, address: WebhookAddress, ip: str) -> HTTPConnection:
        """Return a connection to an IP address that isn't open yet."""
        from urllib3.connection import HTTPConnection, HTTPSConnection

        # It logs URLs of responses with malformed headers. A URL may have a secret in its query.
        logging.getLogger("urllib3.connection").setLevel(logging.ERROR)
        if address.scheme == "http":
            return HTTPConnection(ip, address.port)
        return HTTPSConnection(ip, address.port, server_hostname=address.host, ssl_context=self._tls)

    @cached_property
    def _tls(self) -> ssl.SSLContext:
        import ssl

        from botocore.httpsession import get_cert_path

        return ssl.create_default_context(cafile=self._certificates or get_cert_path(True))


class WebhookSession:
    """Sends messages and keeps connections open until it is closed. Threads may share it.

    Every attempt resolves the host, requires that all of its addresses are allowed, and connects to one of these
    addresses itself, so that a second resolution can't lead elsewhere. TLS verifies the certificate by the host's name.
    Redirects are not followed, and proxies of the environment are not used.
    """

    def __init__(self, client: WebhookClient) -> None:
        self._client = client
        self._idle: dict[tuple[str, str, int], list[_Exchange]] = {}
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def post(self, url: str, body: bytes, headers: Mapping[str, str]) -> Response:
        """Send a message once, and return its result in any case.

        Args:
            url: as the user wrote it.
            body: JSON.
            headers: the message's id, time and signature.
        """
        started = time.monotonic()
        try:
            address = parse_address(url, allow_loopback=self._client.allow_loopback)
            deadline = started + self._client.seconds
            status_code, content = self._send(address, body, {**_HEADERS, **headers}, deadline)
        except InvalidAddress:
            return Response(None, "address_refused", _elapsed_ms(started))
        except _Failed as failure:
            return Response(None, failure.error, _elapsed_ms(started))
        return Response(status_code, None, _elapsed_ms(started), _excerpt(content))

    def close(self) -> None:
        """Close idle connections."""
        with self._lock:
            idle = [exchange for exchanges in self._idle.values() for exchange in exchanges]
            self._idle.clear()
        for exchange in idle:
            exchange.close()

    def _send(
        self, address: WebhookAddress, body: bytes, headers: Mapping[str, str], deadline: float
    ) -> tuple[int, bytes]:
        """Send a message to the first address that accepts a connection."""
        addresses = self._client.allowed_addresses(address, deadline)
        for ip in addresses:
            while exchange := self._idle_exchange(address, ip):
                with suppress(_Failed):  # the receiver may have closed it meanwhile; the id makes a repetition harmless
                    return self._exchange(exchange, address, ip, body, headers, deadline)
                _require_time(deadline)
        failure = _Failed("connection_failed")
        for ip in addresses:
            exchange = _Exchange(self._client.connection(address, ip))
            try:
                exchange.connect(deadline)
            except _Failed as failed:
                failure = failed
                _require_time(deadline)
            else:
                return self._exchange(exchange, address, ip, body, headers, deadline)
        raise failure

    def _exchange(
        self,
        exchange: _Exchange,
        address: WebhookAddress,
        ip: str,
        body: bytes,
        headers: Mapping[str, str],
        deadline: float,
    ) -> tuple[int, bytes]:
        result = exchange.post(address, body, headers, deadline)
        with self._lock:
            idle = self._idle.setdefault((address.host, ip, address.port), [])
            if exchange.is_reusable and len(idle) < _MAX_IDLE:
                idle.append(exchange)
                return result
        exchange.close()
        return result

    def _idle_exchange(self, address: WebhookAddress, ip: str) -> _Exchange | None:
        with self._lock:
            idle = self._idle.get((address.host, ip, address.port), [])
            while idle:
                exchange = idle.pop()
                if exchange.is_open:
                    return exchange
                exchange.close()
        return None


@dataclass(eq=False)
class _Exchange:
    """A connection. At the deadline a timer ends it, because each piece of a response restarts a socket's timeout."""

    connection: HTTPConnection
    is_reusable: bool = False
    _expired: bool = False
    _opened: list[socket.socket] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    @property
    def is_open(self) -> bool:
        return self.is_reusable and self.connection.is_connected

    def connect(self, deadline: float) -> None:
        """Open the connection.

        Raises:
            _Failed: it could not be opened.
        """
        self._within(deadline, self._open)

    def post(
        self, address: WebhookAddress, body: bytes, headers: Mapping[str, str], deadline: float
    ) -> tuple[int, bytes]:
        """Send a message and return the status code and the beginning of the body.

        Raises:
            _Failed: no response arrived.
        """
        result: tuple[int, bytes] = self._within(deadline, lambda: self._request(address, body, headers))
        return result

    def close(self) -> None:
        self.is_reusable = False
        self.connection.close()
        with self._lock:
            for opened in self._opened:
                opened.close()
            self._opened.clear()

    def _open(self) -> None:
        connection: Any = self.connection
        open_socket = connection._new_conn

        def watched() -> socket.socket:
            opened: socket.socket = open_socket()
            with self._lock:
                self._opened.append(opened.dup())  # TLS detaches the socket, but not its copy
                is_expired = self._expired
            if is_expired:
                opened.close()
                raise TimeoutError
            return opened

        connection._new_conn = watched
        connection.connect()

    def _request(self, address: WebhookAddress, body: bytes, headers: Mapping[str, str]) -> tuple[int, bytes]:
        connection = self.connection
        self.is_reusable = False
        connection.request(
            "POST",
            address.target,
            body=body,
            headers={"Host": address.host_header, **headers},
            preload_content=False,
            decode_content=False,
        )
        response = connection.getresponse()
        if self._expired:  # http.client takes the end of the connection for the end of the headers
            raise TimeoutError
        content = bytearray()
        with suppress(Exception):  # the status is the receiver's answer, even if the rest of the response is lost
            while len(content) < _MAX_BODY_BYTES and (piece := response.read1(_PIECE_BYTES)):
                content += piece
            is_complete = len(content) < _MAX_BODY_BYTES and not self._expired
            self.is_reusable = is_complete and connection.sock is not None
        return response.status, bytes(content)

    def _within(self, deadline: float, step: Callable[[], Any]) -> Any:
        """Take a step; end the connection at the deadline."""
        from http.client import HTTPException

        from urllib3.exceptions import HTTPError

        _require_time(deadline)
        remaining = deadline - time.monotonic()
        self.connection.timeout = remaining
        if self.connection.sock is not None:
            self.connection.sock.settimeout(remaining)
        timer = threading.Timer(remaining, self._expire)
        timer.daemon = True
        timer.start()
        try:
            return step()
        except (OSError, HTTPError, HTTPException, ValueError) as error:
            self.close()
            raise _Failed("timeout" if self._expired else _reason(error)) from error
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()

    def _expire(self) -> None:
        with self._lock:
            self._expired = True
            for opened in self._opened:
                with suppress(OSError):
                    opened.shutdown(socket.SHUT_RDWR)


def _resolved(resolver: Resolver, address: WebhookAddress, deadline: float) -> Sequence[str]:
    """Resolve a name in a thread, because a resolver has no time limit.

    Raises:
        _Failed: it has no address, or the resolver didn't respond in time.
    """
    results: queue.SimpleQueue[Sequence[str] | None] = queue.SimpleQueue()

    def run() -> None:
        found: Sequence[str] | None = None
        try:
            with suppress(OSError, UnicodeError):
                found = resolver(address.host, address.port)
        finally:
            results.put(found)

    threading.Thread(target=run, daemon=True).start()
    try:
        found = results.get(timeout=max(deadline - time.monotonic(), 0))
    except queue.Empty:
        raise _Failed("timeout") from None
    if not found:
        raise _Failed("name_not_resolved")
    return found


def _require_time(deadline: float) -> None:
    if time.monotonic() >= deadline:
        raise _Failed("timeout")


def _reason(error: BaseException) -> str:
    import ssl

    from urllib3.exceptions import NewConnectionError, SSLError
    from urllib3.exceptions import TimeoutError as HttpTimeoutError

    if isinstance(error, ssl.SSLError | SSLError):
        return "tls_failed"
    if isinstance(error, NewConnectionError):
        return "connection_failed"
    if isinstance(error, TimeoutError | HttpTimeoutError):
        return "timeout"
    return "connection_lost" if isinstance(error, OSError) else "invalid_response"


def _excerpt(content: bytes) -> str:
    """Return the beginning of a body as text that is safe to show."""
    text = content[: LONGEST_EXCERPT * 4].decode("utf-8", "replace")
    shown = "".join(each for each in text if each in "\n\t" or unicodedata.category(each)[0] != "C")
    return shown[:LONGEST_EXCERPT]


def _elapsed_ms(started: float) -> int:
    return round((time.monotonic() - started) * _MILLIS)
