"""Do between requests what AWS does: feed streams, the work queue and schedules to the handlers of `app.py`."""

import importlib
import logging
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from chalice.app import Chalice
from chalice.app import DynamoDBEventConfig as StreamConfig
from chalice.app import ScheduledEventConfig as ScheduleConfig
from chalice.app import SQSEventConfig as QueueConfig

from chalicelib.shared.settings import Settings
from local.clock import business_time_of, clock_of
from local.lambda_context import LambdaContext
from local.positions import Positions
from local.queues import LocalQueue, sqs_event
from local.schedules import latest_time, scheduled_event
from local.stream_poller import Consumer, Record, StreamPoller, StreamReader, StreamsClient, stream_event

_POLL_SECONDS: Final = 1.0
_QUEUE_WORKERS: Final = 2
_TABLE_PART: Final = 1
_log: Final = logging.getLogger(__name__)

Handler = Callable[[dict[str, Any], LambdaContext], Any]
Step = Callable[[], bool]
"""Does what is due; returns whether more may be waiting."""


class BackgroundWork:
    """Threads: one for each stream, two for the queue, one for all schedules.

    Streams and schedules are checked every second while nothing is waiting. The queue wakes its threads.
    """

    def __init__(self, application: Chalice, settings: Settings, queue: LocalQueue, folder: Path) -> None:
        self._settings = settings
        self._queue = queue
        self._positions = Positions(folder / f"{settings.table_prefix}positions.json")
        self._clock, self._business_time = clock_of(folder), business_time_of(folder)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(step, pause), name=name, daemon=True)
            for name, step, pause in self._steps(application.event_sources)
        ]

    def start(self) -> None:
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is under way, save the positions and stop."""
        self._stopped.set()
        self._queue.close()
        for thread in self._threads:
            thread.join()
        self._positions.save(now=True)

    def _steps(self, sources: Sequence[Any]) -> Iterator[tuple[str, Step, float]]:
        consumers: dict[str, list[Consumer]] = {}
        for config in sources:
            if isinstance(config, StreamConfig):
                table = config.stream_arn.split("/")[_TABLE_PART]
                consumers.setdefault(table, []).append(_consumer(config))
            elif isinstance(config, QueueConfig):
                for number in range(_QUEUE_WORKERS):
                    yield f"{config.name}-{number}", self._queue_step(config), 0.0
        for table, following in consumers.items():
            yield f"{table} stream", self._stream_step(table, following), _POLL_SECONDS
        schedules = [config for config in sources if isinstance(config, ScheduleConfig)]
        yield "schedules", self._schedules_step(schedules), _POLL_SECONDS

    def _stream_step(self, table: str, consumers: Sequence[Consumer]) -> Step:
        call = StreamsClient(self._settings.region).call
        reader = StreamReader(call, self._settings.table_prefix + table, self._business_time)
        poller = StreamPoller(reader, consumers, self._positions)

        def step() -> bool:
            is_more_waiting = poller.poll()
            self._positions.save()
            return is_more_waiting

        return step

    def _queue_step(self, config: QueueConfig) -> Step:
        handler = _handler(config.handler_string)

        def step() -> bool:
            messages = self._queue.receive(config.batch_size, wait=True)
            if messages:
                response = handler(sqs_event(messages), LambdaContext(function_name=config.name)) or {}
                failed = (failure["itemIdentifier"] for failure in response.get("batchItemFailures", ()))
                self._queue.settle(messages, frozenset(failed))
            return True

        return step

    def _schedules_step(self, configs: Sequence[ScheduleConfig]) -> Step:
        schedules = [(each.name, str(each.schedule_expression), _handler(each.handler_string)) for each in configs]

        def step() -> bool:
            for name, expression, handler in schedules:
                try:
                    self._run_if_due(name, expression, handler)
                except Exception:  # noqa: BLE001 - the guard of one schedule: it is retried, the others run
                    _log.exception("a scheduled job failed; it is retried", extra={"function": name})
            return False

        return step

    def _run_if_due(self, name: str, expression: str, handler: Handler) -> None:
        """Run when the schedule has fired since the last run, also if that was while nothing was running."""
        fired = latest_time(expression, self._clock())
        if (self._positions.get(name) or "") < fired.isoformat():
            handler(scheduled_event(name, fired), LambdaContext(function_name=name))
            self._positions.set(name, fired.isoformat())

    def _repeat(self, step: Step, pause: float) -> None:
        while not self._stopped.is_set():
            try:
                is_more_waiting = step()
            except Exception:  # noqa: BLE001 - the guard of one step: its thread continues, what failed comes again
                _log.exception("background work failed; it is retried")
                self._stopped.wait(_POLL_SECONDS)
            else:
                if not is_more_waiting:
                    self._stopped.wait(pause)


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
