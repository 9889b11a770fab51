"""The API with a cache, on each backend, and the same API without one to compare with."""

from __future__ import annotations

import importlib
from collections.abc import Iterator

import pytest

from chalicelib import container as wiring
from chalicelib.cache.backends import InProcessBackend
from chalicelib.cache.redis_backend import RedisBackend
from chalicelib.cache.service import Cache
from chalicelib.shared.clock import FixedClock, utc_now
from chalicelib.shared.settings import Settings
from local.gateway import Gateway
from tests.api.cache.reading import Readings
from tests.http_client import HttpClient
from tests.integration.cache.builders import ManualTime
from tests.queues import RecordingQueue
from tests.redis_servers import RedisServer, a_redis_server


@pytest.fixture(scope="session")
def shared_server() -> Iterator[RedisServer]:
    """One server for all tests here."""
    with a_redis_server() as server:
        yield server


@pytest.fixture
def time_of_day() -> ManualTime:
    """The cache's own time: a test moves it on to where indexes have caught up."""
    return ManualTime()


@pytest.fixture(params=["in-process", "redis"])
def answers(request: pytest.FixtureRequest, time_of_day: ManualTime) -> Iterator[Cache]:
    """The cache, empty, on each backend."""
    if request.param == "in-process":
        yield Cache(InProcessBackend(), time_of_day)
        return
    server: RedisServer = request.getfixturevalue("shared_server")
    backend = RedisBackend(server.url, prefix=f"{utc_now().timestamp()}-")
    yield Cache(backend, time_of_day)
    backend.close()


@pytest.fixture
def container(
    settings: Settings, clock: FixedClock, queue: RecordingQueue, answers: Cache
) -> Iterator[wiring.Container]:
    """The platform with that cache."""
    built = wiring.Container(settings, clock=clock, queue=queue, cache=answers)
    wiring.install_container(built)
    yield built
    built.database.client.close()


@pytest.fixture
def readings(
    container: wiring.Container, settings: Settings, clock: FixedClock, queue: RecordingQueue, time_of_day: ManualTime
) -> Iterator[Readings]:
    """Reads everything with the cache and without."""
    uncached = wiring.Container(settings, clock=clock, queue=queue)
    http = HttpClient(Gateway(importlib.import_module("app").app), is_validating=True)
    yield Readings(http, container, uncached, time_of_day)
    wiring.install_container(container)
    uncached.database.client.close()
