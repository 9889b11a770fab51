"""Outages of the cache server, its return, and connections with TLS."""

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
from tests.integration.cache.builders import ManualTime, TextBuilder, read_page, read_wallet
from tests.integration.local.running_platform import free_port
from tests.redis_servers import RedisServer, a_redis_server

OPEN_SECONDS = 0.3
RETRY_SECONDS = OPEN_SECONDS + 0.05


@pytest.fixture
def server() -> Iterator[RedisServer]:
    """A server of its own for each test."""
    with a_redis_server() as running:
        yield running


@pytest.fixture
def backend(server: RedisServer) -> Iterator[RedisBackend]:
    """A backend whose circuit closes soon after a failure."""
    found = RedisBackend(server.url, circuit=CircuitBreaker(OPEN_SECONDS))
    yield found
    found.close()


def test_reads_without_the_server_are_immediate(server: RedisServer, backend: RedisBackend) -> None:
    cache, build = Cache(backend), TextBuilder()
    read_wallet(cache, build)
    server.stop()

    began = time.monotonic()
    texts = [read_wallet(cache, build) for _ in range(20)]

    assert texts == [f"text {number}" for number in range(2, 22)]
    assert time.monotonic() - began < 0.3


def test_frozen_server_costs_one_short_wait(server: RedisServer, backend: RedisBackend) -> None:
    cache, build = Cache(backend), TextBuilder()
    read_wallet(cache, build)
    server.freeze()

    began = time.monotonic()
    for _ in range(20):
        read_wallet(cache, build)
    took = time.monotonic() - began
    server.thaw()

    assert build.built == 21
    assert 0.2 < took < 0.5


@pytest.mark.parametrize("during_outage", [True, False], ids=["used", "unused"])
def test_hits_return_with_the_server(server: RedisServer, backend: RedisBackend, during_outage: bool) -> None:
    cache, build = Cache(backend), TextBuilder()
    if not during_outage:
        read_wallet(cache, build)  # the server closes this connection
    server.stop()
    if during_outage:
        read_wallet(cache, build)
        time.sleep(RETRY_SECONDS)
    server.start()

    assert [read_wallet(cache, build), read_wallet(cache, build)] == ["text 2", "text 2"]


def test_pending_invalidation_precedes_the_next_read(server: RedisServer, backend: RedisBackend) -> None:
    cache, build = Cache(backend), TextBuilder()
    read_wallet(cache, build)
    server.freeze()
    cache.invalidate(["wallet:john"])

    server.thaw()
    assert read_wallet(cache, build) == "text 2"  # the circuit is open: built
    time.sleep(RETRY_SECONDS)

    assert [read_wallet(cache, build), read_wallet(cache, build)] == ["text 3", "text 3"]


def test_other_processes_see_a_pending_invalidation_later(server: RedisServer, backend: RedisBackend) -> None:
    here, other = Cache(backend), Cache(RedisBackend(server.url))
    read_wallet(other, lambda: "old")
    server.freeze()
    here.invalidate(["wallet:john"])
    server.thaw()
    time.sleep(RETRY_SECONDS)

    here.read("available", "any", lambda: "", seconds=30)

    assert read_wallet(other, lambda: "new") == "new"
    other.close()


def test_pending_invalidation_ends_with_the_entries(server: RedisServer) -> None:
    now = ManualTime()
    backend = RedisBackend(server.url, circuit=CircuitBreaker(3600))
    cache = Cache(backend, now)
    server.freeze()
    cache.invalidate(["wallet:john"])
    server.thaw()

    now.advance(61)
    cache.invalidate(["wallet:mary"])

    assert cache._pending_invalidations.keys() == {"wallet:mary"}
    backend.close()


def test_open_circuit_admits_one_trial_call(server: RedisServer) -> None:
    now = ManualTime()
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


def test_full_server_still_serves_its_entries(server: RedisServer, backend: RedisBackend) -> None:
    cache, build = Cache(backend), TextBuilder()
    read_wallet(cache, build)
    backend._redis.config_set("maxmemory", 1)

    assert cache.read("wallet:mary", "view", lambda: "built", seconds=30) == "built"
    assert read_wallet(cache, build) == "text 1"


def test_recent_writes_and_pages_survive_an_outage(server: RedisServer, backend: RedisBackend) -> None:
    cache = Cache(backend)
    server.stop()

    cache.record_recent_writes([("loans-of:john", "1")])

    assert cache.recent_writes("loans-of:john") == ()
    assert read_page(cache, lambda: "built") == "built"


def test_maintenance_reports_an_outage(server: RedisServer, backend: RedisBackend) -> None:
    cache = Cache(backend)
    server.stop()

    for call in (cache.sweep, cache.clear, cache.statistics, cache.entries):
        with pytest.raises(CacheUnreachable):
            call()


def test_shared_limits_continue_locally_without_the_server(server: RedisServer, backend: RedisBackend) -> None:
    ours, theirs = SharedCounter(backend, InProcessCounter()), SharedCounter(backend, InProcessCounter())
    assert [ours.count("user#john", 60).requests, theirs.count("user#john", 60).requests] == [1, 2]

    server.stop()

    assert [ours.count("user#john", 60).requests for _ in range(3)] == [1, 2, 3]


def test_count_without_expiry_gets_one(backend: RedisBackend) -> None:
    backend._redis.set("limit:user#john", 7)

    seen, left = backend.count("limit:user#john", 60)

    assert (seen, left) == (8, 60.0)
    assert 0 < backend.count("limit:user#john", 60)[1] <= 60


def test_window_ends_and_starts_again(backend: RedisBackend) -> None:
    assert backend.count("limit:x", 1)[0] == 1
    time.sleep(1.1)

    assert backend.count("limit:x", 1)[0] == 1


@pytest.fixture(scope="module")
def tls_files(tmp_path_factory: pytest.TempPathFactory) -> Certificates:
    """A certificate for 127.0.0.1, and the authority that signed it."""
    return certificates(tmp_path_factory.mktemp("tls"))


@pytest.fixture
def tls_url(tls_files: Certificates) -> Iterator[str]:
    """The URL of a server that accepts only TLS."""
    port = free_port()
    options = ["--port", "0", "--tls-port", str(port), "--tls-auth-clients", "no"]
    options += ["--tls-cert-file", str(tls_files.certificate), "--tls-key-file", str(tls_files.key)]
    options += ["--tls-ca-cert-file", str(tls_files.authority)]
    with a_redis_server(*options, port=port, program=REDIS_WITH_TLS):
        yield f"rediss://127.0.0.1:{port}/0"


def test_server_with_tls_is_used(tls_url: str, tls_files: Certificates) -> None:
    backend = RedisBackend(f"{tls_url}?ssl_ca_certs={quote(str(tls_files.authority))}")
    cache, build = Cache(backend), TextBuilder()

    assert [read_wallet(cache, build), read_wallet(cache, build)] == ["text 1", "text 1"]
    backend.close()


def test_unknown_certificate_authority_is_not_trusted(tls_url: str, tmp_path: Path) -> None:
    backend = RedisBackend(tls_url)

    with pytest.raises(CacheUnreachable):
        backend.get(["a"])
    backend.close()
