"""The other services in simulation: a queue, the secret, a cache; what goes wrong on the way is the wire's affair."""

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
    """One for all worlds: making one takes longer than most scenarios."""
    return boto3.client("sqs", region_name=REGION)


@functools.cache
def _session() -> Session:
    return get_session()


class SimulatedQueue:
    """SQS: ``sent`` is what the queue holds."""

    def __init__(self, injector: FaultInjector) -> None:
        self.sent: list[BackgroundJob] = []
        self._wire = injector

    @contextmanager
    def attached(self) -> Iterator[SqsJobQueue]:
        """The platform's own queue, whose requests are answered here."""
        queue, client = SqsJobQueue(_QUEUE_URL, REGION), _sqs_client()
        queue.__dict__["_client"] = client  # where `cached_property` keeps it
        client.meta.events.register("before-send.sqs", self.answer)
        try:
            yield queue
        finally:
            client.meta.events.unregister("before-send.sqs", self.answer)

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Take a batch of messages."""
        headers, body = (
            headers_of(request),
            json.loads(str(request.body, "utf-8") if isinstance(request.body, bytes) else str(request.body)),
        )
        sent = self._wire.record(headers["amz-sdk-invocation-id"], "SendMessageBatch", (), SQS)
        entries = body["Entries"]
        return self._wire.deliver(sent, request.url, lambda: self._take(entries), lambda f: self._refuse(f, entries))

    def _take(self, entries: Sequence[Mapping[str, str]]) -> dict[str, Any]:
        self.sent.extend(BackgroundJob.read(entry["MessageBody"]) for entry in entries)
        return {"Successful": [{"Id": entry["Id"], "MessageId": entry["Id"]} for entry in entries], "Failed": []}

    def _refuse(self, fault: Fault, entries: Sequence[Mapping[str, str]]) -> Mapping[str, Any] | ServiceError:
        if fault is not Fault.PARTIAL:
            return ServiceError("RequestThrottled", "Rate exceeded")
        failed = {"Id": entries[-1]["Id"], "SenderFault": False, "Code": "InternalError"}
        return {**self._take(entries[:-1]), "Failed": [failed]}


@contextmanager
def simulated_secret(injector: FaultInjector) -> Iterator[None]:
    """Whatever asks Secrets Manager meanwhile is answered by the wire."""

    def answer(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        sent = injector.record(headers_of(request)["amz-sdk-invocation-id"], "GetSecretValue", (), SECRETS)
        return injector.deliver(
            sent,
            request.url,
            lambda: {"Name": SECRET_ID, "SecretString": SECRET},
            lambda fault: ServiceError("ThrottlingException", "Rate exceeded"),
        )

    session: Any = _session()
    session.register("before-send.secrets-manager", answer)
    try:
        with mock.patch("botocore.session.get_session", return_value=session):
            yield
    finally:
        session.unregister("before-send.secrets-manager", answer)


class SimulatedCache:
    """A cache that all processes share. Nothing expires by itself: a scenario is over before that."""

    name = "redis"

    def __init__(self, injector: FaultInjector) -> None:
        self._wire = injector
        self._numbers = count()
        self.texts: dict[str, str] = {}
        self.lists: dict[str, list[str]] = {}
        self.counts: dict[str, dict[str, int]] = {}

    def get(self, keys: Sequence[str]) -> list[str | None]:
        """The texts of keys."""
        return self._asked("get", lambda: [self.texts.get(key) for key in keys])

    def put(self, entries: Mapping[str, str], seconds: int) -> None:
        """Keep texts."""
        self._asked("put", lambda: self.texts.update(entries))

    def put_new(self, key: str, text: str, seconds: int) -> bool:
        """Keep a text where there is none."""
        return self._asked("put_new", lambda: self.texts.setdefault(key, text) is text)

    def push(self, lists: Iterable[tuple[str, str]], *, most: int, seconds: int) -> None:
        """Put texts at the head of lists."""

        def push() -> None:
            for key, text in lists:
                self.lists[key] = [text, *self.lists.get(key, [])][:most]

        self._asked("push", push)

    def pushed(self, key: str) -> list[str]:
        """The texts of a list."""
        return self._asked("pushed", lambda: list(self.lists.get(key, ())))

    def add(self, key: str, amounts: Mapping[str, int]) -> None:
        """Add to named numbers."""

        def add() -> None:
            known = self.counts.setdefault(key, {})
            known.update({name: known.get(name, 0) + amount for name, amount in amounts.items()})

        self._asked("add", add)

    def numbers(self, key: str) -> dict[str, int]:
        """Named numbers."""
        return self._asked("numbers", lambda: dict(self.counts.get(key, {})))

    def keys(self, prefix: str) -> list[str]:
        """Keys that begin so."""
        return self._asked("keys", lambda: [key for key in self.texts if key.startswith(prefix)])

    def drop(self, keys: Sequence[str]) -> int:
        """Forget keys."""
        return self._asked("drop", lambda: sum(self.texts.pop(key, None) is not None for key in keys))

    def close(self) -> None:
        """There are no connections."""

    def forget(self) -> None:
        """Be empty, as a server that has just been started."""
        self.texts.clear()
        self.lists.clear()
        self.counts.clear()

    def _asked(self, operation: str, do: Callable[[], T]) -> T:
        """Answer, or be unreachable; either before it is done or after."""
        sent = self._wire.record(f"cache {next(self._numbers)}", operation, (), CACHE)
        fault = self._wire.next_fault(sent)
        if fault is None:
            return do()
        if fault.has_effect:
            do()
        self._wire.finish_request(sent, fault)
        raise CacheUnreachable
