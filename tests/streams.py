"""Stream records and background jobs, processed when a test asks for it."""

import os
from collections.abc import Iterator, Sequence
from operator import attrgetter
from typing import Any, Final

import boto3
import pytest
from botocore.config import Config

from chalicelib.container import Container
from chalicelib.jobs.queue import JobQueue
from chalicelib.jobs.schedule import STREAMS, EventFunction
from chalicelib.jobs.worker import JobDispatcher
from tests.engines import REGION, Storage
from tests.queues import RecordingQueue

_CRITICAL: Final = tuple(function for function in STREAMS if function.name.endswith("_stream"))


class Background:
    """Passes stream records to their handlers and queued jobs to the workers.

    Args:
        functions: the readers of streams: those of the cache and the jobs, or all with the projections.
    """

    def __init__(
        self,
        container: Container,
        storage: Storage,
        queue: RecordingQueue,
        functions: Sequence[EventFunction] = _CRITICAL,
    ) -> None:
        endpoint = os.environ.get("AWS_ENDPOINT_URL_DYNAMODB_STREAMS")
        # Some emulators have shorter shard ids than DynamoDB, which botocore would reject.
        self._streams: Any = boto3.client(
            "dynamodbstreams",
            endpoint_url=endpoint,
            region_name=REGION,
            config=Config(parameter_validation=False),
        )
        self._container = container
        self._queue = queue
        self._functions = functions
        self._positions: dict[str, list[str]] = {}
        for table in dict.fromkeys(function.source for function in functions):
            described = storage.client.describe_table(TableName=storage.prefix + table)["Table"]
            self._positions[table] = list(self._latest(described["LatestStreamArn"]))

    def follow(self) -> None:
        """Process every new stream record."""
        for table, positions in self._positions.items():
            records = [record for shard in range(len(positions)) for record in self._read(table, shard)]
            for function in self._functions:
                if records and function.source == table:
                    response = attrgetter(function.handler)(self._container)(records)
                    assert not isinstance(response, dict) or not response["batchItemFailures"], response

    def settle(self) -> int:
        """Process records and jobs until none is left but delayed ones; return the number of jobs."""
        workers = (
            (self._queue, self._container.worker),
            (self._container.delivery_queue, self._container.delivery_worker),
            (self._container.email_queue, self._container.email_worker),
        )
        total = 0
        while True:
            self.follow()
            done = sum(_work(queue, worker) for queue, worker in workers)
            if not done:
                return total
            total += done

    def _latest(self, stream: str) -> Iterator[str]:
        shards = self._streams.describe_stream(StreamArn=stream)["StreamDescription"]["Shards"]
        for shard in shards:
            found = self._streams.get_shard_iterator(
                StreamArn=stream, ShardId=shard["ShardId"], ShardIteratorType="LATEST"
            )
            yield found["ShardIterator"]

    def _read(self, table: str, shard: int) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        while True:
            page = self._streams.get_records(ShardIterator=self._positions[table][shard])
            self._positions[table][shard] = page["NextShardIterator"]
            found += [self._lambda_record(table, record) for record in page["Records"]]
            if not page["Records"]:
                return found

    def _lambda_record(self, table: str, record: dict[str, Any]) -> dict[str, Any]:
        """A record as Lambda delivers it, with business time."""
        created = {"ApproximateCreationDateTime": self._container.clock().timestamp()}
        source = f"arn:aws:dynamodb:{REGION}:000000000000:table/{table}/stream/0"
        return {**record, "dynamodb": {**record["dynamodb"], **created}, "eventSourceARN": source}


def _work(queue: JobQueue, worker: JobDispatcher) -> int:
    """Do the jobs that are in a queue; return their number."""
    if not isinstance(queue, RecordingQueue):
        return 0
    jobs, queue.sent[:] = list(queue.sent), []
    for job in jobs:
        worker.do(job)
    return len(jobs)


@pytest.fixture
def background(container: Container, tables: Storage, streams: None, queue: RecordingQueue) -> Background:
    return Background(container, tables, queue)
