"""Background jobs, and the queue that delivers them to the worker."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Protocol

from chalicelib.shared.errors import Unavailable

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_BATCH: Final = 10


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
    """Delivers jobs to the worker, at least once and in any order."""

    def send(self, work: Sequence[BackgroundJob]) -> None:
        """Send jobs. They are stored when this returns."""


class SqsJobQueue:
    def __init__(self, url: str, region: str) -> None:
        self._url = url
        self._region = region

    def send(self, work: Sequence[BackgroundJob]) -> None:
        """Send jobs in batches of ten.

        Raises:
            Unavailable: SQS did not accept a message.
        """
        for start in range(0, len(work), _BATCH):
            entries: Any = [
                {"Id": str(number), "MessageBody": each.text()}
                for number, each in enumerate(work[start : start + _BATCH])
            ]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise Unavailable("The queue did not accept every job. Try again in a moment.")

    @cached_property
    def _client(self) -> SQSClient:
        import boto3

        return boto3.client("sqs", region_name=self._region)
