"""The whole platform on the double: unmodified code, people, streams, queue and clock in one place."""

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from typing import Any, Final
from unittest import mock

from chalicelib import container as wiring
from chalicelib.api.signing_keys import SigningKeys
from chalicelib.cache.service import Cache
from chalicelib.container import Container
from chalicelib.dynamodb.errors import is_transient
from chalicelib.reporting.service import parallel
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import Limit, Settings
from local.events import ResourceTable
from local.gateway import Gateway
from local.http_messages import HttpRequest, HttpResponse
from local.lambda_context import LambdaContext
from local.tables import tables_of
from tests.engines import REGION, USE_FAST_PATH, Storage
from tests.factories import User, UserFactory
from tests.http_client import HttpClient
from tests.simulation.simulated_services import SECRET_ID, SimulatedCache, SimulatedQueue, simulated_secret
from tools.dynamodb_simulator.fault_injector import FaultInjector
from tools.dynamodb_simulator.simulator import Simulator, Snapshot
from tools.dynamodb_simulator.virtual_time import ImmediateExecutor, VirtualTime, seeded, simulated_time

_WAITING_MODULES: Final = (
    "chalicelib.dynamodb.database.time",
    "chalicelib.dynamodb.retry.time",
    "chalicelib.dynamodb.transaction.time",
    "chalicelib.jobs.deadline.time",
)
"""Modules of the platform that pause or measure deadlines."""
PREFIX: Final = "p2p-sim-"
START: Final = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
_UNLIMITED: Final = Limit(0, 1)
_WIDE: Final = Limit(100_000, 60)
_FOLLOWERS: Final = {
    "loans": ("loans_stream.process", "projections.process_loans"),
    "wallets": ("wallets_stream.process",),
    "ledger": ("projections.process_ledger",),
}
_WORKERS: Final = frozenset({"loans_stream.process", "wallets_stream.process"})


@dataclass(frozen=True)
class SimulatedStorage(Storage):
    """The double's tables, for tests that look into the storage."""

    simulator: Simulator

    def items(self, table: str) -> list[dict[str, Any]]:
        """All items of a table, in DynamoDB's own notation."""
        return [dict(item) for item in self.simulator.tables[self.prefix + table].all_items()]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state of the world that can be returned to."""

    stored: Snapshot
    at: datetime
    queued: tuple[Any, ...]
    read: dict[str, int]


class _Visited(Gateway):
    """The gateway, which notes whom it has called."""

    def __init__(self, application: Any, visited: set[str]) -> None:
        super().__init__(application)
        self._table = ResourceTable(list(application.routes))
        self._visited = visited

    def respond(self, request: HttpRequest) -> HttpResponse:
        """The application's answer."""
        match = self._table.match(request.target.partition("?")[0])
        self._visited.add(f"{request.method} {match.resource if match else request.target}")
        return super().respond(request)


@dataclass
class Environment:
    """A platform in simulation; ``visited`` are the routes and functions that were called."""

    container: Container
    simulator: Simulator
    injector: FaultInjector
    clock: FixedClock
    queue: SimulatedQueue
    cache: SimulatedCache
    keys: SigningKeys
    storage: SimulatedStorage
    user_factory: UserFactory
    http: HttpClient
    time: VirtualTime
    visited: set[str] = field(default_factory=set)
    people: list[User] = field(default_factory=list)
    """Everybody who was signed in, in that order."""
    projects: bool = False
    """Whether the projections follow the streams, too."""
    is_reordered: bool = False
    """Whether records come backwards."""
    _read: dict[str, int] = field(default_factory=dict)

    def checkpoint(self) -> Checkpoint:
        """The present state."""
        return Checkpoint(self.simulator.snapshot(), self.clock(), tuple(self.queue.sent), dict(self._read))

    def restore(self, checkpoint: Checkpoint) -> None:
        """Go back to a state, in a process that remembers nothing but the secret; everything works again."""
        self.simulator.restore(checkpoint.stored)
        self.clock.advance(seconds=(checkpoint.at - self.clock()).total_seconds())
        self.queue.sent[:] = checkpoint.queued
        self.cache.forget()
        self.container.cache._counts.clear()
        self.container.cache._pending_invalidations.clear()
        self._read = dict(checkpoint.read)
        self.injector.begin()

    def records(self, table: str) -> list[dict[str, Any]]:
        """The stream's records of a table that nobody has read yet."""
        stored = self.simulator.tables[PREFIX + table]
        found = stored.records(self._read.get(table, 0))
        self._read[table] = len(stored.journal)
        return found[::-1] if self.is_reordered else found

    def read_from(self, positions: dict[str, int]) -> None:
        """Let the streams be read again from earlier positions, as they are after a handler has failed."""
        self._read = dict(positions)

    def follow(self) -> bool:
        """Hand new records to their handlers; False where one of them asks for its records again."""
        taken = True
        for table, handlers in _FOLLOWERS.items():
            position = self._read.get(table, 0)
            records = self.records(table)
            wanted = [each for each in handlers if self.projects or each in _WORKERS]
            for handler in wanted if records else ():
                if not _takes(attrgetter(handler)(self.container), records):
                    self._read[table], taken = position, False
        return taken

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function of the application as Lambda does, with an event.

        Raises:
            Exception: what Lambda would see, and give the event again.
        """
        self.visited.add(function)
        handler = getattr(importlib.import_module("app"), f"on_{function}")
        return handler(event, LambdaContext())

    def restart(self) -> None:
        """A new process: it has not read the secret yet."""
        self.keys._ring = None

    def settle(self) -> None:
        """Follow the streams and do what is queued until nothing is left."""
        assert self.follow()
        while self.queue.sent:
            work, self.queue.sent[:] = list(self.queue.sent), []
            for piece in work:
                self.container.worker.do(piece)
            assert self.follow()

    def person(self, role: Role, name: str, funds: str = "") -> User:
        """Somebody who is signed in; ``funds`` are deposited."""
        self.people.append(self.user_factory.user(role, funds, name=name))
        return self.people[-1]

    def actor(self, role: Role, name: str, funds: str = "") -> Actor:
        """Somebody for calls of services."""
        return self.person(role, name, funds).actor


@contextmanager
def _silence() -> Iterator[None]:
    """No log: every failure that is provoked would write its traceback."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def simulated_environment(
    key_file: str, *, seed: int = 0, is_full: bool = False, **differing: Any
) -> Iterator[Environment]:
    """A platform on an empty double, installed as this process's own; ``is_full`` with cache, secret and limits."""
    settings = replace(_settings(key_file, _WIDE if is_full else _UNLIMITED), **differing)
    settings = replace(settings, signing_secret_id=SECRET_ID if is_full else "")
    clock = FixedClock(START)
    simulator = Simulator(tables_of(), lambda: clock().timestamp(), prefix=PREFIX)
    injector = FaultInjector(simulator)
    queue, cache_double, keys = SimulatedQueue(injector), SimulatedCache(injector), SigningKeys.of(settings, clock)
    cache = Cache(cache_double if is_full else None, lambda: clock().timestamp())
    with _simulated(seed, keys) as time, simulated_secret(injector), queue.attached() as attached:
        container = wiring.Container(settings, clock=clock, queue=attached, cache=cache)
        client: Any = container.database.client
        injector.attach(client.meta.events)
        wiring.install_container(container)
        visited: set[str] = set()
        http = HttpClient(_Visited(importlib.import_module("app").app, visited))
        storage = SimulatedStorage("double", PREFIX, client, simulator)
        user_factory = UserFactory.create(http, settings, clock)
        yield Environment(
            container, simulator, injector, clock, queue, cache_double, keys, storage, user_factory, http, time, visited
        )
        client.close()


@contextmanager
def _simulated(seed: int, keys: SigningKeys) -> Iterator[VirtualTime]:
    """Time and chance of this world, the keys that can be forgotten, and one thread for everything."""
    with (
        simulated_time(*_WAITING_MODULES) as time,
        seeded(seed),
        _silence(),
        mock.patch.object(SigningKeys, "of", return_value=keys),
        mock.patch.object(parallel, "ThreadPoolExecutor", ImmediateExecutor),
    ):
        yield time


def _settings(key_file: str, limit: Limit) -> Settings:
    return Settings(
        region=REGION,
        table_prefix=PREFIX,
        signing_key_file=key_file,
        access_token_lifetime=timedelta(days=4000),
        throttle_rate=limit,
        throttle_auth=limit,
        throttle_user=limit,
        throttle_anon=limit,
        dynamodb_fast_path=USE_FAST_PATH,
    )


def _takes(handler: Any, records: list[dict[str, Any]]) -> bool:
    """Whether a handler of a stream takes its records; else it is given them again."""
    try:
        answer = handler(records)
    except Exception as failure:
        if isinstance(failure, Unavailable) or is_transient(failure):
            return False
        raise
    return not (isinstance(answer, dict) and answer["batchItemFailures"])
