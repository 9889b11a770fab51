"""Read the tables' streams from where they were left, and give the records to their consumers as Lambda does."""

import json
import logging
import socket
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any, Final

import boto3
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.exceptions import NoCredentialsError
from botocore.httpsession import URLLib3Session

from local.positions import Positions

_SHARDS_KNOWN_SECONDS: Final = 60.0
_LOST_POSITION: Final = frozenset({"TrimmedDataAccessException", "ValidationException", "ResourceNotFoundException"})
_REFUSALS: Final = 5
_EXPIRED: Final = "ExpiredIteratorException"
_WITHOUT_DELAY: Final = [(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)]
"""Without it, the body waits 40 ms for the acknowledgement of the headers."""
_log: Final = logging.getLogger(__name__)

Record = dict[str, Any]
Call = Callable[[str, Mapping[str, Any]], dict[str, Any]]
"""Send an operation with its parameters to the service of streams and return the response."""
BusinessTime = Callable[[float], float]
"""Give the business time of a moment of real time, both in seconds since 1970."""


class StreamError(Exception):
    """The service of streams refuses a call; ``code`` is the name of its error."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code = code


class StreamsClient:
    """Call the service of streams with plain JSON.

    Records are given to the handlers in the JSON of the service. botocore would first read them into objects, which
    takes longer than the handlers do.
    """

    def __init__(self, region: str) -> None:
        session = boto3.Session(region_name=region)
        credentials = session.get_credentials()
        if credentials is None:
            raise NoCredentialsError
        self._signer = SigV4Auth(credentials, "dynamodb", region)
        self._url = str(session.client("dynamodbstreams").meta.endpoint_url)
        self._http = URLLib3Session(socket_options=_WITHOUT_DELAY)  # type: ignore[arg-type]  # the stub is wrong

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Send an operation and return its response.

        Raises:
            StreamError: the service refuses it.
            BotoCoreError: the service cannot be reached.
        """
        headers = {
            "Content-Type": "application/x-amz-json-1.0",
            "X-Amz-Target": f"DynamoDBStreams_20120810.{operation}",
        }
        request = AWSRequest("POST", self._url, headers, json.dumps(parameters).encode())
        self._signer.add_auth(request)
        response = self._http.send(request.prepare())
        content: dict[str, Any] = json.loads(response.content)
        if response.status_code != HTTPStatus.OK:
            raise StreamError(str(content.get("__type")).rpartition("#")[2], str(content.get("message")))
        return content


@dataclass(frozen=True, slots=True)
class Consumer:
    """A function that follows a stream.

    ``handle`` takes up to ``batch_size`` records; its response may list those that must come again.
    """

    name: str
    handle: Callable[[Sequence[Record]], Mapping[str, Any] | None]
    batch_size: int


class StreamReader:
    """Read one table's stream. Shards and iterators are remembered; an iterator that expires is replaced."""

    def __init__(self, call: Call, table: str, business_time: BusinessTime = float) -> None:
        self._call = call
        self._table = table
        self._business_time = business_time
        self._shards: list[str] = []
        self._shards_read_at = -_SHARDS_KNOWN_SECONDS
        self._iterators: dict[tuple[str, str | None], str] = {}
        self.arn = ""

    def shards(self) -> list[str]:
        """Return the ids of the stream's shards, which are looked up once a minute."""
        if time.monotonic() - self._shards_read_at >= _SHARDS_KNOWN_SECONDS:
            self._find_shards()
        return self._shards

    def read(self, shard: str, after: str | None, limit: int) -> list[Record]:
        """Return up to ``limit`` records after a sequence number; None starts with the oldest."""
        iterator = self._iterators.pop((shard, after), None)
        try:
            found = self._records(iterator or self._iterator(shard, after), limit)
        except StreamError as error:
            if iterator is None or error.code != _EXPIRED:
                raise
            found = self._records(self._iterator(shard, after), limit)
        records = [self._lambda_record(record) for record in found["Records"]]
        if found.get("NextShardIterator"):
            self._iterators[shard, sequence_number(records[-1]) if records else after] = found["NextShardIterator"]
        return records

    def _records(self, iterator: str, limit: int) -> dict[str, Any]:
        return self._call("GetRecords", {"ShardIterator": iterator, "Limit": limit})

    def _find_shards(self) -> None:
        streams = self._call("ListStreams", {"TableName": self._table})["Streams"]
        if not streams:
            return
        self.arn = streams[-1]["StreamArn"]
        description = self._call("DescribeStream", {"StreamArn": self.arn})["StreamDescription"]
        self._shards = [shard["ShardId"] for shard in description["Shards"]]
        self._shards_read_at = time.monotonic()

    def _iterator(self, shard: str, after: str | None) -> str:
        start = {"ShardIteratorType": "TRIM_HORIZON"}
        if after is not None:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": after}
        try:
            response = self._call("GetShardIterator", {"StreamArn": self.arn, "ShardId": shard, **start})
        except StreamError as error:
            if after is None or error.code not in _LOST_POSITION:
                raise
            return self._iterator(shard, None)
        return str(response["ShardIterator"])

    def _lambda_record(self, record: Mapping[str, Any]) -> Record:
        change = dict(record["dynamodb"])
        change["ApproximateCreationDateTime"] = self._business_time(change["ApproximateCreationDateTime"])
        return {
            "eventID": record["eventID"],
            "eventName": record["eventName"],
            "eventVersion": record.get("eventVersion", "1.1"),
            "eventSource": "aws:dynamodb",
            "awsRegion": record["awsRegion"],
            "dynamodb": change,
            "eventSourceARN": self.arn,
        }


@dataclass(frozen=True, slots=True)
class _Polled:
    """The records that were read from a shard, and the deliveries that consumers accepted."""

    read: int
    accepted: int
    is_more_waiting: bool


class StreamPoller:
    """Feed one stream to its consumers. One read serves all consumers with the same position.

    A consumer that fails keeps its position and is retried at the next poll; it does not hold up the others.
    """

    def __init__(self, reader: StreamReader, consumers: Sequence[Consumer], positions: Positions) -> None:
        self._reader = reader
        self._consumers = consumers
        self._positions = positions

    def poll(self) -> bool:
        """Read once and deliver what is new; return whether more records may be waiting."""
        polled = [self._poll_shard(shard) for shard in self._reader.shards()]
        return any(each.is_more_waiting for each in polled)

    def drain(self) -> int:
        """Deliver until no record is waiting, and return the number of those accepted.

        Records that a consumer goes on refusing are left to ``poll``.
        """
        delivered, refused = 0, 0
        while refused < _REFUSALS:
            polled = [self._poll_shard(shard) for shard in self._reader.shards()]
            if not any(each.read for each in polled):
                break
            accepted = sum(each.accepted for each in polled)
            refused = 0 if accepted else refused + 1
            delivered += accepted
        return delivered

    def _poll_shard(self, shard: str) -> _Polled:
        read, total, is_more_waiting = 0, 0, False
        for position, consumers in self._by_position(shard):
            limit = min(consumer.batch_size for consumer in consumers)
            records = self._reader.read(shard, position, limit)
            if records:
                accepted = [self._deliver(consumer, shard, records) for consumer in consumers]
                is_more_waiting |= len(records) == limit and max(accepted) == limit
                read, total = read + len(records), total + sum(accepted)
        return _Polled(read, total, is_more_waiting)

    def _by_position(self, shard: str) -> Iterator[tuple[str | None, list[Consumer]]]:
        groups: dict[str | None, list[Consumer]] = {}
        for consumer in self._consumers:
            groups.setdefault(self._positions.get(self._name(consumer, shard)), []).append(consumer)
        yield from groups.items()

    def _deliver(self, consumer: Consumer, shard: str, records: list[Record]) -> int:
        """Give records to a consumer; return how many of them it need not see again."""
        try:
            accepted = accepted_records(records, consumer.handle(records) or {})
        except Exception:  # noqa: BLE001 - the guard of one batch: the poller continues, and the batch comes again
            _log.exception("a stream's batch failed; it is retried", extra={"function": consumer.name})
            return 0
        if accepted:
            self._positions.set(self._name(consumer, shard), sequence_number(accepted[-1]))
        if len(accepted) < len(records):
            _log.warning("records of a stream are retried", extra={"function": consumer.name})
        return len(accepted)

    def _name(self, consumer: Consumer, shard: str) -> str:
        return f"{consumer.name}|{self._reader.arn}|{shard}"


def accepted_records(records: list[Record], response: Mapping[str, Any]) -> list[Record]:
    """Return the records before the first one that a handler's response reports as failed."""
    failed = {failure["itemIdentifier"] for failure in response.get("batchItemFailures", ())}
    first = next((index for index, record in enumerate(records) if sequence_number(record) in failed), len(records))
    return records[:first]


def sequence_number(record: Mapping[str, Any]) -> str:
    """Return the position of a record in its shard."""
    return str(record["dynamodb"]["SequenceNumber"])


def stream_event(records: Sequence[Record]) -> dict[str, Any]:
    """Build the event that Lambda gives to a handler for records of a stream."""
    return {"Records": list(records)}
