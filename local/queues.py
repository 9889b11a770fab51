"""A work queue in this process that behaves like SQS: at least once, with a dead-letter list."""

from __future__ import annotations

import threading
import time
import uuid
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.jobs.queue import BackgroundJob

MOST_RECEIVES: Final = 5
_VISIBLE_AFTER_SECONDS: Final = 2.0
_QUEUE_ARN: Final = "arn:aws:sqs:us-east-1:000000000000:work"


@dataclass(slots=True)
class Message:
    """A message and how often it was handed out."""

    body: str
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    receives: int = 0
    visible_at: float = 0.0


class LocalQueue:
    """Keeps messages in memory. What a killed process forgets, the outbox's sweep sends again."""

    def __init__(self) -> None:
        self._messages: deque[Message] = deque()
        self._lock = threading.Lock()
        self.dead: list[Message] = []

    def send(self, work: Sequence[BackgroundJob]) -> None:
        """Take work."""
        with self._lock:
            self._messages.extend(Message(each.text()) for each in work)

    def receive(self, most: int) -> list[Message]:
        """Hand out visible messages; they stay until they are deleted."""
        now = time.monotonic()
        with self._lock:
            visible = [message for message in self._messages if message.visible_at <= now][:most]
            for message in visible:
                message.receives += 1
                message.visible_at = now + _VISIBLE_AFTER_SECONDS * message.receives
        return visible

    def settle(self, received: Sequence[Message], failed_ids: frozenset[str]) -> None:
        """Delete what was done; what failed too often goes to the dead letters."""
        with self._lock:
            for message in received:
                if message.id not in failed_ids:
                    self._messages.remove(message)
                elif message.receives >= MOST_RECEIVES:
                    self._messages.remove(message)
                    self.dead.append(message)


def sqs_event(messages: Sequence[Message]) -> dict[str, Any]:
    """What Lambda gives to a handler for messages of a queue."""
    sent = str(int(time.time() * 1000))
    return {
        "Records": [
            {
                "messageId": message.id,
                "receiptHandle": message.id,
                "body": message.body,
                "attributes": {
                    "ApproximateReceiveCount": str(message.receives),
                    "SentTimestamp": sent,
                    "SenderId": "local",
                    "ApproximateFirstReceiveTimestamp": sent,
                },
                "messageAttributes": {},
                "md5OfBody": "",
                "eventSource": "aws:sqs",
                "eventSourceARN": _QUEUE_ARN,
                "awsRegion": "us-east-1",
            }
            for message in messages
        ]
    }
