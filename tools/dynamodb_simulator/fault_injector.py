"""The boundary: whatever the platform sends is noted and may go wrong here; DynamoDB's share the double answers."""

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

from tools.dynamodb_simulator.simulator import Simulator
from tools.dynamodb_simulator.values import ServiceError

ServiceResponse = Mapping[str, Any] | ServiceError
_ERRORS: Final = "com.amazonaws.dynamodb.v20120810#"
_TRANSACTIONS: Final = frozenset({"TransactWriteItems", "TransactGetItems"})
_ITEM_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem"})
_BATCHES: Final = frozenset({"BatchGetItem", "BatchWriteItem", "SendMessageBatch"})
_LISTS: Final = frozenset({"Query", "Scan"})
_NEVER_ENDS: Final = 3_000
DYNAMODB, SQS, SECRETS, CACHE = "DynamoDB", "SQS", "Secrets Manager", "cache"


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
    PARTIAL = "the last of the batch is left over"
    SHORT_PAGE = "the page ends after one item"

    @property
    def has_effect(self) -> bool:
        """Whether the request is carried out all the same."""
        return self in (Fault.LOST_ANSWER, Fault.CRASH_AFTER)


_ANSWERED_OTHERWISE: Final = (Fault.THROTTLED, Fault.CONFLICT, Fault.PARTIAL, Fault.SHORT_PAGE)


@dataclass(frozen=True, slots=True)
class SentRequest:
    """One request on the wire: which call of the code it belongs to, and which attempt of the SDK it is."""

    call: int
    attempt: int
    operation: str
    tables: tuple[str, ...] = ()
    service: str = DYNAMODB

    def may(self, fault: Fault) -> bool:
        """Whether this can go wrong with it: a cache does not throttle, only batches are done in part, and so on."""
        if fault is Fault.CONFLICT:
            return self.operation in _TRANSACTIONS or self.operation in _ITEM_WRITES
        if fault is Fault.PARTIAL:
            return self.operation in _BATCHES
        if fault is Fault.SHORT_PAGE:
            return self.operation in _LISTS
        return fault is not Fault.THROTTLED or self.service != CACHE

    @property
    def title(self) -> str:
        """For messages: the operation and its tables."""
        return " ".join([self.service, self.operation, "+".join(self.tables)]).strip()


FaultPlan = Callable[[SentRequest], Fault | None]


def no_faults(_: SentRequest) -> Fault | None:
    """The plan of a good day."""
    return None


@dataclass
class FaultInjector:
    """Answers ``before-send``; ``plan`` decides what goes wrong, ``sent`` is what was seen."""

    simulator: Simulator
    plan: FaultPlan = no_faults
    sent: list[SentRequest] = field(default_factory=list)
    _calls: dict[str, int] = field(default_factory=dict)

    def attach(self, events: Any) -> None:
        """Answer everything that a botocore client sends to DynamoDB."""
        events.register("before-send.dynamodb", self.answer)

    def begin(self, plan: FaultPlan = no_faults) -> None:
        """Forget what was sent, and follow a plan from now on."""
        self.plan = plan
        self.sent = []
        self._calls = {}

    def answer(self, request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        """Answer a request to DynamoDB.

        Raises:
            ReadTimeoutError: the answer does not come.
            Crash: the caller dies.
        """
        headers = headers_of(request)
        if not headers.get("authorization", "").startswith("AWS4-HMAC-SHA256 "):
            return response(request.url, ServiceError("MissingAuthenticationTokenException", "Request must be signed"))
        arguments = json.loads(_text(cast(bytes, request.body)))
        operation = headers["x-amz-target"].partition(".")[2]
        sent = self.note(
            headers["amz-sdk-invocation-id"], operation, _tables(arguments, len(self.simulator.prefix)), DYNAMODB
        )
        return self.pass_on(
            sent,
            request.url,
            lambda: self._carry_out(operation, arguments),
            lambda fault: self._refuse(fault, sent, arguments),
        )

    def note(self, invocation: str, operation: str, tables: tuple[str, ...], service: str) -> SentRequest:
        """Note what is sent; all attempts of one invocation are one call."""
        call = self._calls.setdefault(invocation, len(self._calls))
        attempt = 1 + sum(earlier.call == call for earlier in self.sent[-3:])
        sent = SentRequest(call, attempt, operation, tables, service)
        self.sent.append(sent)
        assert len(self.sent) < _NEVER_ENDS, f"it asks for ever: {sent.title}"
        return sent

    def pass_on(
        self,
        sent: SentRequest,
        url: str,
        do: Callable[[], ServiceResponse],
        on_condition_failed: Callable[[Fault], ServiceResponse],
    ) -> AWSResponse:
        """Carry a request out and bring its answer back, unless something goes wrong.

        Raises:
            ReadTimeoutError: the answer does not come.
            Crash: the caller dies.
        """
        fault = self.happening(sent)
        if fault in _ANSWERED_OTHERWISE:
            return response(url, on_condition_failed(fault))
        answer: ServiceResponse = do() if fault is None or fault.has_effect else {}
        self.arrive(sent, fault)
        if fault is not None:
            raise ReadTimeoutError(endpoint_url=url)
        return response(url, answer)

    def happening(self, sent: SentRequest) -> Fault | None:
        """What goes wrong with a request; others may come in before that."""
        self.simulator.pause("sent")
        return self.plan(sent)

    def arrive(self, sent: SentRequest, fault: Fault | None) -> None:
        """Others may come in before an answer is seen, and the caller may be dead by then.

        Raises:
            Crash: it is.
        """
        self.simulator.pause("answered")
        if fault in (Fault.CRASH_BEFORE, Fault.CRASH_AFTER):
            raise Crash(sent.title)

    def _carry_out(self, operation: str, arguments: Mapping[str, Any]) -> ServiceResponse:
        try:
            return self.simulator.call(operation, arguments)
        except ServiceError as refused:
            return refused

    def _refuse(self, fault: Fault, sent: SentRequest, arguments: Mapping[str, Any]) -> ServiceResponse:
        if fault is Fault.PARTIAL:
            return self._carry_out_in_part(sent.operation, arguments)
        if fault is Fault.SHORT_PAGE:
            return self._carry_out(sent.operation, {**arguments, "Limit": 1})
        if fault is Fault.THROTTLED:
            return ServiceError("ProvisionedThroughputExceededException", "The level of throughput was exceeded")
        if sent.operation not in _TRANSACTIONS:
            return ServiceError("TransactionConflictException", "Transaction is ongoing for the item")
        reasons = [{"Code": "None"} for _ in arguments["TransactItems"]]
        reasons[0] = {"Code": "TransactionConflict", "Message": "Transaction is ongoing for the item"}
        return ServiceError("TransactionCanceledException", "Transaction cancelled", CancellationReasons=reasons)

    def _carry_out_in_part(self, operation: str, arguments: Mapping[str, Any]) -> ServiceResponse:
        """All of a batch but its last key, which is told to be left."""
        [(table, asked)] = arguments["RequestItems"].items()
        first, last = {**asked, "Keys": asked["Keys"][:-1]}, {**asked, "Keys": asked["Keys"][-1:]}
        answer = self._carry_out(operation, {**arguments, "RequestItems": {table: first}})
        return answer if isinstance(answer, ServiceError) else {**answer, "UnprocessedKeys": {table: last}}


def headers_of(request: AWSPreparedRequest) -> dict[str, str]:
    """The headers of a request; names in lower case."""
    return {name.lower(): _text(value) for name, value in request.headers.items()}


def response(url: str, answer: ServiceResponse, *, errors: str = _ERRORS) -> AWSResponse:
    """An answer as it comes over the wire."""
    if isinstance(answer, ServiceError):
        body = {"__type": errors + answer.code, "message": answer.message, **answer.members}
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
