"""The pipeline of events on the simulator: streams, queues, receivers, emails and the sweep, until nothing is left."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Sequence
from functools import partial
from typing import Any, Final

from chalicelib.dynamodb.errors import is_transient
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.schedule import STREAMS, EventFunction
from chalicelib.shared.errors import AppError
from local.queues import Message, sqs_event
from local.schedules import scheduled_event
from local.stream_poller import stream_event
from tests.engines import REGION
from tests.simulation.environment import PREFIX, Environment
from tests.simulation.event_services import SimulatedEmailService, SimulatedReceivers, feedback
from tools.dynamodb_simulator.fault_injector import Crash
from tools.dynamodb_simulator.tables import Table

Record = dict[str, Any]
Arrangement = Callable[[Sequence[Record]], Sequence[Sequence[Record]]]
"""Returns the batches in which the records of a table are delivered."""
_SUBSCRIBERS: Final = tuple(function for function in STREAMS if function.name.endswith("_derived"))
_SWEEP: Final = "event_sweep"
_FEEDBACK: Final = "mail_feedback"
_MAX_ROUNDS: Final = 200


def in_order(records: Sequence[Record]) -> Sequence[Sequence[Record]]:
    """Return one batch with all records."""
    return [records] if records else []


class Pipeline:
    """Runs what AWS runs. A function that fails or dies gets its records or its message again.

    Args:
        environment: the platform, whose receivers and email service are replaced by simulated ones.
    """

    def __init__(self, environment: Environment) -> None:
        self.receivers = SimulatedReceivers(environment.injector)
        self.emails = SimulatedEmailService(environment.injector)
        self._environment = environment
        self._positions: dict[str, int] = {}
        vars(environment.container).update(webhook_client=self.receivers, email_sender=self.emails)

    def start_here(self) -> None:
        """Let every run begin with the records of the changes that follow now."""
        self._positions = {each.source: len(self._table(each.source).journal) for each in _SUBSCRIBERS}

    def reset(self) -> None:
        """Forget what was sent, for another run."""
        self.receivers.clear()
        self.emails.clear()

    def run(self, arrangement: Arrangement = in_order, *, deliveries_of_a_job: int = 1) -> None:
        """Process records, jobs and confirmations, and let time pass, until no work is left.

        Args:
            arrangement: arranges the records of each table; they come once in order by default.
            deliveries_of_a_job: the number of times that each message arrives.

        Raises:
            AssertionError: work is left after many minutes.
        """
        for function in _SUBSCRIBERS:
            for batch in arrangement(self._records(function)):
                self._deliver(function, batch)
        for _ in range(_MAX_ROUNDS):
            is_active = self._do_jobs(deliveries_of_a_job)
            is_active |= self._confirm_emails()
            if is_active:
                continue
            if not self._is_work_left():
                return
            self._environment.clock.advance(minutes=1)
            self._attempt(partial(self._invoke, _SWEEP, scheduled_event(_SWEEP, self._environment.clock())))
        raise AssertionError(f"work is left: {self._pending()}")

    def state(self) -> Counter[str]:
        """Return the events, deliveries, notifications and emails, and assert that they agree with each other."""
        items = self._environment.storage.items("events")
        found = Counter(filter(None, map(_text_of, items)))
        self._assert_received(items)
        _assert_counters(items)
        mails = {item["pk"]["S"].removeprefix("MAIL#") for item in items if item["sk"]["S"] == "MAIL"}
        assert self.emails.sent == dict.fromkeys(mails, 1), "an email was sent twice, or not at all"
        assert not self._is_work_left()
        return found

    def _assert_received(self, items: Sequence[Record]) -> None:
        urls = {item["sk"]["S"]: item["url"]["S"] for item in items if "url" in item}
        expected = {
            (urls[item["pk"]["S"]], item["sk"]["S"].removeprefix("DELIVERY#"))
            for item in items
            if item["sk"]["S"].startswith("DELIVERY#")
        }
        received = {(url, each) for url, messages in self.receivers.received.items() for each in messages}
        assert received == expected, "a receiver lacks an event, or got one that is not recorded"

    def _records(self, function: EventFunction) -> list[Record]:
        records = self._table(function.source).records(self._positions[function.source])
        return [{**record, "awsRegion": REGION} for record in records]

    def _table(self, name: str) -> Table:
        return self._environment.simulator.tables[PREFIX + name]

    def _deliver(self, function: EventFunction, records: Sequence[Record]) -> None:
        """Deliver a batch until all of its records are processed."""
        left = list(records)
        for _ in range(_MAX_ROUNDS):
            result = self._attempt(partial(self._invoke, function.name, stream_event(left)))
            if result is not None:
                failed = [each["itemIdentifier"] for each in result["batchItemFailures"]]
                if not failed:
                    return
                numbers = [record["dynamodb"]["SequenceNumber"] for record in left]
                left = left[numbers.index(failed[0]) :]
        raise AssertionError(f"{function.name} keeps failing")

    def _do_jobs(self, deliveries_of_a_job: int) -> bool:
        """Deliver the messages of the queues; return whether there were any."""
        queued = self._environment.queue.sent
        jobs, queued[:] = list(queued), []
        for job in jobs * deliveries_of_a_job:
            if not self._do(job):
                queued.append(job)
        return bool(jobs)

    def _do(self, job: BackgroundJob) -> bool:
        """Return whether the job is done; otherwise its message comes again."""
        function, _ = self._environment.worker_of(job.kind)
        result = self._attempt(partial(self._invoke, function, sqs_event([Message(job.text())], function)))
        return result is not None and not result["batchItemFailures"]

    def _confirm_emails(self) -> bool:
        """Report the accepted emails to the platform; return whether there were any."""
        keys, self.emails.confirmations[:] = list(self.emails.confirmations), []
        for key in keys:
            result = self._attempt(partial(self._invoke, _FEEDBACK, sqs_event([Message(feedback(key))], _FEEDBACK)))
            if result is None or result["batchItemFailures"]:
                self.emails.confirmations.append(key)
        return bool(keys)

    def _invoke(self, function: str, event: dict[str, Any]) -> Any:
        return self._environment.invoke(function, event)

    def _attempt(self, action: Callable[[], Any]) -> Any:
        """Return the result of an action; None if it failed or its process died, so that it comes again."""
        try:
            return action()
        except (Crash, AppError):
            return None
        except Exception as failure:
            if is_transient(failure):
                return None
            raise

    def _is_work_left(self) -> bool:
        return bool(self._environment.queue.sent or self.emails.confirmations or self._pending())

    def _pending(self) -> list[str]:
        return [item["pk"]["S"] for item in self._environment.storage.items("events") if "pending_shard" in item]


def _text_of(item: Record) -> str:
    """Return what must be the same in every run; empty for items that depend on the run."""
    key, sort_key = item["pk"]["S"], item["sk"]["S"]
    kind = sort_key.partition("#")[0]
    names = {
        "EVENT": ("type", "data"),
        "DELIVERY": ("status", "type", "data"),
        "NOTIFICATION": ("type", "data"),
        "MAIL": ("status", "type", "data"),
        "INBOX": ("unread",),
    }.get(kind)
    if names is None:
        return ""
    return " ".join([key, sort_key, *(json.dumps(item[name]) for name in names)])


def _assert_counters(items: Sequence[Record]) -> None:
    unread = Counter(item["pk"]["S"] for item in items if "list_key" in item and "NOTIFICATION#" in item["sk"]["S"])
    stored = {item["pk"]["S"]: int(item["unread"]["N"]) for item in items if item["sk"]["S"] == "INBOX"}
    assert stored == unread, "an unread counter differs from the notifications"
