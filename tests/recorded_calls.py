"""Record the calls to AWS that each deployed function makes during the tests.

A call belongs to the outermost entry of a function on the stack: the application, a handler of app.py, or the body of a
scheduled or background job. Calls that a test makes itself belong to no function.
"""

import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from types import CodeType, FrameType
from typing import Any, Final

import botocore.handlers
from chalice.app import Chalice

from chalicelib.container import Container
from chalicelib.events.domain.event import Event
from chalicelib.events.event_bus import EventBridgeBus
from chalicelib.events.service.bus_publisher import BusPublisher
from chalicelib.events.service.subscriber import EventSubscriber
from chalicelib.events.service.sweep import EventSweep
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.runner import JobRunner
from chalicelib.jobs.streams import DerivedStream, StreamProcessor
from chalicelib.jobs.worker import OutboxWorker
from chalicelib.notifications.domain.email import Email
from chalicelib.notifications.senders.files import FileSender
from chalicelib.notifications.service.mail_feedback import MailFeedback
from chalicelib.reporting.service.projections import ProjectionService
from chalicelib.reporting.service.reconciliation import ReconciliationService
from chalicelib.shared.settings import Settings
from chalicelib.transfers.account_cipher import FileAccountCipher
from infra.handlers import API, handlers
from tests.queues import RecordingQueue

Seen = dict[str, dict[str, set[str]]]

_SHARED_ENTRIES: Final[Mapping[int, Callable[[Mapping[str, Any]], str]]] = {
    id(JobRunner.run.__code__): lambda variables: str(variables["name"].value),
    id(StreamProcessor.process.__code__): lambda variables: f"{variables['self']._table}_stream",
    id(DerivedStream.process.__code__): lambda variables: f"{variables['self']._table}_derived",
    id(ProjectionService.apply.__code__): lambda variables: f"{variables['projection']}_derived",
    id(BusPublisher.process.__code__): lambda variables: f"{variables['table']}_derived",
    id(EventSubscriber.process.__code__): lambda variables: f"{variables['table']}_derived",
}
"""Entries of several functions; their local variables identify the function."""

_WRITES: Final[Mapping[str, str]] = {
    "Put": "PutItem",
    "Update": "UpdateItem",
    "Delete": "DeleteItem",
    "ConditionCheck": "ConditionCheckItem",
    "Get": "GetItem",
}
_THREAD: Final = threading.local()
"""The function that a thread of a pool works for; its context may be a copy of another thread's."""


class CallRecorder:
    """Calls in this process by function and target."""

    def __init__(self) -> None:
        self.seen: Seen = {}
        self._entries: dict[int, str] = {}
        self._files: frozenset[str] = frozenset()

    def start(self) -> None:
        """Start recording; this cannot be undone."""
        botocore.handlers.BUILTIN_HANDLERS.append(("before-parameter-build.dynamodb", self._on_dynamodb))
        sys.addaudithook(self._on_file)
        self._watch_queue()
        self._watch_cipher()
        self._watch_emails()
        self._watch_bus()
        _pass_caller_to_threads()
        # Before the first call: a new container binds the models to its own database.
        self.entries()

    def entries(self) -> Mapping[int, str]:
        """Return the names of functions by the ids of the code at which they begin."""
        if not self._entries:
            found = {
                ReconciliationService.continue_segment.__code__: "work",
                MailFeedback.apply.__code__: "mail_feedback",
                OutboxWorker.send_again.__code__: "outbox_sweep",
                EventSweep.run.__code__: "event_sweep",
                **_job_bodies(),
                **_declared(),
            }
            self._entries = {id(code): name for code, name in found.items()}
        return self._entries

    def note(self, *calls: tuple[str, str]) -> None:
        """Record calls, given as pairs of target and action, if a function makes them."""
        caller = self._caller()
        if caller is not None:
            for target, action in calls:
                self.seen.setdefault(caller, {}).setdefault(target, set()).add(action)

    def _caller(self) -> str | None:
        found: str | None = getattr(_THREAD, "caller", None)
        frame: FrameType | None = sys._getframe(1)
        entries = self.entries()
        while frame is not None:
            code = id(frame.f_code)
            if code in entries:
                found = entries[code]
            elif code in _SHARED_ENTRIES and found is None:
                found = _SHARED_ENTRIES[code](frame.f_locals)
            frame = frame.f_back
        return found

    def _on_dynamodb(self, params: Mapping[str, Any], model: Any, **_: Any) -> None:
        self.note(*_dynamodb_calls(model.name, params))

    def _on_file(self, event: str, arguments: tuple[object, ...]) -> None:
        """Count reading the signing key file as reading the secret."""
        if event == "open" and isinstance(arguments[0], str) and arguments[0].endswith("signing.key"):
            self.note(("secret/signing-keys", "GetSecretValue"))

    def _watch_queue(self) -> None:
        send, note = RecordingQueue.send, self.note

        def watched(self: RecordingQueue, jobs: Sequence[BackgroundJob], delay_seconds: int = 0) -> None:
            note((f"queue/{self.name}", "SendMessage"))
            send(self, jobs, delay_seconds)

        RecordingQueue.send = watched  # type: ignore[method-assign]  # the tests' queue replaces SQS

    def _watch_cipher(self) -> None:
        """Count encryption by the key file as a call of the key service."""
        for name in ("encrypt", "decrypt"):
            setattr(FileAccountCipher, name, self._watched(getattr(FileAccountCipher, name), name.capitalize()))

    def _watch_emails(self) -> None:
        """Count writing an email to a file as sending it."""
        send, note = FileSender.send, self.note

        def watched(self: FileSender, email: Email) -> None:
            note(("email/identity", "SendEmail"))
            send(self, email)

        FileSender.send = watched  # type: ignore[method-assign]  # the files replace SES

    def _watch_bus(self) -> None:
        """Count a batch of events as a call of EventBridge."""
        put, note = EventBridgeBus._put_batch, self.note

        def watched(self: EventBridgeBus, events: Sequence[Event]) -> Sequence[Event]:
            note(("bus/events", "PutEvents"))
            return put(self, events)

        EventBridgeBus._put_batch = watched  # type: ignore[method-assign]  # tests replace its client

    def _watched(self, method: Callable[..., str], action: str) -> Callable[..., str]:
        def watched(cipher: FileAccountCipher, user_id: str, text: str) -> str:
            self.note(("key/data", action))
            return method(cipher, user_id, text)

        return watched


def _declared() -> dict[CodeType, str]:
    """Return the application and the event handlers of app.py."""
    import app

    # Processes exchange plain strings; a member of JobName is none.
    functions = {getattr(app, each.function).func.__code__: str(each.name) for each in handlers() if each.name != API}
    return {Chalice.__call__.__code__: API, **functions}


def _job_bodies() -> dict[CodeType, str]:
    """Return the bodies of jobs, which tests also call without their handlers."""
    built = Container(Settings(), queue=RecordingQueue())
    scheduled: Mapping[Any, Any] = built.job_runner._jobs
    workers = {"work": built.worker, "deliveries": built.delivery_worker, "emails": built.email_worker}
    queued: list[tuple[Any, str]] = [
        (body, name) for name, worker in workers.items() for body in worker._handlers.values()
    ]
    built.database.client.close()
    return {
        **{body.__code__: name for body, name in queued},
        **{body.__code__: name.value for name, body in scheduled.items()},
    }


def _dynamodb_calls(operation: str, params: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield the permissions of a request: a transaction needs those of its parts, a query of an index the index's."""
    match operation:
        case "TransactWriteItems" | "TransactGetItems":
            for item in params["TransactItems"]:
                for kind, part in item.items():
                    yield _table(part["TableName"]), _WRITES[kind]
        case "BatchGetItem" | "BatchWriteItem":
            for name in params["RequestItems"]:
                yield _table(name), operation
        case _ if "TableName" in params:
            index = f"/index/{params['IndexName']}" if params.get("IndexName") else ""
            yield _table(params["TableName"]) + index, operation


def _table(name: str) -> str:
    return "table/" + name.rpartition("-")[2]


def _pass_caller_to_threads() -> None:
    """Pass the calling function to threads of pools, whose stacks do not contain it."""
    submit: Callable[..., Any] = ThreadPoolExecutor.submit

    def watched(pool: ThreadPoolExecutor, work: Any, /, *arguments: Any, **named: Any) -> Any:
        caller = RECORDER._caller()

        def on_behalf() -> Any:
            _THREAD.caller = caller
            return work(*arguments, **named)

        return submit(pool, on_behalf)

    ThreadPoolExecutor.submit = watched  # type: ignore[assignment,method-assign]  # the standard library's


RECORDER: Final = CallRecorder()
