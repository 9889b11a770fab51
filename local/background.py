"""Do between requests what AWS does: feed streams, queues and schedules to the handlers of `app.py`."""

import contextlib
import importlib
import logging
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

from chalice.app import Chalice
from chalice.app import DynamoDBEventConfig as StreamConfig
from chalice.app import ScheduledEventConfig as ScheduleConfig
from chalice.app import SQSEventConfig as QueueConfig

from chalicelib.shared.clock import utc_now
from chalicelib.shared.settings import Settings
from local.clock import BusinessClock
from local.clock_advance import ClockAdvance, Schedule
from local.lambda_context import LambdaContext
from local.positions import Positions
from local.queues import LocalQueue, Message, sqs_event
from local.schedules import latest_time, scheduled_event
from local.stream_poller import Consumer, Record, StreamPoller, StreamReader, StreamsClient, stream_event

_POLL_SECONDS: Final = 1.0
_QUEUE_WORKERS: Final = 2
_WORKERS_OF_QUEUES: Final[Mapping[str, int]] = {"deliveries": 8}
_INDEPENDENT_QUEUES: Final = frozenset({"deliveries"})
"""Queues that an advance of the clock does not wait for, because their jobs change no business data."""
_TABLE_PART: Final = 1
_REQUEST_SECONDS: Final = 30.0
_log: Final = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], LambdaContext], Any]
Step = Callable[[], bool]
"""Does what is due; returns whether more may be waiting."""


class BackgroundWork:
    """Threads: one for each stream, two for each queue, eight for deliveries, one for all schedules.

    Streams and schedules are checked every second while nothing is waiting. A queue wakes its threads. While the
    clock advances, the thread of the schedules does everything itself except for deliveries.

    Args:
        application: the application with its event handlers.
        settings: the region and the tables.
        queues: the queues by name.
        folder: the folder of the data.
        clock: the clock of the local stage; None follows the real time.
        wait_until_idle: waits up to some seconds until no request is changing anything.
        when_reached: is called when the clock is at its target, before it is ready.
    """

    def __init__(
        self,
        application: Chalice,
        settings: Settings,
        queues: Mapping[str, LocalQueue],
        folder: Path,
        clock: BusinessClock | None = None,
        *,
        wait_until_idle: Callable[[float], object] = bool,
        when_reached: Callable[[], object] = int,
    ) -> None:
        self._settings = settings
        self._queues = queues
        self._positions = Positions(folder / f"{settings.table_prefix}positions.json")
        self._clock = clock
        self._wait_until_idle = wait_until_idle
        self._when_reached = when_reached
        self._stopped = threading.Event()
        self._written = threading.Event()
        self._tables: frozenset[str] = frozenset()
        self._streams: list[_Stream] = []
        self._readers: list[_QueueReader] = []
        configs = [config for config in application.event_sources if isinstance(config, ScheduleConfig)]
        self._schedules = [_schedule(config) for config in configs]
        self._threads = [
            threading.Thread(target=self._repeat, args=(step, pause), name=name, daemon=True)
            for name, step, pause in self._steps(application.event_sources)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is under way, save the positions and stop. The next start continues an unfinished advance."""
        self._stopped.set()
        if self._clock:
            self._clock.started.set()  # wakes the thread of the schedules
        for queue in self._queues.values():
            queue.close()
        for thread in self._threads:
            thread.join()
        self._positions.save(now=True)

    def committed(self, changes: Iterable[tuple[str, object]], *, outcome_known: bool) -> None:
        """Note a transaction of this process: the streams of its tables have records."""
        if any(table.removeprefix(self._settings.table_prefix) in self._tables for table, _ in changes):
            self._written.set()

    def advance(self) -> None:
        """Bring the clock to its target, if it has one. Streams and queues are processed by this thread."""
        if self._clock is None or self._clock.target is None:
            return
        with contextlib.ExitStack() as paused:
            for stream in self._streams:
                paused.enter_context(stream.lock)
            self._wait_until_idle(_REQUEST_SECONDS)
            self._written.set()
            advance = ClockAdvance(self._clock, self._schedules, self._positions, self._drain, self._when_reached)
            advance.run(is_stopped=self._stopped.is_set)

    def _steps(self, sources: Sequence[Any]) -> Iterator[tuple[str, Step, float]]:
        consumers: dict[str, list[Consumer]] = {}
        for config in sources:
            if isinstance(config, StreamConfig):
                table = config.stream_arn.split("/")[_TABLE_PART]
                consumers.setdefault(table, []).append(_consumer(config))
            elif isinstance(config, QueueConfig):
                name = str(config.queue_arn).rpartition(":")[2]
                reader = _QueueReader(self._queues[name], config)
                if name not in _INDEPENDENT_QUEUES:
                    self._readers.append(reader)
                for number in range(_WORKERS_OF_QUEUES.get(name, _QUEUE_WORKERS)):
                    yield f"{config.name}-{number}", reader.work, 0.0
        self._tables = frozenset(consumers)
        for table, following in consumers.items():
            yield f"{table} stream", self._stream_step(table, following), _POLL_SECONDS
        yield "schedules", self._schedules_step, _POLL_SECONDS

    def _stream_step(self, table: str, consumers: Sequence[Consumer]) -> Step:
        call = StreamsClient(self._settings.region).call
        business_time = self._clock.business_time if self._clock else float
        reader = StreamReader(call, self._settings.table_prefix + table, business_time)
        stream = _Stream(StreamPoller(reader, consumers, self._positions))
        self._streams.append(stream)

        def step() -> bool:
            with stream.lock:
                is_more_waiting = stream.poller.poll()
            self._positions.save()
            return is_more_waiting

        return step

    def _drain(self) -> None:
        """Deliver every stream record and do every queued job, until none is left.

        Streams are read only after a write: only this process writes while the clock is advancing.
        """
        processed = 1
        while processed:
            processed = sum(reader.drain() for reader in self._readers)
            if self._written.is_set():
                self._written.clear()
                processed += sum(stream.poller.drain() for stream in self._streams)

    def _schedules_step(self) -> bool:
        for schedule in self._schedules:
            try:
                self._run_if_due(schedule)
            except Exception:  # noqa: BLE001 - the guard of one schedule: it is retried, the others run
                _log.exception("a scheduled job failed; it is retried", extra={"function": schedule.name})
        self.advance()
        return False

    def _run_if_due(self, schedule: Schedule) -> None:
        """Run when the schedule has fired since the last run, also if that was while nothing was running."""
        fired = latest_time(schedule.expression, (self._clock or utc_now)())
        if (self._positions.get(schedule.name) or "") < fired.isoformat():
            schedule.run(fired)
            self._positions.set(schedule.name, fired.isoformat())

    def _repeat(self, step: Step, pause: float) -> None:
        woken = self._clock.started if self._clock and step == self._schedules_step else self._stopped
        while not self._stopped.is_set():
            try:
                is_more_waiting = step()
            except Exception:  # noqa: BLE001 - the guard of one step: its thread continues, what failed comes again
                _log.exception("background work failed; it is retried")
                self._stopped.wait(_POLL_SECONDS)
            else:
                if not is_more_waiting:
                    woken.wait(pause)


@dataclass(frozen=True, slots=True)
class _Stream:
    """A stream, and the lock of the thread that reads it."""

    poller: StreamPoller
    lock: threading.Lock = field(default_factory=threading.Lock)


class _QueueReader:
    """Gives the messages of a queue to a handler."""

    def __init__(self, queue: LocalQueue, config: QueueConfig) -> None:
        self._queue = queue
        self._handler = _handler(config.handler_string)
        self._name = str(config.name)
        self._batch_size = int(config.batch_size)

    def work(self) -> bool:
        """Wait for messages and process them."""
        self._process(self._queue.receive(self._batch_size, wait=True))
        return True

    def drain(self) -> int:
        """Process messages until the queue is empty, and return their number."""
        processed = 0
        while messages := self._queue.receive_all(self._batch_size):
            self._process(messages)
            processed += len(messages)
        return processed

    def _process(self, messages: Sequence[Message]) -> None:
        if messages:
            response = (
                self._handler(sqs_event(messages, self._queue.name), LambdaContext(function_name=self._name)) or {}
            )
            failed = (failure["itemIdentifier"] for failure in response.get("batchItemFailures", ()))
            self._queue.settle(messages, frozenset(failed))


def _schedule(config: ScheduleConfig) -> Schedule:
    handler = _handler(config.handler_string)
    return Schedule(
        config.name,
        str(config.schedule_expression),
        lambda at: handler(scheduled_event(config.name, at), LambdaContext(function_name=config.name)) or {},
    )


def _consumer(config: StreamConfig) -> Consumer:
    handler = _handler(config.handler_string)

    def handle(records: Sequence[Record]) -> Mapping[str, Any] | None:
        response = handler(stream_event(records), LambdaContext(function_name=config.name))
        return response if isinstance(response, Mapping) else None

    return Consumer(config.name, handle, config.batch_size)


def _handler(name: str) -> Handler:
    module, _, attribute = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), attribute)
    return handler
