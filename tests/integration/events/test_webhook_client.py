"""The HTTP client of webhooks, against servers on this machine: addresses, deadlines, TLS, connections, responses."""

import socket
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Final

import pytest

from chalicelib.events.service.webhook_client import Resolver, WebhookClient, WebhookSession
from tests.certificates import certificates
from tests.scripted_server import scripted
from tests.webhook_receiver import HOST, Reply, WebhookReceiver

HEADERS: Final = {"webhook-id": "1", "webhook-timestamp": "0", "webhook-signature": "v1,x"}
OK: Final = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"
SHORT: Final = 0.4
"""Seconds of an attempt in tests of deadlines."""
SLACK: Final = 0.4


Open = Callable[..., WebhookSession]


@pytest.fixture
def client() -> Iterator[Open]:
    """Open sessions, which are closed at the end of the test."""
    with ExitStack() as sessions:
        yield lambda **options: sessions.enter_context(_session(**options))


def _session(
    *, resolver: Resolver | None = None, seconds: float = 5, authority: Path | None = None, is_local: bool = True
) -> WebhookSession:
    return WebhookClient(
        allow_loopback=is_local,
        resolver=resolver or (lambda host, port: [HOST]),
        certificates=str(authority) if authority else None,
        seconds=seconds,
    ).session()


@contextmanager
def misbehaving(behave: Callable[[socket.socket], None]) -> Iterator[str]:
    """Run a server that handles one connection in its own way, and return its URL."""
    with socket.create_server((HOST, 0)) as listener:

        def serve() -> None:
            connection, _ = listener.accept()
            with connection:
                try:
                    behave(connection)
                except OSError:
                    return

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://{HOST}:{listener.getsockname()[1]}/"


def test_message_arrives_with_its_headers(client: Open, receiver: WebhookReceiver) -> None:
    response = client().post(receiver.url("plain"), b'{"a": 1}', HEADERS)

    [message] = receiver.received("plain")
    assert (response.status_code, response.error, response.excerpt) == (200, None, "ok")
    assert response.is_success
    assert (message.id, message.body) == ("1", {"a": 1})


def test_connections_are_kept_open(client: Open, receiver: WebhookReceiver) -> None:
    sender = client()

    results = [sender.post(receiver.url("kept"), b"{}", HEADERS).status_code for _ in range(3)]

    assert results == [200, 200, 200]
    assert len({message.port for message in receiver.received("kept")}) == 1


def test_closed_connection_is_opened_again(client: Open) -> None:
    with scripted([OK, None], [OK]) as server, client() as sender:
        url = f"http://{HOST}:{server.port}/"

        first = sender.post(url, b"{}", HEADERS)
        server.ended.wait(5)
        second = sender.post(url, b"{}", HEADERS)

    assert (first.status_code, second.status_code) == (200, 200)
    assert [number for number, _ in server.requests] == [1, 2]


def test_redirect_is_not_followed(client: Open, receiver: WebhookReceiver) -> None:
    receiver.expect("redirect", replies=[Reply(302, location=receiver.url("secret"))])

    response = client().post(receiver.url("redirect"), b"{}", HEADERS)

    assert (response.status_code, response.is_success) == (302, False)
    assert receiver.received("secret") == []


def test_proxy_of_the_environment_is_not_used(
    client: Open, receiver: WebhookReceiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("http_proxy", "HTTP_PROXY", "https_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:1")

    response = client().post(receiver.url("direct"), b"{}", HEADERS)

    assert response.status_code == 200


@pytest.mark.parametrize(
    "answers",
    [["10.0.0.1"], ["169.254.169.254"], ["8.8.8.8", "10.0.0.1"], ["fd00:ec2::254"], ["::ffff:127.0.0.1"], ["0.0.0.0"]],
)
def test_host_with_a_private_address_is_not_connected_to(
    client: Open, answers: Sequence[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    connected: list[object] = []
    monkeypatch.setattr(socket.socket, "connect", lambda _, address: connected.append(address))

    response = client(resolver=lambda host, port: answers).post("https://example.com/", b"{}", HEADERS)

    assert (response.status_code, response.error) == (None, "address_refused")
    assert connected == []


def test_changed_answer_of_the_resolver_is_refused(client: Open) -> None:
    answers = [[HOST], ["10.0.0.1"]]
    resolved: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        resolved.append(host)
        return answers[len(resolved) - 1]

    with scripted([OK], [OK]) as server, client(resolver=resolver) as sender:
        url = f"http://localhost:{server.port}/"

        first, second = (sender.post(url, b"{}", HEADERS) for _ in range(2))

    assert (first.status_code, second.error) == (200, "address_refused")
    assert len(resolved) == 2
    assert server.connections == 1


def test_host_is_resolved_once_for_a_connection(client: Open) -> None:
    resolved: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        resolved.append(host)
        return [HOST] if len(resolved) == 1 else ["10.0.0.1"]

    with scripted([OK]) as server, client(resolver=resolver) as sender:
        response = sender.post(f"http://localhost:{server.port}/", b"{}", HEADERS)

    assert response.status_code == 200
    assert resolved == ["localhost"]


def test_loopback_is_refused_outside_the_stage_local(client: Open, receiver: WebhookReceiver) -> None:
    strict = client(is_local=False)

    results = [strict.post(url, b"{}", HEADERS).error for url in (receiver.url("strict"), "https://example.com/")]

    assert results == ["address_refused", "address_refused"]
    assert receiver.received("strict") == []


def test_next_address_is_used_if_one_is_unreachable(client: Open, receiver: WebhookReceiver) -> None:
    sender = client(resolver=lambda host, port: ["127.0.0.9", HOST])

    response = sender.post(receiver.url("second").replace(HOST, "localhost"), b"{}", HEADERS)

    assert response.status_code == 200


def test_certificate_is_verified_by_name(client: Open, tmp_path: Path) -> None:
    files = certificates(tmp_path)
    with scripted([OK], tls=files) as server, client(authority=files.authority) as sender:
        valid = sender.post(f"https://{HOST}:{server.port}/", b"{}", HEADERS)
    with scripted([OK], tls=files) as server:
        other_name = client(authority=files.authority).post(f"https://example.com:{server.port}/", b"{}", HEADERS)
    with scripted([OK], tls=files) as server:
        unknown_authority = client().post(f"https://{HOST}:{server.port}/", b"{}", HEADERS)

    assert valid.status_code == 200
    assert (other_name.error, unknown_authority.error) == ("tls_failed", "tls_failed")


def _trickle(*pieces: bytes) -> Callable[[socket.socket], None]:
    def behave(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        while True:
            connection.sendall(b"x")
            time.sleep(0.05)

    return behave


@pytest.mark.parametrize(
    "behave",
    [
        lambda connection: time.sleep(3),
        _trickle(b"HTTP/1.1 200 OK\r\nX-Slow: "),
        _trickle(b"HTTP/1.1 2"),
    ],
    ids=["silence", "slow header", "slow status"],
)
def test_slow_response_ends_at_the_deadline(client: Open, behave: Callable[[socket.socket], None]) -> None:
    with misbehaving(behave) as url:
        started = time.monotonic()
        response = client(seconds=SHORT).post(url, b"{}", HEADERS)
        elapsed = time.monotonic() - started

    assert response.error == "timeout"
    assert SHORT <= elapsed < SHORT + SLACK


def test_slow_body_ends_at_the_deadline_with_its_status(client: Open) -> None:
    with misbehaving(_trickle(b"HTTP/1.1 200 OK\r\n\r\n")) as url:
        started = time.monotonic()
        response = client(seconds=SHORT).post(url, b"{}", HEADERS)
        elapsed = time.monotonic() - started

    assert (response.status_code, response.excerpt[:3]) == (200, "xxx")
    assert elapsed < SHORT + SLACK


def test_slow_handshake_ends_at_the_deadline(client: Open) -> None:
    def behave(connection: socket.socket) -> None:
        connection.sendall(b"\x16\x03\x03\x3f\xff")  # the header of a long record
        while True:
            connection.sendall(b"\x02")
            time.sleep(0.05)

    with misbehaving(behave) as url:
        started = time.monotonic()
        response = client(seconds=SHORT).post(url.replace("http:", "https:"), b"{}", HEADERS)
        elapsed = time.monotonic() - started

    assert response.error is not None
    assert elapsed < SHORT + SLACK


def test_hanging_resolver_ends_at_the_deadline(client: Open) -> None:
    def hang(host: str, port: int) -> list[str]:
        time.sleep(2)
        return [HOST]

    started = time.monotonic()
    response = client(resolver=hang, seconds=SHORT).post("https://example.com/", b"{}", HEADERS)
    elapsed = time.monotonic() - started

    assert response.error == "timeout"
    assert elapsed < SHORT + SLACK


def test_unknown_name_is_an_error_of_the_attempt(client: Open) -> None:
    def unknown(host: str, port: int) -> list[str]:
        raise socket.gaierror("unknown")

    assert client(resolver=unknown).post("https://example.com/", b"{}", HEADERS).error == "name_not_resolved"


def test_refused_connection_is_an_error_of_the_attempt(client: Open) -> None:
    with socket.create_server((HOST, 0)) as listener:
        port = listener.getsockname()[1]

    assert client().post(f"http://{HOST}:{port}/", b"{}", HEADERS).error == "connection_failed"


@pytest.mark.parametrize(
    ("sent", "error"), [(b"", "connection_lost"), (b"SSH-2.0-OpenSSH\r\n\r\n", "invalid_response")]
)
def test_response_that_is_not_http_is_an_error(client: Open, sent: bytes, error: str) -> None:
    def behave(connection: socket.socket) -> None:
        connection.recv(65_536)
        connection.sendall(sent)

    with misbehaving(behave) as url:
        assert client().post(url, b"{}", HEADERS).error == error


def test_excerpt_is_short_text_without_control_characters(client: Open, receiver: WebhookReceiver) -> None:
    receiver.expect("long", replies=[Reply(500, body="\x1b[31mé\u202e" + "x" * 100_000)])

    response = client().post(receiver.url("long"), b"{}", HEADERS)

    assert response.status_code == 500
    assert response.excerpt == "[31mé" + "x" * 495
