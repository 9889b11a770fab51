"""The boundary: requests that botocore has signed are answered by the double, with whatever may go wrong there."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from typing import Any, Final, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError

from tests.simulation.double import Double
from tests.simulation.values import ServiceError

_ERRORS: Final = "com.amazonaws.dynamodb.v20120810#"
_TRANSACTIONS: Final = frozenset({"TransactWriteItems", "TransactGetItems"})
_ITEM_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})


class _Raw(BytesIO):
    """A body as urllib3 hands it over."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """All of it at once."""
        yield self.read()


class Crash(BaseException):
    """The process that sent the request ends here."""


class Fault(StrEnum):
    """What may go wrong with one request."""

    THROTTLED = "throttled"
    CONFLICT = "conflict"
    LOST_REQUEST = "timeout before effect"
    LOST_ANSWER = "timeout after effect"
    CRASH_BEFORE = "crash before effect"
    CRASH_AFTER = "crash after effect"

    @property
    def has_effect(self) -> bool:
        """Whether the request is carried out all the same."""
        return self in (Fault.LOST_ANSWER, Fault.CRASH_AFTER)


@dataclass(frozen=True, slots=True)
class Sent:
    """One request on the wire: which call of the code it belongs to, and which attempt of the SDK it is."""

    call: int
    attempt: int
    operation: str
    tables: tuple[str, ...]

    @property
    def can_conflict(self) -> bool:
        """Whether a transaction of somebody else may refuse it."""
        return self.operation in _TRANSACTIONS or self.operation in _ITEM_WRITES

    @property
    def title(self) -> str:
        """For messages: the operation and its tables."""
        return f"{self.operation} {'+'.join(self.tables)}"


Plan = Callable[[Sent], Fault | None]


def nothing_fails(_: Sent) -> Fault | None:
    """The plan of a good day."""
    return None


@dataclass
class Wire:
    """Answers ``before-send``; ``plan`` decides what goes wrong, ``sent`` is what was seen."""

    double: Double
    plan: Plan = nothing_fails
    sent: list[Sent] = field(default_factory=list)
    _calls: dict[str, int] = field(default_factory=dict)

    def attach(self, events: Any) -> None:
        """Answer everything that a botocore client sends to DynamoDB."""
        events.register("before-send.dynamodb", self.answer)

    def begin(self, plan: Plan = nothing_fails) -> None:
        """Forget what was sent, and follow a plan from now on."""
        self.plan = plan
        self.sent = []
        self._calls = {}

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Answer a request.

        Raises:
            ReadTimeoutError: the answer does not come.
            Crash: the caller dies.
        """
        headers = {name.lower(): _text(value) for name, value in request.headers.items()}
        if not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return _response(request.url, ServiceError("MissingAuthenticationTokenException", "Request must be signed"))
        arguments = json.loads(_text(cast(bytes, request.body)))
        operation = headers["x-amz-target"].partition(".")[2]
        sent = self._note(headers["amz-sdk-invocation-id"], operation, arguments)
        self.double.pause("sent")
        fault = self.plan(sent)
        if fault in (Fault.THROTTLED, Fault.CONFLICT):
            return _response(request.url, _refusal(fault, sent, arguments))
        if fault is None or fault.has_effect:
            answer = self._carry_out(operation, arguments)
        self.double.pause("answered")
        if fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER):
            raise Crash(sent.title)
        if fault is not None:
            raise ReadTimeoutError(endpoint_url=request.url)
        return _response(request.url, answer)

    def _note(self, invocation: str, operation: str, arguments: Mapping[str, Any]) -> Sent:
        call = self._calls.setdefault(invocation, len(self._calls))
        attempt = 1 + sum(earlier.call == call for earlier in self.sent[-3:])
        sent = Sent(call, attempt, operation, _tables(arguments, len(self.double.prefix)))
        self.sent.append(sent)
        return sent

    def _carry_out(self, operation: str, arguments: Mapping[str, Any]) -> Mapping[str, Any] | ServiceError:
        try:
            return self.double.call(operation, arguments)
        except ServiceError as refused:
            return refused


def _refusal(fault: Fault, sent: Sent, arguments: Mapping[str, Any]) -> ServiceError:
    if fault is Fault.THROTTLED:
        return ServiceError("ProvisionedThroughputExceededException", "The level of throughput was exceeded")
    if sent.operation not in _TRANSACTIONS:
        return ServiceError("TransactionConflictException", "Transaction is ongoing for the item")
    reasons = [{"Code": "None"} for _ in arguments["TransactItems"]]
    reasons[0] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
    return ServiceError("TransactionCanceledException", "Transaction cancelled", CancellationReasons=reasons)


def _response(url: str, answer: Mapping[str, Any] | ServiceError) -> AWSResponse:
    if isinstance(answer, ServiceError):
        body = {"__type": _ERRORS + answer.code, "message": answer.message, **answer.members}
        status = 400
    else:
        body, status = dict(answer), 200
    return AWSResponse(url, status, HTTPHeaders(), _Raw(json.dumps(body).encode()))


def _tables(arguments: Mapping[str, Any], prefix_length: int) -> tuple[str, ...]:
    names = [arguments["TableName"]] if "TableName" in arguments else []
    names += arguments.get("RequestItems", {})
    names += [next(iter(each.values()))["TableName"] for each in arguments.get("TransactItems", ())]
    return tuple(dict.fromkeys(name[prefix_length:] for name in names))


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
