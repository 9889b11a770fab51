"""The whole platform on the DynamoDB simulator: unmodified code, users, streams, queue and clock."""

import importlib
import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from operator import attrgetter
from pathlib import Path
from typing import Any, Final
from unittest import mock

from chalicelib import container as container_module
from chalicelib.api.signing_keys import SigningKeys
from chalicelib.cache.service import Cache
from chalicelib.container import Container
from chalicelib.dynamodb.errors import is_transient
from chalicelib.events.repository.due_work import DueWorkRepository
from chalicelib.events.service import delivery
from chalicelib.events.service.sweep import RESENT_AFTER, EventSweep
from chalicelib.jobs.worker import JobDispatcher
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
from tests.advance import FixedSandboxClock
from tests.bank_files import IBAN
from tests.engines import REGION, USE_FAST_PATH, Storage
from tests.factories import User, UserFactory
from tests.http_client import HttpClient
from tests.simulation.simulated_services import SECRET_ID, SimulatedCache, SimulatedQueue, simulated_secret
from tools.dynamodb_simulator.fault_injector import FaultInjector
from tools.dynamodb_simulator.simulator import Simulator, Snapshot
from tools.dynamodb_simulator.virtual_time import ImmediateExecutor, VirtualTime, seeded, simulated_time

_MODULES_WITH_TIME: Final = (
    "chalicelib.dynamodb.database.time",
    "chalicelib.dynamodb.retry.time",
    "chalicelib.dynamodb.transaction.time",
    "chalicelib.jobs.deadline.time",
)
"""Modules of the platform that pause or measure deadlines."""
PREFIX: Final = "p2p-sim-"
START: Final = datetime(2026, 1, 15, 9, 30, tzinfo=UTC)
_UNLIMITED: Final = Limit(0, 1)
_GENEROUS: Final = Limit(100_000, 60)
_STREAM_HANDLERS: Final = {
    "loans": ("loans_stream.process", "loans_derived.process"),
    "wallets": ("wallets_stream.process",),
    "ledger": ("ledger_derived.process",),
}
_CRITICAL_HANDLERS: Final = frozenset({"loans_stream.process", "wallets_stream.process"})


@dataclass(frozen=True)
class SimulatedStorage(Storage):
    """The simulator's tables, for tests that examine stored items."""

    simulator: Simulator

    def items(self, table: str) -> list[dict[str, Any]]:
        """Return all items of a table in DynamoDB's notation."""
        return [dict(item) for item in self.simulator.tables[self.prefix + table].all_items()]


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """A state that an environment can return to."""

    stored: Snapshot
    at: datetime
    queued: tuple[Any, ...]
    read: dict[str, int]


class _RecordingGateway(Gateway):
    """A gateway that records the routes it calls."""

    def __init__(self, application: Any, visited: set[str]) -> None:
        super().__init__(application)
        self._table = ResourceTable(list(application.routes))
        self._visited = visited

    def respond(self, request: HttpRequest) -> HttpResponse:
        match = self._table.match(request.target.partition("?")[0])
        self._visited.add(f"{request.method} {match.resource if match else request.target}")
        return super().respond(request)


@dataclass
class Environment:
    """A simulated platform.

    ``visited`` lists the routes, functions and jobs that were called, ``users`` all users in the order of creation.
    """

    container: Container
    simulator: Simulator
    injector: FaultInjector
    clock: FixedClock
    sandbox_clock: FixedSandboxClock
    queue: SimulatedQueue
    cache: SimulatedCache
    keys: SigningKeys
    storage: SimulatedStorage
    user_factory: UserFactory
    http: HttpClient
    time: VirtualTime
    visited: set[str] = field(default_factory=set)
    users: list[User] = field(default_factory=list)
    updates_projections: bool = False
    """Stream records also reach the projections."""
    reverses_records: bool = False
    """Stream records arrive in reverse order."""
    _read: dict[str, int] = field(default_factory=dict)

    def checkpoint(self) -> Checkpoint:
        """Return the current state."""
        return Checkpoint(self.simulator.snapshot(), self.clock(), tuple(self.queue.sent), dict(self._read))

    def restore(self, checkpoint: Checkpoint) -> None:
        """Return to a state, in a process that has read the secret and nothing else, without faults."""
        self.simulator.restore(checkpoint.stored)
        self.clock.advance(seconds=(checkpoint.at - self.clock()).total_seconds())
        self.sandbox_clock.target = None
        self.queue.sent[:] = checkpoint.queued
        self.cache.clear()
        self.container.cache._counts.clear()
        self.container.cache._pending_invalidations.clear()
        self._read = dict(checkpoint.read)
        self.injector.begin()

    def records(self, table: str) -> list[dict[str, Any]]:
        """Return the stream records of a table that were not read yet."""
        stored = self.simulator.tables[PREFIX + table]
        found = stored.records(self._read.get(table, 0))
        self._read[table] = len(stored.journal)
        return found[::-1] if self.reverses_records else found

    def set_stream_positions(self, positions: dict[str, int]) -> None:
        """Continue the streams at other positions (none: the beginning), as after a failure of a handler."""
        self._read = dict(positions)

    def process_streams(self) -> bool:
        """Pass new records to their handlers; return False if a handler failed and its records are delivered again."""
        succeeded = True
        for table, handlers in _STREAM_HANDLERS.items():
            position = self._read.get(table, 0)
            records = self.records(table)
            wanted = [each for each in handlers if self.updates_projections or each in _CRITICAL_HANDLERS]
            for handler in wanted if records else ():
                if not _succeeds(attrgetter(handler)(self.container), records):
                    self._read[table], succeeded = position, False
        return succeeded

    def invoke(self, function: str, event: dict[str, Any]) -> Any:
        """Call a function of the application with an event, as Lambda does, and let its exceptions pass."""
        self.visited.add(function)
        handler = getattr(importlib.import_module("app"), f"on_{function}")
        return handler(event, LambdaContext())

    def forget_keys(self) -> None:
        """Forget the signing keys, as in a new process that has not read the secret."""
        self.keys._ring = None

    def worker_of(self, kind: str) -> tuple[str, JobDispatcher]:
        """Return the function that does jobs of a kind, and its dispatcher."""
        container = self.container
        workers = {"work": container.worker, "deliveries": container.delivery_worker, "emails": container.email_worker}
        return next(found for found in workers.items() if kind in vars(found[1])["_handlers"])

    def settle(self) -> None:
        """Process streams and queue until both are empty, with the work whose job was lost, which the sweep finds."""
        assert self.process_streams()
        container, overdue = self.container, RESENT_AFTER + timedelta(milliseconds=1)
        EventSweep(DueWorkRepository(container.database), container.wakeups, lambda: self.clock() + overdue).run()
        while self.queue.sent:
            jobs, self.queue.sent[:] = list(self.queue.sent), []
            for job in jobs:
                self.worker_of(job.kind)[1].do(job)
            assert self.process_streams()

    def user(self, role: Role, name: str, balance: str = "") -> User:
        """Create a user who is signed in and has deposited ``balance``."""
        self.users.append(self.user_factory.user(role, balance, name=name))
        return self.users[-1]

    def actor(self, role: Role, name: str, balance: str = "") -> Actor:
        """Create a user for calls of services."""
        return self.user(role, name, balance).actor


@contextmanager
def _logging_disabled() -> Iterator[None]:
    """Disable logging, because every injected fault would log a traceback."""
    logging.disable(logging.CRITICAL)
    try:
        yield
    finally:
        logging.disable(logging.NOTSET)


@contextmanager
def simulated_environment(
    key_file: str, *, seed: int = 0, is_full: bool = False, **overrides: Any
) -> Iterator[Environment]:
    """Install a platform on an empty simulator.

    Args:
        key_file: file with the signing key.
        seed: decides random ids and delays.
        is_full: use a cache, a secret and enforced rate limits.
        overrides: other settings.
    """
    settings = replace(_settings(key_file, _GENEROUS if is_full else _UNLIMITED), **overrides)
    settings = replace(settings, signing_secret_id=SECRET_ID if is_full else "")
    clock = FixedClock(START)
    sandbox_clock = FixedSandboxClock(clock)
    simulator = Simulator(tables_of(), lambda: clock().timestamp(), prefix=PREFIX)
    injector = FaultInjector(simulator)
    queue, simulated_cache, keys = SimulatedQueue(injector), SimulatedCache(injector), SigningKeys.of(settings, clock)
    cache = Cache(simulated_cache if is_full else None, lambda: clock().timestamp())
    with _simulated(seed, keys) as time, simulated_secret(injector), queue.attached() as attached:
        container = container_module.Container(
            settings,
            clock=clock,
            real_time=clock,
            queue=attached,
            delivery_queue=attached,
            email_queue=attached,
            cache=cache,
            sandbox_clock=sandbox_clock,
        )
        client: Any = container.database.client
        injector.attach(client.meta.events)
        container_module.install_container(container)
        visited: set[str] = set()
        http = HttpClient(_RecordingGateway(importlib.import_module("app").app, visited))
        storage = SimulatedStorage("simulator", PREFIX, client, simulator)
        user_factory = UserFactory.create(http, settings, clock, clock)
        yield Environment(
            container,
            simulator,
            injector,
            clock,
            sandbox_clock,
            queue,
            simulated_cache,
            keys,
            storage,
            user_factory,
            http,
            time,
            visited,
        )
        client.close()


@contextmanager
def _simulated(seed: int, keys: SigningKeys) -> Iterator[VirtualTime]:
    """Simulate time and randomness, replace the signing keys, and run everything in one thread."""
    with (
        simulated_time(*_MODULES_WITH_TIME) as time,
        seeded(seed),
        _logging_disabled(),
        mock.patch.object(SigningKeys, "of", return_value=keys),
        mock.patch.object(parallel, "ThreadPoolExecutor", ImmediateExecutor),
        mock.patch.object(delivery, "ThreadPoolExecutor", ImmediateExecutor),
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
        mail_folder=str(Path(key_file).with_name("mail")),
        bank_iban=IBAN,
        dynamodb_fast_path=USE_FAST_PATH,
    )


def _succeeds(handler: Any, records: list[dict[str, Any]]) -> bool:
    """Pass records to a handler; return False if they must be delivered again."""
    try:
        result = handler(records)
    except Exception as failure:
        if isinstance(failure, Unavailable) or is_transient(failure):
            return False
        raise
    return not (isinstance(result, dict) and result["batchItemFailures"])
