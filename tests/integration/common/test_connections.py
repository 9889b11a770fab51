"""Connections that are kept: one exchange after the other, and what happens when the other side fails."""

from __future__ import annotations

from collections.abc import Mapping
from concurrent.futures import ThreadPoolExecutor
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

from chalicelib.dynamodb.fast_path.client import FastPathClient
from chalicelib.dynamodb.fast_path.http_pool import HttpPool, Timeouts
from tests.certificates import Certificates, certificates
from tests.engines import REGION
from tests.scripted_server import ScriptedServer, ok, scripted

PATIENCE = Timeouts(connect=2, read=2)
HASTY = Timeouts(connect=2, read=0.05)


def connections_to(
    server: ScriptedServer, patience: Timeouts = PATIENCE, *, scheme: str = "http", trusting: Path | None = None
) -> HttpPool:
    url = f"{scheme}://127.0.0.1:{server.port}"
    return HttpPool(url, patience, certificates=str(trusting) if trusting else None, most_idle=4)


def asking(body: bytes = b"{}", **headers: str) -> AWSPreparedRequest:
    given: Any = {"Content-Length": str(len(body)), **headers}
    return AWSPreparedRequest("POST", "http://127.0.0.1/", given, body, stream_output=False)


def test_one_connection_serves_one_request_after_the_other() -> None:
    with scripted([ok(b"first", "X-Amz-Crc32: 5")], [ok(b"second")]) as server:
        connections = connections_to(server)

        answers = [connections.send(asking(b"one")), connections.send(asking(b"two"))]

        connections.close()
    assert [answer.content for answer in answers] == [b"first", b"second"]
    assert (answers[0].status_code, answers[0].headers["x-amz-crc32"]) == (200, "5")
    assert [number for number, _ in server.requests] == [1, 1]
    assert [request.rpartition(b"\r\n\r\n")[2] for _, request in server.requests] == [b"one", b"two"]


def test_a_request_names_its_path_its_host_and_what_it_is_given() -> None:
    with scripted([ok(b"")]) as server:
        connections = connections_to(server)
        connections.send(asking(b"{}", Authorization="AWS4-HMAC-SHA256 x"))
        connections.close()

    head = server.requests[0][1].partition(b"\r\n\r\n")[0].decode().split("\r\n")
    assert head == [
        "POST / HTTP/1.1",
        f"Host: 127.0.0.1:{server.port}",
        "Content-Length: 2",
        "Authorization: AWS4-HMAC-SHA256 x",
    ]


def test_an_answer_may_come_in_pieces() -> None:
    whole = ok(b"x" * 100_000)
    with scripted([whole[:10], whole[10:70], whole[70:]]) as server:
        connections = connections_to(server)

        answer = connections.send(asking())

        connections.close()
    assert answer.content == b"x" * 100_000


def test_an_answer_may_be_chunked() -> None:
    head = b"HTTP/1.1 400 Bad Request\r\nTransfer-Encoding: chunked\r\n\r\n"
    with scripted([head, b"3\r\nabc\r\n", b"2\r\nde\r\n0\r\n\r\n"]) as server:
        connections = connections_to(server)

        answer = connections.send(asking())

        connections.close()
    assert (answer.status_code, answer.content) == (400, b"abcde")


def test_a_connection_that_ended_while_it_was_idle_is_not_used_again() -> None:
    with scripted([ok(b"first"), None], [ok(b"second")]) as server:
        connections = connections_to(server)
        connections.send(asking())
        assert server.ended.wait(timeout=5)

        answer = connections.send(asking())

        connections.close()
    assert answer.content == b"second"
    assert [number for number, _ in server.requests] == [1, 2]


def test_an_answer_that_closes_its_connection_is_the_last_on_it() -> None:
    with scripted([ok(b"first", "Connection: close")], [ok(b"second")]) as server:
        connections = connections_to(server)

        answers = [connections.send(asking()).content, connections.send(asking()).content]

        connections.close()
    assert answers == [b"first", b"second"]
    assert [number for number, _ in server.requests] == [1, 2]


@pytest.mark.parametrize("script", [[None], [ok(b"whole")[:-2], None], [b"SSH-2.0-OpenSSH_9.2\r\n\r\n"]])
def test_an_answer_that_breaks_off_or_is_none_loses_the_connection(script: list[bytes | None]) -> None:
    with scripted(script, [ok(b"again")]) as server:
        connections = connections_to(server)

        with pytest.raises(ConnectionClosedError):
            connections.send(asking())

        assert connections.send(asking()).content == b"again"
        connections.close()


def test_an_answer_that_does_not_come_is_given_up_and_never_taken_for_the_next() -> None:
    with scripted([ok(b"late")[:-4]], [ok(b"right")]) as server:
        connections = connections_to(server, HASTY)

        with pytest.raises(ReadTimeoutError):
            connections.send(asking())

        assert connections.send(asking()).content == b"right"
        connections.close()


def test_nobody_listening_is_no_connection() -> None:
    with scripted() as server:
        connections = connections_to(server)

    with pytest.raises(EndpointConnectionError):
        connections.send(asking())


def test_a_server_that_does_not_finish_its_handshake_is_given_up() -> None:
    with scripted([ok(b"")]) as server:
        connections = connections_to(server, Timeouts(connect=0.05, read=2), scheme="https")

        with pytest.raises(ConnectTimeoutError):
            connections.send(asking())


def test_a_header_with_a_line_break_is_never_sent() -> None:
    with scripted() as server:
        connections = connections_to(server)

        with pytest.raises(ValueError, match="line break"):
            connections.send(asking(b"{}", Injected="a\r\nX-Other: b"))

    assert server.requests == []


def test_a_connection_is_handed_from_thread_to_thread() -> None:
    with scripted([ok(b"1")], [ok(b"2")], [ok(b"3")]) as server:
        connections = connections_to(server)

        answers = []
        for _ in range(3):
            with ThreadPoolExecutor(1) as another:
                answers.append(another.submit(connections.send, asking()).result().content)

        connections.close()
    assert answers == [b"1", b"2", b"3"]
    assert server.connections == 1


@pytest.fixture(scope="module")
def signed(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    return certificates(tmp_path_factory.mktemp("tls"))


def test_a_server_with_a_certificate_of_a_trusted_authority_is_spoken_to(signed: Certificates) -> None:
    with scripted([ok(b"secret")], [ok(b"again")], tls=signed) as server:
        connections = connections_to(server, scheme="https", trusting=signed.authority)

        answers = [connections.send(asking()).content, connections.send(asking()).content]

        connections.close()
    assert answers == [b"secret", b"again"]
    assert server.connections == 1


def test_a_server_that_nobody_vouches_for_gets_no_request(signed: Certificates) -> None:
    with scripted([ok(b"")], tls=signed) as server:
        connections = connections_to(server, scheme="https")

        with pytest.raises(SSLError):
            connections.send(asking())

    assert server.requests == []


def test_a_certificate_for_another_name_is_refused(signed: Certificates) -> None:
    with scripted([ok(b"")], tls=signed) as server:
        elsewhere = HttpPool(
            f"https://localhost:{server.port}", PATIENCE, certificates=str(signed.authority), most_idle=4
        )

        with pytest.raises(SSLError):
            elsewhere.send(asking())

    assert server.requests == []


SPECIAL: tuple[tuple[Mapping[str, str], Mapping[str, Any]], ...] = (
    ({"HTTP_PROXY": "http://127.0.0.1:9"}, {}),
    ({}, {"verify": False}),
)


@pytest.mark.parametrize(("environment", "settings"), SPECIAL, ids=["proxy", "no certificates"])
def test_what_asks_for_more_goes_through_botocore(
    environment: Mapping[str, str], settings: Mapping[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
        monkeypatch.delenv("NO_PROXY", raising=False)
        monkeypatch.delenv("no_proxy", raising=False)
    client: Any = boto3.client("dynamodb", endpoint_url="http://dynamodb.test", region_name=REGION, **settings)

    FastPathClient.install(client, PATIENCE)

    assert isinstance(client._endpoint.http_session, URLLib3Session)
    client.close()


def test_a_bundle_of_certificates_that_the_surroundings_name_is_trusted(
    signed: Certificates, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_CA_BUNDLE", str(signed.authority))
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "any")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "any")
    with scripted([ok(b'{"Item": {}}')], tls=signed) as server:
        client: Any = boto3.client("dynamodb", endpoint_url=f"https://127.0.0.1:{server.port}", region_name=REGION)
        FastPathClient.install(client, PATIENCE)

        answer = client.get_item(TableName="wallets", Key={"account": {"S": "wallet:1"}})

        client.close()
    assert answer == {"Item": {}}
