"""The SQS queue of background jobs."""

from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from chalicelib.jobs.queue import BackgroundJob, SqsJobQueue
from chalicelib.jobs.worker import JobDispatcher
from chalicelib.shared.errors import Unavailable

URL = "https://sqs.us-east-1.amazonaws.com/000000000000/deliveries"
JOB = BackgroundJob("deliver", "USER#ENDPOINT", "EVENT")
ENTRY = {"Id": "0", "MessageBody": JOB.text()}


@pytest.fixture
def queue() -> SqsJobQueue:
    queue = SqsJobQueue(URL, "us-east-1")
    queue.__dict__["_client"] = boto3.client("sqs", region_name="us-east-1")
    return queue


@pytest.fixture
def stubber(queue: SqsJobQueue) -> Any:
    with Stubber(queue._client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.mark.parametrize(
    ("seconds", "entry"),
    [(0, ENTRY), (5, {**ENTRY, "DelaySeconds": 5}), (7200, {**ENTRY, "DelaySeconds": 900})],
)
def test_delay_is_at_most_fifteen_minutes(
    queue: SqsJobQueue, stubber: Stubber, seconds: int, entry: dict[str, Any]
) -> None:
    answer = {"Successful": [{"Id": "0", "MessageId": "1", "MD5OfMessageBody": ""}], "Failed": []}
    stubber.add_response("send_message_batch", answer, {"QueueUrl": URL, "Entries": [entry]})

    queue.send([JOB], delay_seconds=seconds)


def test_rejected_message_is_an_error(queue: SqsJobQueue, stubber: Stubber) -> None:
    failed = [{"Id": "0", "SenderFault": False, "Code": "InternalError"}]
    stubber.add_response("send_message_batch", {"Successful": [], "Failed": failed})

    with pytest.raises(Unavailable):
        queue.send([JOB])


def test_unknown_kind_of_job_is_delivered_again() -> None:
    record = {"messageId": "1", "body": JOB.text(), "eventSource": "aws:sqs"}

    response = JobDispatcher({}).process([record])

    assert response == {"batchItemFailures": [{"itemIdentifier": "1"}]}
