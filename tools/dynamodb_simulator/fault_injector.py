"""Fault injection at the boundary of the SDK: records every request and decides which of them fail."""

import json
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from io import BytesIO
from typing import Any, Final, cast

from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.compat import HTTPHeaders
from botocore.exceptions import ReadTimeoutError

from tools.dynamodb_simulator.simulator import Simulator
from tools.dynamodb_simulator.values import ServiceError

ServiceResponse = Mapping[str, Any] | ServiceError
_ERRORS: Final = "com.amazonaws.dynamodb.v20120810#"
_TRANSACTIONS: Final = frozenset({"TransactWriteItems", "TransactGetItems"})
_ITEM_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
_BATCHES: Final = frozenset({"BatchGetItem", "BatchWriteItem", "SendMessageBatch"})
_LISTS: Final = frozenset({"Query", "Scan"})
_MAX_REQUESTS: Final = 3_000
DYNAMODB, SQS, SECRETS, CACHE = "DynamoDB", "SQS", "Secrets Manager", "cache"


class _Raw(BytesIO):
    """A body as urllib3 provides it."""

    def stream(self, **_: Any) -> Iterator[bytes]:
        """Yield the whole body."""
        yield self.read()


class Crash(BaseException):
    """The process that sent the request ends here. No handler of ordinary exceptions catches it."""


class Fault(StrEnum):
    """Failure of one request."""

    THROTTLED = "throttled"
    CONFLICT = "conflict"
    LOST_REQUEST = "timeout before effect"
    LOST_RESPONSE = "timeout after effect"
    CRASH_BEFORE = "crash before effect"
    CRASH_AFTER = "crash after effect"
    PARTIAL = "last entry of the batch unprocessed"
    SHORT_PAGE = "page ends after one item"

    @property
    def has_effect(self) -> bool:
        """True if the service executes the request before it fails."""
        return self in (Fault.LOST_RESPONSE, Fault.CRASH_AFTER)


_INSTEAD_OF_EXECUTION: Final = (Fault.THROTTLED, Fault.CONFLICT, Fault.PARTIAL, Fault.SHORT_PAGE)


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request: ``call`` numbers the calls of the code, ``attempt`` the attempts of the SDK."""

    call: int
    attempt: int
    operation: str
    tables: tuple[str, ...] = ()
    service: str = DYNAMODB

    def allows(self, fault: Fault) -> bool:
        """Return whether the fault can occur: a cache never throttles, only batches are partly executed."""
        if fault is Fault.CONFLICT:
            return self.operation in _TRANSACTIONS or self.operation in _ITEM_WRITES
        if fault is Fault.PARTIAL:
            return self.operation in _BATCHES
        if fault is Fault.SHORT_PAGE:
            return self.operation in _LISTS
        return fault is not Fault.THROTTLED or self.service != CACHE

    @property
    def title(self) -> str:
        """The service, the operation and its tables, for messages."""
        return " ".join([self.service, self.operation, "+".join(self.tables)]).strip()


FaultPlan = Callable[[SentRequest], Fault | None]


def no_faults(_: SentRequest) -> Fault | None:
    """Let every request succeed."""
    return None


@dataclass
class FaultInjector:
    """Answers botocore's event ``before-send``.

    ``plan`` decides which requests fail; ``sent`` lists the requests since `begin`.
    """

    simulator: Simulator
    plan: FaultPlan = no_faults
    sent: list[SentRequest] = field(default_factory=list)
    _calls: dict[str, int] = field(default_factory=dict)

    def attach(self, events: Any) -> None:
        """Respond to all requests that a botocore client sends to DynamoDB."""
        events.register("before-send.dynamodb", self.respond)

    def begin(self, plan: FaultPlan = no_faults) -> None:
        """Clear the list of requests and apply a plan to the following ones."""
        self.plan = plan
        self.sent = []
        self._calls = {}

    def respond(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Respond to a request to DynamoDB.

        Raises:
            ReadTimeoutError: the request times out.
            Crash: the client's process ends.
        """
        headers = headers_of(request)
        if not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return aws_response(
                request.url, ServiceError("MissingAuthenticationTokenException", "Request must be signed")
            )
        arguments = json.loads(_text(cast(bytes, request.body)))
        operation = headers["x-amz-target"].partition(".")[2]
        sent = self.record(
            headers["amz-sdk-invocation-id"], operation, _tables(arguments, len(self.simulator.prefix)), DYNAMODB
        )
        return self.deliver(
            sent,
            request.url,
            lambda: self._execute(operation, arguments),
            lambda fault: self._faulty_response(fault, sent, arguments),
        )

    def record(self, invocation: str, operation: str, tables: tuple[str, ...], service: str) -> SentRequest:
        """Record a request; all attempts of one invocation belong to one call."""
        call = self._calls.setdefault(invocation, len(self._calls))
        attempt = 1 + sum(earlier.call == call for earlier in self.sent[-3:])
        sent = SentRequest(call, attempt, operation, tables, service)
        self.sent.append(sent)
        assert len(self.sent) < _MAX_REQUESTS, f"the client repeats requests without end: {sent.title}"
        return sent

    def deliver(
        self,
        sent: SentRequest,
        url: str,
        execute: Callable[[], ServiceResponse],
        faulty_response: Callable[[Fault], ServiceResponse],
    ) -> AWSResponse:
        """Execute a request and return its response, unless the plan makes it fail.

        Args:
            sent: the recorded request.
            url: its address.
            execute: has the effect and returns the service's response.
            faulty_response: returns the response to a request that is throttled, in conflict, or executed partly.

        Raises:
            ReadTimeoutError: the request times out.
            Crash: the client's process ends.
        """
        fault = self.next_fault(sent)
        if fault in _INSTEAD_OF_EXECUTION:
            return aws_response(url, faulty_response(fault))
        response: ServiceResponse = execute() if fault is None or fault.has_effect else {}
        self.finish_request(sent, fault)
        if fault is not None:
            raise ReadTimeoutError(endpoint_url=url)
        return aws_response(url, response)

    def next_fault(self, sent: SentRequest) -> Fault | None:
        """Return the fault of a request. Concurrent clients may act before it."""
        self.simulator.pause("sent")
        return self.plan(sent)

    def finish_request(self, sent: SentRequest, fault: Fault | None) -> None:
        """Let concurrent clients act before the response arrives.

        Raises:
            Crash: the client's process has ended by then.
        """
        self.simulator.pause("answered")
        if fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER):
            raise Crash(sent.title)

    def _execute(self, operation: str, arguments: Mapping[str, Any]) -> ServiceResponse:
        try:
            return self.simulator.call(operation, arguments)
        except ServiceError as refused:
            return refused

    def _faulty_response(self, fault: Fault, sent: SentRequest, arguments: Mapping[str, Any]) -> ServiceResponse:
        if fault is Fault.PARTIAL:
            return self._execute_partly(sent.operation, arguments)
        if fault is Fault.SHORT_PAGE:
            return self._execute(sent.operation, {**arguments, "Limit": 1})
        if fault is Fault.THROTTLED:
            return ServiceError("ProvisionedThroughputExceededException", "The level of throughput was exceeded")
        if sent.operation not in _TRANSACTIONS:
            return ServiceError("TransactionConflictException", "Transaction is ongoing for the item")
        reasons = [{"Code": "None"} for _ in arguments["TransactItems"]]
        reasons[0] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
        return ServiceError("TransactionCanceledException", "Transaction cancelled", CancellationReasons=reasons)

    def _execute_partly(self, operation: str, arguments: Mapping[str, Any]) -> ServiceResponse:
        """Execute a batch except for its last key, which is returned as unprocessed."""
        [(table, wanted)] = arguments["RequestItems"].items()
        first, last = {**wanted, "Keys": wanted["Keys"][:-1]}, {**wanted, "Keys": wanted["Keys"][-1:]}
        response = self._execute(operation, {**arguments, "RequestItems": {table: first}})
        return response if isinstance(response, ServiceError) else {**response, "UnprocessedKeys": {table: last}}


def headers_of(request: AWSPreparedRequest) -> dict[str, str]:
    """Return the headers of a request; names in lower case."""
    return {name.lower(): _text(value) for name, value in request.headers.items()}


def aws_response(url: str, response: ServiceResponse) -> AWSResponse:
    """Convert a response to what botocore receives over HTTP."""
    if isinstance(response, ServiceError):
        body = {"__type": _ERRORS + response.code, "message": response.message, **response.members}
        status = 400
    else:
        body, status = dict(response), 200
    return AWSResponse(url, status, HTTPHeaders(), _Raw(json.dumps(body).encode()))


def _tables(arguments: Mapping[str, Any], prefix_length: int) -> tuple[str, ...]:
    names = [arguments["TableName"]] if "TableName" in arguments else []
    names += arguments.get("RequestItems", {})
    names += [next(iter(each.values()))["TableName"] for each in arguments.get("TransactItems", ())]
    return tuple(dict.fromkeys(name[prefix_length:] for name in names))


def _text(value: str | bytes) -> str:
    return value.decode() if isinstance(value, bytes) else value
