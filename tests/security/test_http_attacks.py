"""Attacks on the local HTTP server over raw sockets: request smuggling and slow clients, on the loopback interface."""

import contextlib
import http.client
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

import local.server as server_module
from local.gateway import Gateway
from local.http_messages import HttpResponse
from local.server import LocalServer
from tests.small_app import small_app

SMUGGLED = b"GET /loans/smuggled HTTP/1.1\r\nHost: localhost\r\n\r\n"
HEAD = b"POST /wait HTTP/1.1\r\nHost: localhost\r\n"
ATTACKERS = 500
AMBIGUOUS = {
    "line without a colon": HEAD + b"Content-Length 0\r\n\r\n",
    "malformed line hides the length": HEAD + b"Content-Length: %d\r\nno colon\r\n\r\n" % len(SMUGGLED),
    "space before the colon": HEAD + b"Content-Length : %d\r\n\r\n" % len(SMUGGLED),
    "two lengths": HEAD + b"Content-Length: 0\r\nContent-Length: %d\r\n\r\n" % len(SMUGGLED),
    "the same length twice": HEAD + b"Content-Length: 0\r\nContent-Length: 0\r\n\r\n",
    "list of lengths": HEAD + b"Content-Length: 0, 0\r\n\r\n",
    "signed length": HEAD + b"Content-Length: +0\r\n\r\n",
    "hexadecimal length": HEAD + b"Content-Length: 0x0\r\n\r\n",
    "length and chunks": HEAD + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunks and length": HEAD + b"Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "chunked twice": HEAD + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunked twice in a list": HEAD + b"Transfer-Encoding: chunked, chunked\r\n\r\n0\r\n\r\n",
    "chunked last but one": HEAD + b"Transfer-Encoding: chunked, identity\r\n\r\n0\r\n\r\n",
    "disguised chunks": HEAD + b"Transfer-Encoding: \x0bchunked\r\nContent-Length: 5\r\n\r\n0\r\n\r\n",
    "chunks in HTTP/1.0": b"POST /wait HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "chunk size with a sign": HEAD + b"Transfer-Encoding: chunked\r\n\r\n+0\r\n\r\n",
    "bare LF in a header": HEAD + b"X: a\nContent-Length: %d\r\n\r\n" % len(SMUGGLED),
    "bare CR in a header": HEAD + b"X: a\rContent-Length: %d\r\n\r\n" % len(SMUGGLED),
    "bare LF after the request line": b"POST /wait HTTP/1.1\nHost: localhost\r\n\r\n",
    "folded header": HEAD + b"X: a\r\n Content-Length: %d\r\n\r\n" % len(SMUGGLED),
    "folded first header": b"POST /wait HTTP/1.1\r\n Host: localhost\r\n\r\n",
    "two hosts": HEAD + b"Host: example.com\r\n\r\n",
    "null byte in a header": HEAD + b"X: a\0b\r\n\r\n",
    "null byte in a name": HEAD + b"X\0: a\r\n\r\n",
    "two spaces in the request line": b"POST  /wait HTTP/1.1\r\nHost: localhost\r\n\r\n",
    "unknown version": b"POST /wait HTTP/1.2\r\nHost: localhost\r\n\r\n",
    "empty transfer coding": HEAD + b"Transfer-Encoding: \r\n\r\n0\r\n\r\n",
    "bare LF in a trailer": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\n\r\n",
    "bare CR in a trailer": HEAD + b"Transfer-Encoding: chunked\r\n\r\n0\r\nX: a\r\r\n\r\n",
    "length of 5,000 digits": HEAD + b"Content-Length: " + b"0" * 5_000 + b"\r\n\r\n",
    "half an IPv6 address": b"POST http://[::1/wait HTTP/1.1\r\nHost: localhost\r\n\r\n",
}
FOREIGN_HOSTS = (
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.1",
    "",
)
OWN_HOSTS = ("localhost", "LocalHost:8000", "127.0.0.1", "127.0.0.1:8000", "[::1]:8000", "app.localhost:8000")


class Seen:
    """The requests that reached an application."""

    def __init__(self) -> None:
        self.events: list[Any] = []

    @property
    def paths(self) -> list[str]:
        return [event["path"] for event, _ in self.events]


@pytest.fixture
def seen() -> Seen:
    return Seen()


@pytest.fixture
def server(seen: Seen) -> Iterator[LocalServer]:
    running = LocalServer(Gateway(small_app(seen=seen.events)).respond, port=0, request_seconds=3.0)
    running.start()
    try:
        yield running
    finally:
        running.stop()


def conversation(server: LocalServer, raw: bytes) -> bytes:
    """Send bytes; return what comes back until the server disconnects."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(raw)
        received = b""
        with contextlib.suppress(ConnectionResetError):
            while piece := client.recv(65_536):
                received += piece
    return received


@pytest.mark.parametrize("name", AMBIGUOUS)
def test_ambiguous_request_smuggles_no_second_one(server: LocalServer, seen: Seen, name: str) -> None:
    received = conversation(server, AMBIGUOUS[name] + SMUGGLED)

    assert seen.paths == []
    assert received.count(b"HTTP/1.") == 1
    assert int(received.split()[1]) in (400, 501)


@pytest.mark.parametrize("host", FOREIGN_HOSTS)
def test_name_that_a_web_page_points_at_this_computer_is_rejected(server: LocalServer, seen: Seen, host: str) -> None:
    """DNS rebinding: the page's own name has this computer's address, so that the browser lets it read responses."""
    received = conversation(server, b"POST /wait HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % host.encode())

    assert received.split()[1] == b"400"
    assert seen.paths == []


@pytest.mark.parametrize("host", OWN_HOSTS)
def test_names_of_this_computer_are_accepted(server: LocalServer, host: str) -> None:
    request = b"POST /wait HTTP/1.1\r\nHost: %b\r\nConnection: close\r\n\r\n" % host.encode()

    assert conversation(server, request).endswith(b"done")


def test_body_is_never_read_as_a_request(server: LocalServer, seen: Seen) -> None:
    length = b"Content-Length: %d\r\nConnection: close\r\n\r\n" % len(SMUGGLED)
    chunks = b"Transfer-Encoding: chunked\r\nConnection: close\r\n\r\n%x\r\n%b\r\n0\r\n\r\n" % (len(SMUGGLED), SMUGGLED)

    for rest in (length + SMUGGLED, chunks):
        assert conversation(server, HEAD + rest).endswith(b"done")

    assert seen.paths == ["/wait", "/wait"]


def test_rest_of_a_rejected_body_is_never_read_as_a_request(server: LocalServer, seen: Seen) -> None:
    received = conversation(server, HEAD + b"Content-Length: 99999999\r\n\r\n" + SMUGGLED * 100)

    assert received.startswith(b"HTTP/1.1 413")
    assert received.count(b"HTTP/1.") == 1
    assert seen.paths == []


@contextlib.contextmanager
def slow_clients(server: LocalServer, began: bytes) -> Iterator[list[socket.socket]]:
    """Hold 500 connections whose requests grow by a byte each half second."""
    ended = threading.Event()
    with contextlib.ExitStack() as connections:
        clients = [
            connections.enter_context(socket.create_connection(("127.0.0.1", server.port), timeout=10))
            for _ in range(ATTACKERS)
        ]
        for client in clients:
            client.sendall(began)

        def go_on() -> None:
            while not ended.wait(0.5):
                for client in clients:
                    with contextlib.suppress(OSError):
                        client.sendall(b"a")

        sending = threading.Thread(target=go_on)
        sending.start()
        try:
            yield clients
        finally:
            ended.set()
            sending.join()


def seconds_to_answer(server: LocalServer) -> float:
    """Return the seconds until a new client has the response to a request."""
    began = time.monotonic()
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    client.request("POST", "/wait", body=b"{}")
    assert client.getresponse().read() == b"done"
    client.close()
    return time.monotonic() - began


def is_open(client: socket.socket) -> bool:
    client.setblocking(False)
    try:
        return client.recv(1) != b""
    except BlockingIOError:
        return True
    except OSError:
        return False


@pytest.mark.slow
@pytest.mark.parametrize(
    "began",
    [b"", b"GET /loans/1 HTTP/1.1\r\nX: ", HEAD + b"Content-Length: 60000\r\n\r\n"],
    ids=["silent", "slow headers", "slow body"],
)
def test_500_slow_clients_block_no_other_and_are_disconnected(server: LocalServer, began: bytes) -> None:
    with slow_clients(server, began) as clients:
        meanwhile = [seconds_to_answer(server) for _ in range(5)]
        time.sleep(6)
        still_open = sum(is_open(client) for client in clients)

    assert max(meanwhile) < 2
    assert still_open == 0


def test_clients_that_read_no_responses_are_disconnected(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each of them holds the thread that responds to it, once 16 MB wait for it."""
    monkeypatch.setattr(server_module, "PARALLEL_CLIENTS", 2)
    large = HttpResponse(200, (), bytes(2_000_000))
    running = LocalServer(lambda request: large, port=0, request_seconds=1.0)
    running.start()
    try:
        with contextlib.ExitStack() as clients:
            for _ in range(2):
                client = clients.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=10))
                client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\n\r\n" * 20)
            time.sleep(0.5)
            waiting = http.client.HTTPConnection("127.0.0.1", running.port, timeout=10)
            clients.callback(waiting.close)
            waiting.request("GET", "/large")

            assert len(waiting.getresponse().read()) == 2_000_000
    finally:
        running.stop()


def test_client_that_reads_slowly_gets_the_whole_response() -> None:
    running = LocalServer(lambda request: HttpResponse(200, (), bytes(8_000_000)), port=0, request_seconds=1.0)
    running.start()
    try:
        with socket.create_connection(("127.0.0.1", running.port), timeout=10) as client:
            client.sendall(b"GET /large HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            size = 0
            while piece := client.recv(1_500_000):
                size += len(piece)
                time.sleep(0.3)
    finally:
        running.stop()

    assert size > 8_000_000
