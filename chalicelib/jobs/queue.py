"""Work that follows a transaction: what it is, and the queue that carries it to a worker."""

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
    """A piece of work, named by its kind, the thing it concerns, and a key that tells it from others."""

    kind: str
    subject: str
    key: str = ""

    def text(self) -> str:
        """As it travels in a message."""
        return json.dumps(asdict(self), separators=(",", ":"))

    @classmethod
    def read(cls, text: str) -> BackgroundJob:
        """From a message.

        Raises:
            ValueError: the text is no work.
        """
        try:
            return cls(**json.loads(text))
        except TypeError as error:
            raise ValueError(f"not work: {text[:200]!r}") from error


class JobQueue(Protocol):
    """Carries work to a worker, at least once, in no order."""

    def send(self, work: Sequence[BackgroundJob]) -> None:
        """Hand work over. It is safe once this returns."""


class SqsJobQueue:
    """The queue in the cloud."""

    def __init__(self, url: str, region: str) -> None:
        self._url = url
        self._region = region

    def send(self, work: Sequence[BackgroundJob]) -> None:
        """Send in batches of ten. Raises Unavailable where SQS did not take a message."""
        for start in range(0, len(work), _BATCH):
            entries: Any = [
                {"Id": str(number), "MessageBody": each.text()}
                for number, each in enumerate(work[start : start + _BATCH])
            ]
            answer = self._client.send_message_batch(QueueUrl=self._url, Entries=entries)
            if answer.get("Failed"):
                raise Unavailable("The queue did not take all of the work. Try again in a moment.")

    @cached_property
    def _client(self) -> SQSClient:
        import boto3

        return boto3.client("sqs", region_name=self._region)
