"""Fixtures of all tests: storage, empty tables, a fixed clock, the container, HTTP clients."""

import importlib
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import HealthCheck
from hypothesis import settings as hypothesis_settings

from chalicelib.container import Container, install_container
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.settings import Limit, Settings
from local.gateway import Gateway
from tests import skip_summary
from tests.advance import FixedSandboxClock, advance
from tests.bank_files import IBAN
from tests.calls_plugin import CallsPlugin
from tests.engines import (
    DUMMY_CREDENTIALS,
    ENDPOINT_CREDENTIALS,
    REGION,
    USE_FAST_PATH,
    Storage,
    dynoxide_storage,
    endpoint_storage,
    share_botocore_session,
)
from tests.factories import ServiceFactory, UserFactory
from tests.http_client import HttpClient
from tests.network import keep_inside
from tests.queues import RecordingQueue
from tests.recorded_calls import RECORDER
from tests.simulation.counts import pytest_terminal_summary
from tests.streams import background

__all__ = ["advance", "background", "pytest_terminal_summary"]

START = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
_UNLIMITED = Limit(0, 1)
_NOT_ON_AN_ENDPOINT = {
    "own_process": "starts a database of its own",
    "exact_units": "other databases count capacity units differently",
}
_SLOW_MACHINES = (HealthCheck.too_slow, HealthCheck.data_too_large)

hypothesis_settings.register_profile(
    "ci", max_examples=200, deadline=None, derandomize=True, suppress_health_check=_SLOW_MACHINES
)
hypothesis_settings.register_profile(
    "nightly", max_examples=10_000, deadline=None, print_blob=True, suppress_health_check=_SLOW_MACHINES
)
hypothesis_settings.load_profile(os.environ.get("HYPOTHESIS_PROFILE", "ci"))


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption(
        "--engine",
        choices=("dynoxide", "endpoint"),
        default="dynoxide",
        help="the database: dynoxide in memory, or the endpoint that AWS_ENDPOINT_URL names",
    )


def pytest_configure(config: pytest.Config) -> None:
    if config.getoption("--engine") == "endpoint" and not os.environ.get("AWS_ENDPOINT_URL"):
        raise pytest.UsageError("--engine=endpoint needs AWS_ENDPOINT_URL")
    _isolate(keep_endpoint=config.getoption("--engine") == "endpoint")
    keep_inside()
    config.pluginmanager.register(skip_summary)
    share_botocore_session()
    if os.environ.get("WATCH_CALLS") != "off":
        RECORDER.start()
        config.pluginmanager.register(CallsPlugin())


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    if config.getoption("--engine") != "endpoint":
        return
    for item in items:
        for marker in (marker for marker in _NOT_ON_AN_ENDPOINT if item.get_closest_marker(marker)):
            item.add_marker(pytest.mark.skip(reason=_NOT_ON_AN_ENDPOINT[marker]))


def _isolate(*, keep_endpoint: bool) -> None:
    """Replace the developer's AWS account and settings by defaults and dummy credentials."""
    for name in list(os.environ):
        if name.startswith("AWS_") and name not in ("AWS_CA_BUNDLE", "AWS_ENDPOINT_URL"):
            del os.environ[name]
    if not keep_endpoint:
        os.environ.pop("AWS_ENDPOINT_URL", None)
    os.environ.update(DUMMY_CREDENTIALS)
    if keep_endpoint:
        os.environ.update(ENDPOINT_CREDENTIALS)
    os.environ["STAGE"] = "local"


@pytest.fixture
def own_environment(tmp_path: Path) -> Iterator[None]:
    """Restore the environment after the test; its data directory is its own."""
    before = dict(os.environ)
    os.environ["DATA_DIR"] = str(tmp_path / "data")
    yield
    os.environ.clear()
    os.environ.update(before)


@pytest.fixture(scope="session")
def storage(request: pytest.FixtureRequest) -> Iterator[Storage]:
    chosen = request.config.getoption("--engine")
    with dynoxide_storage() if chosen == "dynoxide" else endpoint_storage() as found:
        yield found


@pytest.fixture
def tables(storage: Storage) -> Storage:
    storage.empty()
    return storage


@pytest.fixture
def streams(tables: Storage) -> Iterator[None]:
    """Enable the tables' streams, which are off otherwise."""
    with tables.streaming():
        yield


@pytest.fixture
def clock() -> FixedClock:
    """A clock at 15 January 2026, 9:30, that only the test advances."""
    return FixedClock(START)


@pytest.fixture(scope="session")
def signing_key_file(tmp_path_factory: pytest.TempPathFactory) -> str:
    return str(tmp_path_factory.mktemp("keys") / "signing.key")


@pytest.fixture
def settings(tables: Storage, signing_key_file: str, tmp_path: Path) -> Settings:
    """The defaults, on the tests' tables, without limits of requests. Tests override this fixture for others."""
    return Settings(
        region=REGION,
        table_prefix=tables.prefix,
        signing_key_file=signing_key_file,
        mail_folder=str(tmp_path / "mail"),
        throttle_rate=_UNLIMITED,
        throttle_auth=_UNLIMITED,
        throttle_user=_UNLIMITED,
        throttle_anon=_UNLIMITED,
        max_open_requests=1000,
        bank_iban=IBAN,
        pool_size=64,
        dynamodb_fast_path=USE_FAST_PATH,
    )


@pytest.fixture
def queue() -> RecordingQueue:
    """The queue of background jobs, which only the test runs."""
    return RecordingQueue()


@pytest.fixture
def delivery_queue() -> RecordingQueue:
    """The queue of webhook deliveries."""
    return RecordingQueue("deliveries")


@pytest.fixture
def email_queue() -> RecordingQueue:
    """The queue of emails."""
    return RecordingQueue("emails")


@pytest.fixture
def sandbox_clock(clock: FixedClock) -> FixedSandboxClock:
    """Sets the clock forward for the routes and for ``advance``."""
    return FixedSandboxClock(clock)


@pytest.fixture
def container(
    settings: Settings,
    clock: FixedClock,
    sandbox_clock: FixedSandboxClock,
    queue: RecordingQueue,
    delivery_queue: RecordingQueue,
    email_queue: RecordingQueue,
) -> Iterator[Container]:
    """A container on empty tables, which the application of this process uses too."""
    built = Container(
        settings,
        clock=clock,
        real_time=clock,
        queue=queue,
        delivery_queue=delivery_queue,
        email_queue=email_queue,
        sandbox_clock=sandbox_clock,
    )
    install_container(built)
    yield built
    built.database.client.close()


@pytest.fixture
def http(container: Container) -> HttpClient:
    """An anonymous client of the application, which uses ``container``."""
    return HttpClient(Gateway(importlib.import_module("app").app), is_validating=True)


@pytest.fixture
def user_factory(http: HttpClient, settings: Settings, clock: FixedClock) -> UserFactory:
    return UserFactory.create(http, settings, clock, clock)


@pytest.fixture
def service_factory(container: Container) -> ServiceFactory:
    return ServiceFactory(container)
