"""The local HTTP server over real sockets."""

import contextlib
import http.client
import json
import socket
import statistics
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from chalicelib.api.request import MAX_FILE_BYTES
from local.gateway import Gateway
from local.server import LocalServer, PortInUseError
from tests.small_app import small_app

CHUNKS = b"%x\r\n" % 2_500_000 + b"x" * 2_500_000 + b"\r\n"
CHUNKS += CHUNKS


@contextlib.contextmanager
def a_server(hold: Callable[[], object] | None = None, **limits: Any) -> Iterator[LocalServer]:
    server = LocalServer(Gateway(small_app(hold=hold)).respond, port=0, **limits)
    server.start()
    try:
        yield server
    finally:
        server.stop()


@pytest.fixture
def server() -> Iterator[LocalServer]:
    with a_server() as running:
        yield running


def send(server: LocalServer, raw: bytes) -> bytes:
    """Everything that comes back for raw bytes until the server closes the connection."""
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(raw)
        received = b""
        while chunk := client.recv(65536):
            received += chunk
    return received


def status_and_code(received: bytes) -> tuple[int, str]:
    head, _, body = received.partition(b"\r\n\r\n")
    return int(head.split()[1]), json.loads(body)["code"]


def test_connection_is_kept_for_many_requests(server: LocalServer) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)

    for number in range(5):
        client.request("GET", f"/loans/{number}")
        response = client.getresponse()
        assert json.loads(response.read()) == {"loan": str(number)}
        assert not response.will_close
    client.close()


def test_response_is_sent_in_one_piece(server: LocalServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        for _ in range(20):
            client.sendall(b"GET /loans/1 HTTP/1.1\r\nHost: localhost\r\n\r\n")
            piece = client.recv(65536)

            assert piece.startswith(b"HTTP/1.1 200 OK\r\n")
            assert piece.endswith(b'{"loan":"1"}')


def test_pipelined_requests_are_answered_in_order(server: LocalServer) -> None:
    ahead = b"GET /loans/1 HTTP/1.1\r\n\r\nGET /loans/2 HTTP/1.1\r\nConnection: close\r\n\r\n"

    received = send(server, ahead)

    assert received.index(b'{"loan":"1"}') < received.index(b'{"loan":"2"}')


def test_64_clients_are_served_concurrently() -> None:
    all_clients_arrived = threading.Barrier(64, timeout=30)

    with a_server(hold=all_clients_arrived.wait) as running, ThreadPoolExecutor(64) as clients:
        responses = list(clients.map(send_twice, [running.port] * 64))

    assert responses == [[b"done", b"done"]] * 64


def send_twice(port: int) -> list[bytes]:
    client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    responses = []
    for _ in range(2):
        client.request("POST", "/wait", body=b"{}")
        responses.append(client.getresponse().read())
    client.close()
    return responses


def test_head_request_gets_headers_only(server: LocalServer) -> None:
    received = send(server, b"HEAD /nowhere HTTP/1.1\r\nConnection: close\r\n\r\n")

    head, _, body = received.partition(b"\r\n\r\n")
    assert head.startswith(b"HTTP/1.1 404")
    assert b"Content-Length: 0" not in head
    assert body == b""


def test_response_without_content_has_no_length(server: LocalServer) -> None:
    received = send(server, b"POST /loans HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert received.startswith(b"HTTP/1.1 204 No Content\r\n")
    assert b"content-length" not in received.lower()
    assert received.endswith(b"\r\n\r\n")


def test_http_1_0_connections_are_kept_on_request(server: LocalServer) -> None:
    closed = send(server, b"GET /loans/1 HTTP/1.0\r\n\r\n")
    kept = send(server, b"GET /loans/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\nGET /loans/2 HTTP/1.0\r\n\r\n")

    assert b"\r\nConnection: close\r\n" in closed
    assert closed.endswith(b'{"loan":"1"}')
    assert b"\r\nConnection: Keep-Alive\r\n" in kept
    assert kept.endswith(b'{"loan":"2"}')


def test_expect_100_continue_is_confirmed(server: LocalServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as client:
        client.sendall(b"POST /wait HTTP/1.1\r\nContent-Length: 2\r\nExpect: 100-continue\r\n\r\n")

        assert client.recv(65536) == b"HTTP/1.1 100 Continue\r\n\r\n"
        client.sendall(b"{}")
        assert client.recv(65536).endswith(b"done")


def test_absolute_target_means_its_path(server: LocalServer) -> None:
    received = send(server, b"GET http://localhost/loans/7?x=1 HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert received.endswith(b'{"loan":"7"}')


def test_chunked_body_is_read(server: LocalServer) -> None:
    received = send(
        server,
        b"POST /wait HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n1\r\n{\r\n1\r\n}\r\n0\r\n\r\n",
    )

    assert received.endswith(b"done")


def test_repeated_headers_reach_the_application_joined(server: LocalServer) -> None:
    received = send(
        server, b"GET /headers HTTP/1.1\r\nX-Odd: a\r\nHost: localhost\r\nX-Odd: b\r\nConnection: close\r\n\r\n"
    )

    assert received.endswith(b"a, b")


def test_repeated_response_headers_are_sent_separately(server: LocalServer) -> None:
    received = send(server, b"GET /loans/available HTTP/1.1\r\nConnection: close\r\n\r\n")

    assert received.count(b"Set-Cookie: ") == 2


def test_response_without_body_keeps_the_connection(server: LocalServer) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    client.connect()
    first = client.sock

    for _ in range(3):
        client.request("POST", "/loans", body=b"{}")
        response = client.getresponse()
        assert (response.status, response.read()) == (204, b"")

    assert client.sock is first
    client.close()


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b"POST /loans HTTP/1.1\r\nContent-Length: %d\r\n\r\n" % (MAX_FILE_BYTES + 1), 413, "body_too_large"),
        (b"POST /loans HTTP/1.1\r\nContent-Length: " + b"9" * 99 + b"\r\n\r\n", 413, "body_too_large"),
        (b"POST /loans HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n", 413, "body_too_large"),
        (b"POST /loans HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n" + CHUNKS, 413, "body_too_large"),
        (b"POST /loans HTTP/1.1\r\nTransfer-Encoding: gzip\r\n\r\n", 501, "not_implemented"),
        (b"POST /loans HTTP/1.1\r\nContent-Length: ten\r\n\r\n", 400, "malformed_request"),
        (b"POST /loans HTTP/1.1\r\nContent-Length: -1\r\n\r\n", 400, "malformed_request"),
        (b"GET /loans/1 HTTP/1.1\r\nX: " + b"y" * 11_000 + b"\r\n\r\n", 431, "headers_too_large"),
        (b"GET /" + b"y" * 70_000 + b" HTTP/1.1\r\n\r\n", 431, "headers_too_large"),
        (b"GET /loans/1 HTTP/2.0\r\n\r\n", 400, "malformed_request"),
        (b"GET /loans/1\r\n\r\n", 400, "malformed_request"),
        (b"nonsense\r\n\r\n", 400, "malformed_request"),
        (b"GET /loans/1 HTTP/1.1\r\nNot a name: y\r\n\r\n", 400, "malformed_request"),
    ],
)
def test_requests_beyond_limits_are_rejected_and_disconnected(
    server: LocalServer, raw: bytes, status: int, code: str
) -> None:
    received = send(server, raw)

    assert status_and_code(received) == (status, code)
    assert b"\r\nContent-Type: application/problem+json\r\n" in received
    assert b"\r\nX-Request-Id: " in received


def test_largest_allowed_body_is_accepted(server: LocalServer) -> None:
    body = b" " * MAX_FILE_BYTES
    head = b"POST /wait HTTP/1.1\r\nConnection: close\r\nContent-Length: %d\r\n\r\n" % len(body)

    assert send(server, head + body).endswith(b"done")


def test_client_still_sending_a_large_body_sees_its_rejection(server: LocalServer) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)

    client.request("POST", "/loans", body=b"x" * (MAX_FILE_BYTES + 2_000_000))
    response = client.getresponse()

    assert (response.status, json.loads(response.read())["code"]) == (413, "body_too_large")
    client.close()


@pytest.mark.parametrize(
    "began", [b"", b"GET /loans/1 HTTP/1.1\r\nX: ", b"POST /loans HTTP/1.1\r\nContent-Length: 9\r\n\r\n"]
)
def test_request_that_arrives_too_slowly_is_disconnected(began: bytes) -> None:
    with (
        a_server(request_seconds=0.5) as server,
        socket.create_connection(("127.0.0.1", server.port), timeout=10) as client,
    ):
        client.sendall(began)
        started = time.monotonic()

        assert client.recv(1) == b""

    assert time.monotonic() - started < 5


def test_idle_connection_outlives_the_deadline_of_requests() -> None:
    with a_server(request_seconds=0.5) as server:
        client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
        client.connect()
        first = client.sock
        for _ in range(2):
            client.request("GET", "/loans/1")
            assert client.getresponse().read() == b'{"loan":"1"}'
            time.sleep(2.5)

        client.request("GET", "/loans/1")

        assert client.getresponse().read() == b'{"loan":"1"}'
        assert client.sock is first
        client.close()


def test_kept_connection_answers_without_delay(server: LocalServer) -> None:
    client = http.client.HTTPConnection("127.0.0.1", server.port, timeout=10)
    seconds = []
    for number in range(50):
        began = time.monotonic()
        client.request("GET", f"/loans/{number}")
        client.getresponse().read()
        seconds.append(time.monotonic() - began)
    client.close()

    assert statistics.median(seconds) < 0.02  # a delayed acknowledgement takes 40 ms


def test_connections_beyond_the_cap_wait() -> None:
    with a_server(connections=5) as capped, contextlib.ExitStack() as clients:
        kept = [clients.enter_context(socket.create_connection(("127.0.0.1", capped.port))) for _ in range(5)]
        time.sleep(0.2)
        waiting = clients.enter_context(socket.create_connection(("127.0.0.1", capped.port), timeout=0.5))
        waiting.sendall(b"GET /loans/1 HTTP/1.1\r\n\r\n")
        with pytest.raises(TimeoutError):
            waiting.recv(1)

        kept[0].close()
        waiting.settimeout(10)

        assert waiting.recv(65_536).startswith(b"HTTP/1.1 200")


def test_disconnected_client_affects_no_other(server: LocalServer) -> None:
    with socket.create_connection(("127.0.0.1", server.port)) as client:
        client.sendall(b"POST /loans HTTP/1.1\r\nContent-Length: 100\r\n\r\nhalf")

    assert send(server, b"GET /loans/1 HTTP/1.0\r\n\r\n").endswith(b'{"loan":"1"}')


def test_stop_finishes_running_requests_and_closes_idle_connections() -> None:
    running, go_on = threading.Event(), threading.Event()

    def hold() -> None:
        running.set()
        go_on.wait(10)

    with a_server(hold) as server, ThreadPoolExecutor(2) as threads:
        idle = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        response = threads.submit(send, server, b"POST /wait HTTP/1.1\r\n\r\n")
        assert running.wait(10)
        stopped = threads.submit(server.stop)
        assert idle.recv(1) == b""
        go_on.set()
        stopped.result(20)

        assert response.result(10).endswith(b"done")
    idle.close()


def test_port_in_use_is_reported_with_an_alternative(server: LocalServer) -> None:
    with pytest.raises(PortInUseError, match=f"Port {server.port} is in use") as error:
        LocalServer(server.respond, port=server.port)

    assert f"PORT={server.port + 1} make run" in str(error.value)
