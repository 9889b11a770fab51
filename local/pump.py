"""What the cloud does between requests: streams and the work queue, fed to the very handlers of `app.py`."""

from __future__ import annotations

import importlib
import logging
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from chalice.app import Chalice
from chalice.app import DynamoDBEventConfig as StreamConfig
from chalice.app import ScheduledEventConfig as ScheduleConfig
from chalice.app import SQSEventConfig as QueueConfig

from chalicelib.shared.settings import Settings
from local.lambda_context import LambdaContext
from local.queues import LocalQueue, sqs_event
from local.schedules import latest_time, scheduled_event
from local.streams import Places, StreamReader, stream_event, taken
from local.time_ahead import clock_of, time_of

_PAUSE_SECONDS: Final = 0.2
_AFTER_FAILURE_SECONDS: Final = 1.0
_TABLE_PART: Final = 1
_log = logging.getLogger("local.pump")

Handler = Callable[[dict[str, Any], LambdaContext], Any]


class NotTaken(Exception):
    """A function has not taken all records of a batch: the rest comes again after a pause."""


class Pump:
    """Threads that poll: one for each stream and schedule, two for the queue."""

    def __init__(self, application: Chalice, settings: Settings, queue: LocalQueue, folder: Path) -> None:
        self._settings = settings
        self._queue = queue
        self._places = Places(folder / f"{settings.table_prefix}places.json")
        self._clock, self._time = clock_of(folder), time_of(folder)
        self._stopped = threading.Event()
        self._threads = [
            threading.Thread(target=self._keep_doing, args=(step,), name=name, daemon=True)
            for name, step in self._steps(application)
        ]

    def start(self) -> None:
        """Begin to poll."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Finish what is under way and stop."""
        self._stopped.set()
        for thread in self._threads:
            thread.join()

    def _steps(self, application: Chalice) -> list[tuple[str, Callable[[], bool]]]:
        found: list[tuple[str, Callable[[], bool]]] = []
        for config in application.event_sources:
            if isinstance(config, StreamConfig):
                found.append((config.name, self._stream_step(config)))
            elif isinstance(config, ScheduleConfig):
                found.append((config.name, self._schedule_step(config)))
            elif isinstance(config, QueueConfig):
                step = self._queue_step(config)
                found += [(f"{config.name}-{number}", step) for number in (1, 2)]
        return found

    def _stream_step(self, config: StreamConfig) -> Callable[[], bool]:
        table = config.stream_arn.split("/")[_TABLE_PART]
        reader = StreamReader(
            self._settings.table_prefix + table,
            self._settings.region,
            self._places,
            consumer=config.name,
            time=self._time,
        )
        handler = _handler(config.handler_string)

        def step() -> bool:
            batches = reader.read(config.batch_size)
            for shard, records in batches.items():
                answer = handler(stream_event(records), LambdaContext(function_name=config.name)) or {}
                if done := taken(records, answer):
                    reader.passed(shard, done)
                if len(done) < len(records):
                    raise NotTaken(config.name)
            return bool(batches)

        return step

    def _queue_step(self, config: QueueConfig) -> Callable[[], bool]:
        handler = _handler(config.handler_string)

        def step() -> bool:
            messages = self._queue.receive(config.batch_size)
            if messages:
                answer = handler(sqs_event(messages), LambdaContext(function_name=config.name)) or {}
                failed = (failure["itemIdentifier"] for failure in answer.get("batchItemFailures", ()))
                self._queue.settle(messages, frozenset(failed))
            return bool(messages)

        return step

    def _schedule_step(self, config: ScheduleConfig) -> Callable[[], bool]:
        """Run when the schedule has fired since the last run, also where that was while nothing was running."""
        expression = str(config.schedule_expression)
        handler = _handler(config.handler_string)

        def step() -> bool:
            fired = latest_time(expression, self._clock())
            if (self._places.found(config.name) or "") >= fired.isoformat():
                return False
            handler(scheduled_event(config.name, fired), LambdaContext(function_name=config.name))
            self._places.keep(config.name, fired.isoformat())
            return False

        return step

    def _keep_doing(self, step: Callable[[], bool]) -> None:
        while not self._stopped.is_set():
            try:
                pause = 0.0 if step() else _PAUSE_SECONDS
            except Exception:  # noqa: BLE001 - a poller lives on: what failed comes again
                _log.exception("background work failed; it is tried again")
                pause = _AFTER_FAILURE_SECONDS
            self._stopped.wait(pause)


def _handler(name: str) -> Handler:
    module, _, attribute = name.rpartition(".")
    handler: Handler = getattr(importlib.import_module(module), attribute)
    return handler
