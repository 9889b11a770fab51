"""The backends of the cache, which have one contract."""

from collections.abc import Iterator

import pytest

from chalicelib.cache.backends import Backend, InProcessBackend
from chalicelib.cache.redis_backend import RedisBackend
from chalicelib.cache.service import Cache
from chalicelib.shared.clock import utc_now
from tests.integration.cache.builders import ManualTime
from tests.redis_servers import RedisServer, a_cluster_of_one, a_redis_server


@pytest.fixture(scope="session")
def shared_server() -> Iterator[RedisServer]:
    """One server for the tests that do not stop it."""
    with a_redis_server() as server:
        yield server


@pytest.fixture
def redis(shared_server: RedisServer) -> Iterator[RedisBackend]:
    """The server's backend under keys of this test alone."""
    backend = RedisBackend(shared_server.url, prefix=f"{utc_now().timestamp()}-")
    yield backend
    backend.close()


@pytest.fixture(scope="session")
def shared_cluster() -> Iterator[RedisServer]:
    """A cluster as the cloud's cache is one, used by a client without cluster support."""
    with a_cluster_of_one() as server:
        yield server


@pytest.fixture
def cluster(shared_cluster: RedisServer) -> Iterator[RedisBackend]:
    """The cluster's backend under keys of this test alone."""
    backend = RedisBackend(shared_cluster.url, prefix=f"{utc_now().timestamp()}-")
    yield backend
    backend.close()


@pytest.fixture(params=["in-process", "redis", "cluster"])
def backend(request: pytest.FixtureRequest) -> Backend:
    """Each backend in turn, empty."""
    if request.param == "in-process":
        return InProcessBackend()
    found: RedisBackend = request.getfixturevalue(request.param)
    return found


@pytest.fixture
def time_of_day() -> ManualTime:
    """Seconds since 1970 as the cache sees them."""
    return ManualTime()


@pytest.fixture
def cache(backend: Backend, time_of_day: ManualTime) -> Cache:
    """A cache on that backend."""
    return Cache(backend, time_of_day)
