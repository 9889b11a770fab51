"""Background jobs, and the queue that delivers them to the worker."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cache, cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from chalicelib.shared.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH: Final = 10
LONGEST_DELAY_SECONDS: Final = 900


@dataclass(frozen=True, slots=True)
class BackgroundJob:
    """A job: its kind, the id of its subject, and a key that makes it unique."""

    kind: str
    subject: str
    key: str = ""

    def text(self) -> str:
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> BackgroundJob:
        """Read the text of a message.

        Raises:
            ValueError: the text does not describe a job.
        """
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError(f"not a job: {text[:200]!r}") from error


class JobQueue(Protocol):
    """Delivers jobs to a worker, at least once and in any order."""

    def send(self, jobs: Sequence[BackgroundJob], delay_seconds: int = 0) -> None:
        """Send jobs, which are delivered after a delay of 0 to 900 seconds. They are stored when this returns."""


class SqsJobQueue:
    def __init__(self, url: str, region: str) -> None:
        self._url = url
        self._region = region

    def send(self, jobs: Sequence[BackgroundJob], delay_seconds: int = 0) -> None:
        """Send jobs in batches of ten, which are delivered after a delay of 0 to 900 seconds.

        Raises:
            Unavailable: SQS did not accept a message.
        """
        delay = {"DelaySeconds": min(delay_seconds, LONGEST_DELAY_SECONDS)} if delay_seconds else {}
        for start in range(0, len(jobs), _BATCH):
            entries: Any = [
                {"Id": str(number), "MessageBody": each.text(), **delay}
                for number, each in enumerate(jobs[start : start + _BATCH])
            ]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise Unavailable("The queue did not accept every job. Try again in a moment.")

    @cached_property
    def _client(self) -> SQSClient:
        return _sqs_client(self._region)


@cache
def _sqs_client(region: str) -> SQSClient:
    """Return the client that all queues share."""
    import boto3

    return boto3.client("sqs", region_name=region)
