"""Job queues in this process that behave like SQS: at least once, with delays and a dead-letter list."""

import threading
import time
import uuid
from collections import deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.schedule import QUEUES

MAX_RECEIVES: Final = 5
_VISIBILITY_SECONDS: Final = 2.0
_VISIBILITY_OF_QUEUES: Final[Mapping[str, float]] = {"deliveries": 60.0, "emails": 60.0}
"""For how long messages are hidden whose jobs call another network."""
_QUEUE_ARN: Final = "arn:aws:sqs:us-east-1:000000000000:{}"


@dataclass(slots=True)
class Message:
    """A message, the number of times it was received, and the moment from which it can be received again.

    ``not_before`` is the end of its delay; ``is_received`` until its receiver settles it.
    """

    body: str
    not_before: float = 0.0
    id: str = field(default_factory=lambda: str(uuid.uuid4()))
    receives: int = 0
    visible_at: float = 0.0
    is_received: bool = False


class LocalQueue:
    """Keep messages in memory. Sweeps send again what a killed process has lost.

    Args:
        name: the queue's name, without the deployment's prefix.
    """

    def __init__(self, name: str = "work") -> None:
        self.name = name
        self._visibility_seconds = _VISIBILITY_OF_QUEUES.get(name, _VISIBILITY_SECONDS)
        self._messages: deque[Message] = deque()
        self._changed = threading.Condition()
        self._is_closed = False
        self.dead: list[Message] = []

    def send(self, jobs: Sequence[BackgroundJob], delay_seconds: int = 0) -> None:
        due = time.monotonic() + delay_seconds if delay_seconds else 0.0
        with self._changed:
            self._messages.extend(Message(each.text(), due, visible_at=due) for each in jobs)
            self._changed.notify_all()

    def receive(self, limit: int, *, wait: bool = False) -> list[Message]:
        """Return up to ``limit`` visible messages; they stay until they are settled.

        Args:
            limit: the largest number of messages.
            wait: wait until there is a visible message or the queue is closed.
        """
        with self._changed:
            while not (visible := self._visible(limit)) and wait and not self._is_closed:
                self._changed.wait(self._seconds_to_next())
            for message in visible:
                message.receives += 1
                message.is_received = True
                message.visible_at = time.monotonic() + self._visibility_seconds * message.receives
        return visible

    def settle(self, received: Sequence[Message], failed_ids: frozenset[str]) -> None:
        """Delete messages that were processed; one that failed too often becomes a dead letter."""
        with self._changed:
            for message in received:
                message.is_received = False
                if message not in self._messages:  # another receiver, which got it again, was faster
                    continue
                if message.id not in failed_ids:
                    self._messages.remove(message)
                elif message.receives >= MAX_RECEIVES:
                    self._messages.remove(message)
                    self.dead.append(message)
                else:
                    message.visible_at = time.monotonic() + _VISIBILITY_SECONDS * message.receives
            self._changed.notify_all()

    def receive_all(self, limit: int) -> list[Message]:
        """Return up to ``limit`` messages, failed ones without waiting; none as soon as the queue is empty.

        Waits for messages that other receivers are processing. Messages whose delay has not ended stay in the queue.
        """
        with self._changed:
            while (due := self._due()) and all(message.is_received for message in due):
                self._changed.wait(_VISIBILITY_SECONDS)
                for message in due:
                    message.is_received &= message.visible_at > time.monotonic()
            for message in due:
                if not message.is_received:
                    message.visible_at = 0.0
        return self.receive(limit)

    def close(self) -> None:
        """Let waiting receivers return without messages."""
        with self._changed:
            self._is_closed = True
            self._changed.notify_all()

    def _due(self) -> list[Message]:
        now = time.monotonic()
        return [message for message in self._messages if message.not_before <= now]

    def _visible(self, limit: int) -> list[Message]:
        now = time.monotonic()
        return [message for message in self._messages if message.visible_at <= now][:limit]

    def _seconds_to_next(self) -> float | None:
        """Seconds until a message becomes visible again; None without messages."""
        moments = [message.visible_at for message in self._messages]
        return max(0.0, min(moments) - time.monotonic()) if moments else None


def open_queues() -> dict[str, LocalQueue]:
    """Return an empty queue for each one that a function reads, by name."""
    return {each.source: LocalQueue(each.source) for each in QUEUES}


def sqs_event(messages: Sequence[Message], queue: str = "work") -> dict[str, Any]:
    """Build the event that Lambda gives to a handler for messages of a queue."""
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
                "eventSourceARN": _QUEUE_ARN.format(queue),
                "awsRegion": "us-east-1",
            }
            for message in messages
        ]
    }
