"""The API with a cache, on each backend, and the same API without one to compare with."""

from collections.abc import Iterator

import pytest

from chalicelib.cache.backends import InProcessBackend
from chalicelib.cache.service import Cache
from chalicelib.container import Container, install_container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Settings
from tests.api.cache.comparison import CacheComparison
from tests.http_client import HttpClient
from tests.integration.cache.builders import ManualTime
from tests.integration.cache.conftest import redis, shared_server, time_of_day
from tests.queues import RecordingQueue

__all__ = ["redis", "shared_server", "time_of_day"]


@pytest.fixture(params=["in-process", "redis"])
def cache(request: pytest.FixtureRequest, time_of_day: ManualTime) -> Cache:
    """The cache, empty, on each backend. Its time moves only when a test lets indexes catch up."""
    backend = InProcessBackend() if request.param == "in-process" else request.getfixturevalue("redis")
    return Cache(backend, time_of_day)


@pytest.fixture
def container(settings: Settings, clock: FixedClock, queue: RecordingQueue, cache: Cache) -> Iterator[Container]:
    """The container with that cache."""
    built = Container(settings, clock=clock, real_time=clock, queue=queue, cache=cache)
    install_container(built)
    yield built
    built.database.client.close()


@pytest.fixture
def comparison(http: HttpClient, container: Container, time_of_day: ManualTime) -> Iterator[CacheComparison]:
    """The comparison with a container that has no cache."""
    uncached = Container(container.settings, clock=container.clock, queue=container.queue)
    yield CacheComparison(http, container, uncached, time_of_day)
    install_container(container)
    uncached.database.client.close()
