"""Delivery of a stream's records to its consumers."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

import pytest

from local.positions import Positions
from local.stream_poller import Consumer, Record, StreamError, StreamPoller, StreamReader, accepted_records

SEQUENCE_NUMBERS: Final = ("10", "11", "12")
RECORDS: Final[list[Record]] = [{"dynamodb": {"SequenceNumber": number}} for number in SEQUENCE_NUMBERS]


class StreamService:
    """The service of streams, with one stream of one shard. It counts its calls."""

    def __init__(self) -> None:
        self.calls: Counter[str] = Counter()
        self._issued = self._expired = 0

    def call(self, operation: str, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """Answer a call."""
        self.calls[operation] += 1
        if operation == "ListStreams":
            return {"Streams": [{"StreamArn": "arn:stream"}]}
        if operation == "DescribeStream":
            return {"StreamDescription": {"Shards": [{"ShardId": "shard"}]}}
        if operation == "GetShardIterator":
            return {"ShardIterator": self._issue(parameters.get("SequenceNumber", ""))}
        return self._records(parameters["ShardIterator"], parameters["Limit"])

    def expire_iterators(self) -> None:
        """Refuse all iterators that were issued until now."""
        self._expired = self._issued

    def _records(self, iterator: str, limit: int) -> dict[str, Any]:
        after, _, issued = iterator.partition("|")
        if int(issued) <= self._expired:
            raise StreamError("ExpiredIteratorException", "too old")
        found = [number for number in SEQUENCE_NUMBERS if number > after][:limit]
        next_iterator = self._issue(found[-1] if found else after)
        return {"Records": [stored_record(number) for number in found], "NextShardIterator": next_iterator}

    def _issue(self, after: str) -> str:
        self._issued += 1
        return f"{after}|{self._issued}"


class Receiver:
    """A consumer that keeps what it gets, and fails as often as it is set to."""

    def __init__(self, name: str, *, failures: int = 0, response: Mapping[str, Any] | None = None) -> None:
        self.received: list[str] = []
        self.failures = failures
        self.response = response
        self.consumer = Consumer(name, self._handle, 2)

    def _handle(self, records: Sequence[Record]) -> Mapping[str, Any] | None:
        if self.failures:
            self.failures -= 1
            raise RuntimeError("not now")
        self.received += [record["dynamodb"]["SequenceNumber"] for record in records]
        response, self.response = self.response, None
        return response


@pytest.fixture
def positions(tmp_path: Path) -> Positions:
    return Positions(tmp_path / "positions.json")


@pytest.fixture
def service() -> StreamService:
    return StreamService()


def stored_record(number: str) -> dict[str, Any]:
    """A record as the service gives it."""
    changed = {"SequenceNumber": number, "ApproximateCreationDateTime": 1768435200.0}
    return {"eventID": number, "eventName": "INSERT", "awsRegion": "us-east-1", "dynamodb": changed}


def poller_of(service: StreamService, positions: Positions, *receivers: Receiver) -> StreamPoller:
    return StreamPoller(StreamReader(service.call, "loans"), [each.consumer for each in receivers], positions)


def failed(*sequence_numbers: str) -> dict[str, Any]:
    return {"batchItemFailures": [{"itemIdentifier": number} for number in sequence_numbers]}


@pytest.mark.parametrize(
    ("response", "accepted"),
    [({}, 3), (failed(), 3), (failed("10"), 0), (failed("12"), 2), (failed("12", "11"), 1), (failed("99"), 3)],
    ids=["no response", "no failure", "the first", "the last", "two", "an unknown one"],
)
def test_records_before_the_first_failure_are_accepted(response: dict[str, Any], accepted: int) -> None:
    assert accepted_records(RECORDS, response) == RECORDS[:accepted]


def test_one_read_serves_all_consumers(service: StreamService, positions: Positions) -> None:
    first, second = Receiver("first"), Receiver("second")
    poller = poller_of(service, positions, first, second)

    is_more_waiting = [poller.poll(), poller.poll()]

    assert is_more_waiting == [True, False]
    assert first.received == second.received == [*SEQUENCE_NUMBERS]
    assert service.calls["GetRecords"] == 2


def test_shards_and_iterators_are_looked_up_once(service: StreamService, positions: Positions) -> None:
    poller = poller_of(service, positions, Receiver("only"))

    for _ in range(5):
        poller.poll()

    assert service.calls["GetRecords"] == 5
    assert service.calls["ListStreams"] == service.calls["DescribeStream"] == 1
    assert service.calls["GetShardIterator"] == 1


def test_an_expired_iterator_is_replaced(service: StreamService, positions: Positions) -> None:
    only = Receiver("only")
    poller = poller_of(service, positions, only)
    poller.poll()

    service.expire_iterators()
    poller.poll()

    assert only.received == [*SEQUENCE_NUMBERS]


def test_failing_consumer_retries_without_delaying_others(service: StreamService, positions: Positions) -> None:
    sound, failing = Receiver("sound"), Receiver("failing", failures=1)
    poller = poller_of(service, positions, sound, failing)

    for _ in range(3):
        poller.poll()

    assert sound.received == failing.received == [*SEQUENCE_NUMBERS]
    reads = service.calls["GetRecords"]
    poller.poll()
    assert service.calls["GetRecords"] == reads + 1  # both have caught up: one read serves them again


def test_a_batch_continues_at_its_first_failed_record(service: StreamService, positions: Positions) -> None:
    partial = Receiver("partial", response=failed("11"))
    poller = poller_of(service, positions, partial)

    for _ in range(2):
        poller.poll()

    assert partial.received == ["10", "11", "11", "12"]


def test_a_restart_continues_after_the_saved_position(service: StreamService, tmp_path: Path) -> None:
    before = Positions(tmp_path / "positions.json")
    poller_of(service, before, Receiver("only")).poll()
    before.save()

    restarted = Receiver("only")
    poller_of(service, Positions(tmp_path / "positions.json"), restarted).poll()

    assert restarted.received == ["12"]


def test_positions_are_written_once_a_second(tmp_path: Path) -> None:
    positions = Positions(tmp_path / "positions.json")
    positions.set("stream", "1")
    positions.save()
    positions.set("stream", "2")

    positions.save()
    early = Positions(tmp_path / "positions.json").get("stream")
    positions.save(now=True)

    assert early == "1"
    assert Positions(tmp_path / "positions.json").get("stream") == "2"


def test_draining_delivers_all_records_to_all_consumers(service: StreamService, positions: Positions) -> None:
    first, second = Receiver("first", failures=2), Receiver("second")

    delivered = poller_of(service, positions, first, second).drain()

    assert delivered == 6
    assert first.received == second.received == [*SEQUENCE_NUMBERS]


def test_draining_ends_when_a_consumer_goes_on_refusing(service: StreamService, positions: Positions) -> None:
    broken, other = Receiver("broken", failures=99), Receiver("other")

    delivered = poller_of(service, positions, broken, other).drain()

    assert delivered == 3
    assert other.received == [*SEQUENCE_NUMBERS]
