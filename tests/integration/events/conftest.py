"""Fixtures of tests that deliver events to a receiver in another process."""

from collections.abc import Iterator

import pytest

from chalicelib.container import Container
from chalicelib.shared.clock import FixedClock
from tests.integration.events.webhooks import Webhooks
from tests.queues import RecordingQueue
from tests.webhook_receiver import WebhookReceiver, webhook_receiver


@pytest.fixture(scope="session")
def receiver() -> Iterator[WebhookReceiver]:
    """A receiver in another process; each test uses names of its own."""
    with webhook_receiver() as running:
        yield running


@pytest.fixture
def webhooks(
    container: Container, delivery_queue: RecordingQueue, clock: FixedClock, receiver: WebhookReceiver
) -> Webhooks:
    return Webhooks(container, delivery_queue, clock, receiver)
