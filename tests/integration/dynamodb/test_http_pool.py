"""The HTTP pool: reuse of connections, failures of the server, and TLS."""

from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.awsrequest import AWSPreparedRequest
from botocore.exceptions import (
    ConnectionClosedError,
    ConnectTimeoutError,
    EndpointConnectionError,
    ReadTimeoutError,
    SSLError,
)
from botocore.httpsession import URLLib3Session

from chalicelib.dynamodb import fast_path
from chalicelib.dynamodb.fast_path.http_pool import HttpPool, Timeouts
from tests.certificates import Certificates, certificates
from tests.engines import REGION
from tests.scripted_server import ScriptedServer, ok, scripted

TIMEOUTS = Timeouts(connect=2, read=2)
SHORT_TIMEOUTS = Timeouts(connect=2, read=0.05)


@contextmanager
def pool_of(
    server: ScriptedServer, timeouts: Timeouts = TIMEOUTS, *, scheme: str = "http", trusting: Path | None = None
) -> Iterator[HttpPool]:
    url = f"{scheme}://127.0.0.1:{server.port}"
    pool = HttpPool(url, timeouts, certificates=str(trusting) if trusting else None, max_idle=4)
    yield pool
    pool.close()


def never(operation: str, _: object) -> dict[str, Any]:
    raise AssertionError(f"{operation} was left to botocore")


def post(body: bytes = b"{}", **headers: str) -> AWSPreparedRequest:
    given: Any = {"Content-Length": str(len(body)), **headers}
    return AWSPreparedRequest("POST", "http://127.0.0.1/", given, body, stream_output=False)


def test_connection_is_reused() -> None:
    with scripted([ok(b"first", "X-Amz-Crc32: 5")], [ok(b"second")]) as server, pool_of(server) as pool:
        responses = [pool.send(post(b"one")), pool.send(post(b"two"))]
    assert [response.content for response in responses] == [b"first", b"second"]
    assert (responses[0].status_code, responses[0].headers["x-amz-crc32"]) == (200, "5")
    assert [number for number, _ in server.requests] == [1, 1]
    assert [request.rpartition(b"\r\n\r\n")[2] for _, request in server.requests] == [b"one", b"two"]


def test_request_has_path_host_and_given_headers() -> None:
    with scripted([ok(b"")]) as server, pool_of(server) as pool:
        pool.send(post(b"{}", Authorization="AWS4-HMAC-SHA256 x"))

    head = server.requests[0][1].partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert head == [
        "POST / HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Content-Length: 2",
        "Authorization: AWS4-HMAC-SHA256 x",
    ]


WHOLE = ok(b"x" * 100_000)
CHUNKED = b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n"


@pytest.mark.parametrize(
    ("script", "status", "content"),
    [
        ([WHOLE[:10], WHOLE[10:70], WHOLE[70:]], 200, b"x" * 100_000),
        ([CHUNKED, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"], 400, b"abcde"),
    ],
    ids=["in pieces", "chunked"],
)
def test_response_may_arrive_in_parts(script: list[bytes], status: int, content: bytes) -> None:
    with scripted(script) as server, pool_of(server) as pool:
        response = pool.send(post())

    assert (response.status_code, response.content) == (status, content)


def test_connection_closed_while_idle_is_not_reused() -> None:
    with scripted([ok(b"first"), None], [ok(b"second")]) as server, pool_of(server) as pool:
        pool.send(post())
        assert server.ended.wait(timeout=5)

        response = pool.send(post())
    assert response.content == b"second"
    assert [number for number, _ in server.requests] == [1, 2]


def test_connection_close_header_ends_the_connection() -> None:
    with scripted([ok(b"first", "Connection: close")], [ok(b"second")]) as server, pool_of(server) as pool:
        responses = [pool.send(post()).content, pool.send(post()).content]
    assert responses == [b"first", b"second"]
    assert [number for number, _ in server.requests] == [1, 2]


@pytest.mark.parametrize("script", [[None], [ok(b"whole")[:-2], None], [b"SSH-2.0-OpenSSH_9.2\r\n\r\n"]])
def test_incomplete_or_invalid_response_raises_connection_closed(script: list[bytes | None]) -> None:
    with scripted(script, [ok(b"again")]) as server, pool_of(server) as pool:
        with pytest.raises(ConnectionClosedError):
            pool.send(post())

        assert pool.send(post()).content == b"again"


def test_late_response_is_never_taken_for_the_next() -> None:
    with scripted([ok(b"late")[:-4]], [ok(b"right")]) as server, pool_of(server, SHORT_TIMEOUTS) as pool:
        with pytest.raises(ReadTimeoutError):
            pool.send(post())

        assert pool.send(post()).content == b"right"


def test_refused_connection_raises_endpoint_error() -> None:
    with scripted() as server:
        pass

    with pool_of(server) as pool, pytest.raises(EndpointConnectionError):
        pool.send(post())


def test_unfinished_tls_handshake_times_out() -> None:
    timeouts = Timeouts(connect=0.05, read=2)
    with (
        scripted([ok(b"")]) as server,
        pool_of(server, timeouts, scheme="https") as pool,
        pytest.raises(ConnectTimeoutError),
    ):
        pool.send(post())


def test_header_with_line_break_is_rejected() -> None:
    with scripted() as server, pool_of(server) as pool, pytest.raises(ValueError, match="line break"):
        pool.send(post(b"{}", Injected="a\r\nX-Other: b"))

    assert server.requests == []


def test_threads_share_connections() -> None:
    with scripted([ok(b"1")], [ok(b"2")], [ok(b"3")]) as server, pool_of(server) as pool:
        responses = []
        for _ in range(3):
            with ThreadPoolExecutor(1) as another:
                responses.append(another.submit(pool.send, post()).result().content)
    assert responses == [b"1", b"2", b"3"]
    assert server.connections == 1


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("tls"))


def test_certificate_of_trusted_authority_is_accepted(signed: Certificates) -> None:
    with (
        scripted([ok(b"secret")], [ok(b"again")], tls=signed) as server,
        pool_of(server, scheme="https", trusting=signed.authority) as pool,
    ):
        responses = [pool.send(post()).content, pool.send(post()).content]
    assert responses == [b"secret", b"again"]
    assert server.connections == 1


def test_certificate_of_unknown_authority_is_rejected(signed: Certificates) -> None:
    with (
        scripted([ok(b"")], tls=signed) as server,
        pool_of(server, scheme="https") as pool,
        pytest.raises(SSLError),
    ):
        pool.send(post())

    assert server.requests == []


def test_certificate_for_another_host_is_rejected(signed: Certificates) -> None:
    with scripted([ok(b"")], tls=signed) as server:
        elsewhere = HttpPool(
            f"https://localhost:{server.port}", TIMEOUTS, certificates=str(signed.authority), max_idle=4
        )

        with pytest.raises(SSLError):
            elsewhere.send(post())

    assert server.requests == []


SPECIAL: tuple[tuple[Mapping[str, str], Mapping[str, Any]], ...] = (
    ({"HTTP_PROXY": "http://127.0.0.1:9"}, {}),
    ({}, {"verify": False}),
)


@pytest.mark.parametrize(("environment", "settings"), SPECIAL, ids=["proxy", "no certificates"])
def test_proxy_and_unverified_tls_keep_the_botocore_session(
    environment: Mapping[str, str], settings: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
    client: Any = boto3.client("dynamodb", endpoint_url="http://dynamodb.test", region_name=REGION, **settings)

    fast_path.install(client, TIMEOUTS, fallback=never)

    assert isinstance(client._endpoint.http_session, URLLib3Session)
    client.close()


def test_certificate_bundle_from_environment_is_trusted(signed: Certificates, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(signed.authority))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with scripted([ok(b'{"Item": {}}')], tls=signed) as server:
        client: Any = boto3.client("dynamodb", endpoint_url=f"https://127.0.0.1:{server.port}", region_name=REGION)
        send = fast_path.install(client, TIMEOUTS, fallback=never)

        response = send("GetItem", {"TableName": "wallets", "Key": {"account": {"S": "wallet:1"}}})

        client.close()
    assert response == {"Item": {}}
