"""Reads the tables' streams from where it stopped, and gives records the shape that Lambda gives them."""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

_LOST_PLACE: Final = frozenset({"TrimmedDataAccessException", "ValidationException", "ResourceNotFoundException"})


Time = Callable[[datetime], datetime]
"""What the clock of the data shows at a moment of the world's."""


def _as_it_is(moment: datetime) -> datetime:
    return moment


class StreamReader:
    """One table's stream for one consumer, whose place is kept in a file: a restart goes on where it stopped."""

    def __init__(self, table: str, region: str, places: Places, *, consumer: str = "", time: Time = _as_it_is) -> None:
        # Some engines use shorter shard ids than the service, which botocore would refuse to send.
        self._client = boto3.client(
            "dynamodbstreams",
            region_name=region,
            config=Config(parameter_validation=False, retries={"max_attempts": 2}),
        )
        self._table = table
        self._places = places
        self._consumer = consumer
        self._time = time
        self._arn = ""

    def read(self, most: int) -> dict[str, list[dict[str, Any]]]:
        """New records by shard, at most so many of each. They come again until `passed` is called."""
        return {shard: records for shard in self._shards() if (records := self._records(shard, most))}

    def passed(self, shard: str, records: list[dict[str, Any]]) -> None:
        """Go on behind these records from now on."""
        self._places.keep(self._place(shard), records[-1]["dynamodb"]["SequenceNumber"])

    def _place(self, shard: str) -> str:
        return f"{self._consumer}|{self._arn}|{shard}"

    def _shards(self) -> list[str]:
        if not self._arn:
            streams = self._client.list_streams(TableName=self._table)["Streams"]
            if not streams:
                return []
            self._arn = streams[-1]["StreamArn"]
        description = self._client.describe_stream(StreamArn=self._arn)["StreamDescription"]
        return [shard["ShardId"] for shard in description["Shards"]]

    def _records(self, shard: str, most: int) -> list[dict[str, Any]]:
        iterator = self._iterator(shard, self._places.found(self._place(shard)))
        found = self._client.get_records(ShardIterator=iterator, Limit=most)["Records"]
        return [_as_lambda_gives_it(record, self._arn, self._time) for record in found]

    def _iterator(self, shard: str, place: str | None) -> str:
        start: Any = {"ShardIteratorType": "TRIM_HORIZON"}
        if place is not None:
            start = {"ShardIteratorType": "AFTER_SEQUENCE_NUMBER", "SequenceNumber": place}
        try:
            return str(self._client.get_shard_iterator(StreamArn=self._arn, ShardId=shard, **start)["ShardIterator"])
        except ClientError as error:
            if place is None or error.response["Error"]["Code"] not in _LOST_PLACE:
                raise
            return self._iterator(shard, None)


class Places:
    """Where each shard was read up to, in a file that is replaced as a whole."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self._kept: dict[str, str] = json.loads(path.read_text()) if path.exists() else {}

    def found(self, name: str) -> str | None:
        """The place of a shard."""
        return self._kept.get(name)

    def keep(self, name: str, place: str) -> None:
        """Remember a place."""
        with self._lock:
            self._kept[name] = place
            written = self._path.with_suffix(".new")
            written.write_text(json.dumps(self._kept))
            written.replace(self._path)


def taken(records: list[dict[str, Any]], answer: Mapping[str, Any]) -> list[dict[str, Any]]:
    """The records before the first one that a handler's answer reports as failed."""
    failed = {failure["itemIdentifier"] for failure in answer.get("batchItemFailures", ())}
    places = [record["dynamodb"]["SequenceNumber"] for record in records]
    first = next((number for number, place in enumerate(places) if place in failed), len(records))
    return records[:first]


def stream_event(records: list[dict[str, Any]]) -> dict[str, Any]:
    """What Lambda gives to a handler for records of a stream."""
    return {"Records": records}


def _as_lambda_gives_it(record: Mapping[str, Any], arn: str, time: Time) -> dict[str, Any]:
    change = dict(record["dynamodb"])
    change["ApproximateCreationDateTime"] = time(change["ApproximateCreationDateTime"]).timestamp()
    return {
        "eventID": record["eventID"],
        "eventName": record["eventName"],
        "eventVersion": record.get("eventVersion", "1.1"),
        "eventSource": "aws:dynamodb",
        "awsRegion": record["awsRegion"],
        "dynamodb": change,
        "eventSourceARN": arn,
    }
