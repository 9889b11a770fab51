"""A server that is gone, frozen, or back again; and one that speaks TLS."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import pytest

from chalicelib.api.rate_limiting.counter import SharedCounter
from chalicelib.api.rate_limiting.fixed_window import InProcessCounter
from chalicelib.cache.backends import CacheUnreachable
from chalicelib.cache.redis_backend import CircuitBreaker, RedisBackend
from chalicelib.cache.service import Cache
from local.external_programs import REDIS_WITH_TLS
from tests.certificates import Certificates, certificates
from tests.integration.cache.answers import Answer, SteppedTime, listed, shown
from tests.integration.local.running_platform import free_port
from tests.redis_servers import RedisServer, a_redis_server

OPEN_SECONDS = 0.3


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A server of this test's own."""
    with a_redis_server() as running:
        yield running


@pytest.fixture
def backend(server: RedisServer) -> Iterator[RedisBackend]:
    """Its backend; after a failure it is tried again soon."""
    found = RedisBackend(server.url, circuit=CircuitBreaker(OPEN_SECONDS))
    yield found
    found.close()


def wait_until_tried_again() -> None:
    time.sleep(OPEN_SECONDS + 0.05)


def test_without_the_server_everything_is_built_at_once(server: RedisServer, backend: RedisBackend) -> None:
    cache, answer = Cache(backend), Answer()
    shown(cache, answer)
    server.stop()

    began = time.monotonic()
    texts = [shown(cache, answer) for _ in range(20)]

    assert texts == [f"answer {number}" for number in range(2, 22)]
    assert time.monotonic() - began < 0.3


def test_a_frozen_server_costs_one_short_wait(server: RedisServer, backend: RedisBackend) -> None:
    cache, answer = Cache(backend), Answer()
    shown(cache, answer)
    server.freeze()

    began = time.monotonic()
    for _ in range(20):
        shown(cache, answer)
    took = time.monotonic() - began
    server.thaw()

    assert answer.built == 21
    assert 0.2 < took < 0.5


def test_hits_return_with_the_server(server: RedisServer, backend: RedisBackend) -> None:
    cache, answer = Cache(backend), Answer()
    server.stop()
    shown(cache, answer)
    server.start()
    wait_until_tried_again()

    assert [shown(cache, answer), shown(cache, answer)] == ["answer 2", "answer 2"]


def test_a_change_that_the_server_was_not_told_of_is_told_before_anything_is_read(
    server: RedisServer, backend: RedisBackend
) -> None:
    cache, answer = Cache(backend), Answer()
    shown(cache, answer)
    server.freeze()
    cache.invalidate(["wallet:john"])

    server.thaw()
    assert shown(cache, answer) == "answer 2"  # the circuit is open: built
    wait_until_tried_again()

    assert [shown(cache, answer), shown(cache, answer)] == ["answer 3", "answer 3"]


def test_other_processes_see_the_change_once_it_could_be_told(server: RedisServer, backend: RedisBackend) -> None:
    here, other = Cache(backend), Cache(RedisBackend(server.url))
    shown(other, lambda: "old")
    server.freeze()
    here.invalidate(["wallet:john"])
    server.thaw()
    wait_until_tried_again()

    here.read("available", "any", lambda: "", seconds=30)

    assert shown(other, lambda: "new") == "new"
    other.close()


def test_a_debt_is_forgotten_when_every_answer_of_before_has_ended(server: RedisServer) -> None:
    now = SteppedTime()
    backend = RedisBackend(server.url, circuit=CircuitBreaker(3600))
    cache = Cache(backend, now)
    server.freeze()
    cache.invalidate(["wallet:john"])
    server.thaw()

    now.advance(61)
    cache.invalidate(["wallet:mary"])

    assert cache._pending_invalidations.keys() == {"wallet:mary"}
    backend.close()


def test_while_the_circuit_is_open_one_caller_tries(server: RedisServer) -> None:
    now = SteppedTime()
    circuit = CircuitBreaker(5, now)
    circuit.failed(ConnectionError())

    with pytest.raises(CacheUnreachable):
        circuit.enter()
    now.advance(5)
    circuit.enter()
    with pytest.raises(CacheUnreachable):
        circuit.enter()
    circuit.succeeded()
    circuit.enter()
    circuit.enter()


def test_a_connection_that_the_server_closed_meanwhile_is_opened_again(
    server: RedisServer, backend: RedisBackend
) -> None:
    cache, answer = Cache(backend), Answer()
    shown(cache, answer)
    server.stop()
    server.start()

    assert [shown(cache, answer), shown(cache, answer)] == ["answer 2", "answer 2"]


def test_a_server_without_room_still_serves_what_it_has(server: RedisServer, backend: RedisBackend) -> None:
    cache, answer = Cache(backend), Answer()
    shown(cache, answer)
    backend._redis.config_set("maxmemory", 1)

    assert cache.read("wallet:mary", "view", lambda: "built", seconds=30) == "built"
    assert shown(cache, answer) == "answer 1"


def test_fresh_members_and_lists_do_not_fail_either(server: RedisServer, backend: RedisBackend) -> None:
    cache = Cache(backend)
    server.stop()

    cache.record_recent_writes([("loans-of:john", "1")])

    assert cache.recent_writes("loans-of:john") == ()
    assert listed(cache, lambda: "built") == "built"


def test_operators_calls_and_tasks_are_told_of_an_outage(server: RedisServer, backend: RedisBackend) -> None:
    cache = Cache(backend)
    server.stop()

    for call in (cache.sweep, cache.clear, cache.statistics, cache.entries):
        with pytest.raises(CacheUnreachable):
            call()


def test_limits_are_shared_and_go_on_in_the_process_without_the_server(
    server: RedisServer, backend: RedisBackend
) -> None:
    ours, theirs = SharedCounter(backend, InProcessCounter()), SharedCounter(backend, InProcessCounter())
    assert [ours.count("user#john", 60).requests, theirs.count("user#john", 60).requests] == [1, 2]

    server.stop()

    assert [ours.count("user#john", 60).requests for _ in range(3)] == [1, 2, 3]


def test_a_count_without_an_end_is_given_one(backend: RedisBackend) -> None:
    backend._redis.set("limit:user#john", 7)

    seen, left = backend.count("limit:user#john", 60)

    assert (seen, left) == (8, 60.0)
    assert 0 < backend.count("limit:user#john", 60)[1] <= 60


def test_a_window_ends_and_begins_anew(backend: RedisBackend) -> None:
    assert backend.count("limit:x", 1)[0] == 1
    time.sleep(1.1)

    assert backend.count("limit:x", 1)[0] == 1


@pytest.fixture(scope="module")
def papers(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A certificate of 127.0.0.1, and the authority that has signed it."""
    return certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_url(papers: Certificates) -> Iterator[str]:
    """A server that speaks TLS alone."""
    port = free_port()
    options = ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no"]
    options += ["--tls-cert-file", str(papers.certificate), "--tls-key-file", str(papers.key)]
    options += ["--tls-ca-cert-file", str(papers.authority)]
    with a_redis_server(*options, port=port, program=REDIS_WITH_TLS):
        yield f"rediss://127.0.0.1:{port}/0"


def test_a_server_with_tls_is_used(tls_url: str, papers: Certificates) -> None:
    backend = RedisBackend(f"{tls_url}?ssl_ca_certs={quote(str(papers.authority))}")
    cache, answer = Cache(backend), Answer()

    assert [shown(cache, answer), shown(cache, answer)] == ["answer 1", "answer 1"]
    backend.close()


def test_a_server_that_nobody_has_signed_for_is_not_trusted(tls_url: str, tmp_path: Path) -> None:
    backend = RedisBackend(tls_url)

    with pytest.raises(CacheUnreachable):
        backend.get(["a"])
    backend.close()
