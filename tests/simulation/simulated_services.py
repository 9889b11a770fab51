"""Simulated SQS, Secrets Manager and cache; the fault injector decides which requests fail."""

import functools
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from itertools import count
from typing import Any, Final, TypeVar
from unittest import mock

import boto3
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.session import Session, get_session

from chalicelib.cache.backends import CacheUnreachable
from chalicelib.jobs.queue import BackgroundJob, SqsJobQueue
from tests.engines import REGION
from tools.dynamodb_simulator.fault_injector import CACHE, SECRETS, SQS, Fault, FaultInjector, headers_of
from tools.dynamodb_simulator.values import ServiceError

T = TypeVar("T")
SECRET_ID: Final = "signing-keys"
SECRET: Final = json.dumps({"kid": "present", "key": "k" * 48})
_QUEUE_URL: Final = "https://sqs.us-east-1.amazonaws.com/000000000000/work"


@functools.cache
def _sqs_client() -> Any:
    """Return the client that all environments share, because creating one takes longer than most scenarios."""
    return boto3.client("sqs", region_name=REGION)


@functools.cache
def _session() -> Session:
    return get_session()


class SimulatedQueue:
    """SQS; ``sent`` lists the queued jobs."""

    def __init__(self, injector: FaultInjector) -> None:
        self.sent: list[BackgroundJob] = []
        self._injector = injector

    @contextmanager
    def attached(self) -> Iterator[SqsJobQueue]:
        """Yield the platform's own queue, whose requests get their responses here."""
        queue, client = SqsJobQueue(_QUEUE_URL, REGION), _sqs_client()
        queue.__dict__["_client"] = client  # where `cached_property` stores it
        client.meta.events.register("before-send.sqs", self.respond)
        try:
            yield queue
        finally:
            client.meta.events.unregister("before-send.sqs", self.respond)

    def respond(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Accept a batch of messages."""
        headers, body = (
            headers_of(request),
            json.loads(str(request.body, "utf-8") if isinstance(request.body, bytes) else str(request.body)),
        )
        sent = self._injector.record(headers["amz-sdk-invocation-id"], "SendMessageBatch", (), SQS)
        entries = body["Entries"]
        return self._injector.deliver(
            sent, request.url, lambda: self._accept(entries), lambda f: self._faulty_response(f, entries)
        )

    def _accept(self, entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        self.sent.extend(BackgroundJob.read(entry["MessageBody"]) for entry in entries)
        return {"Successful": [{"Id": entry["Id"], "MessageId": entry["Id"]} for entry in entries], "Failed": []}

    def _faulty_response(self, fault: Fault, entries: Sequence[Mapping[str, str]]) -> Mapping[str, Any] | ServiceError:
        if fault is not Fault.PARTIAL:
            return ServiceError("RequestThrottled", "Rate exceeded")
        failed = {"Id": entries[-1]["Id"], "SenderFault": False, "Code": "InternalError"}
        return {**self._accept(entries[:-1]), "Failed": [failed]}


@contextmanager
def simulated_secret(injector: FaultInjector) -> Iterator[None]:
    """Respond to all requests to Secrets Manager."""

    def respond(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent = injector.record(headers_of(request)["amz-sdk-invocation-id"], "GetSecretValue", (), SECRETS)
        return injector.deliver(
            sent,
            request.url,
            lambda: {"Name": SECRET_ID, "SecretString": SECRET},
            lambda fault: ServiceError("ThrottlingException", "Rate exceeded"),
        )

    session: Any = _session()
    session.register("before-send.secrets-manager", respond)
    try:
        with mock.patch("botocore.session.get_session", return_value=session):
            yield
    finally:
        session.unregister("before-send.secrets-manager", respond)


class SimulatedCache:
    """A cache shared by all processes. Entries don't expire, because scenarios are shorter than that."""

    name = "redis"

    def __init__(self, injector: FaultInjector) -> None:
        self._injector = injector
        self._numbers = count()
        self.texts: dict[str, str] = {}
        self.lists: dict[str, list[str]] = {}
        self.counts: dict[str, dict[str, int]] = {}

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """Return the texts of keys."""
        return self._execute("get", lambda: [self.texts.get(key) for key in keys])

    def put(self, entries: Mapping[str, str], seconds: int) -> None:
        """Store texts."""
        self._execute("put", lambda: self.texts.update(entries))

    def put_new(self, key: str, text: str, seconds: int) -> bool:
        """Store a text if the key has none; return whether it was stored."""
        return self._execute("put_new", lambda: self.texts.setdefault(key, text) is text)

    def push(self, lists: Iterable[tuple[str, str]], *, most: int, seconds: int) -> None:
        """Insert texts at the head of lists."""

        def push() -> None:
            for key, text in lists:
                self.lists[key] = [text, *self.lists.get(key, [])][:most]

        self._execute("push", push)

    def pushed(self, key: str) -> list[str]:
        """Return the texts of a list."""
        return self._execute("pushed", lambda: list(self.lists.get(key, ())))

    def add(self, key: str, amounts: Mapping[str, int]) -> None:
        """Add amounts to named numbers."""

        def add() -> None:
            known = self.counts.setdefault(key, {})
            known.update({name: known.get(name, 0) + amount for name, amount in amounts.items()})

        self._execute("add", add)

    def numbers(self, key: str) -> dict[str, int]:
        """Return named numbers."""
        return self._execute("numbers", lambda: dict(self.counts.get(key, {})))

    def keys(self, prefix: str) -> list[str]:
        """Return the keys with a prefix."""
        return self._execute("keys", lambda: [key for key in self.texts if key.startswith(prefix)])

    def drop(self, keys: Sequence[str]) -> int:
        """Delete keys; return how many existed."""
        return self._execute("drop", lambda: sum(self.texts.pop(key, None) is not None for key in keys))

    def close(self) -> None:
        """Do nothing: there are no connections."""

    def clear(self) -> None:
        """Delete everything, as after a restart of the server."""
        self.texts.clear()
        self.lists.clear()
        self.counts.clear()

    def _execute(self, operation: str, execute: Callable[[], T]) -> T:
        """Execute an operation, or fail before or after it."""
        sent = self._injector.record(f"cache {next(self._numbers)}", operation, (), CACHE)
        fault = self._injector.next_fault(sent)
        if fault is None:
            return execute()
        if fault.has_effect:
            execute()
        self._injector.finish_request(sent, fault)
        raise CacheUnreachable
