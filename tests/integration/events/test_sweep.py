"""The sweep wakes workers up for what is overdue, and for nothing else."""

import pytest

from chalicelib.container import Container
from chalicelib.events.models import PendingItem
from chalicelib.events.service.wakeups import DELIVER, FAN_OUT, SEND_EMAIL
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.shared.clock import FixedClock, rfc3339
from tests.conftest import START
from tests.example_events import example_event
from tests.factories import ServiceFactory
from tests.integration.events.stored_events import add_endpoint
from tests.queues import RecordingQueue

NOTHING = {"endpoints": 0, "emails": 0, "fan_outs": 0, "for_bus": 0}


@pytest.fixture
def clock() -> FixedClock:
    """The clock of other tests: example events happen at its beginning."""
    return FixedClock(START)


def test_sweep_sends_one_job_for_each_endpoint(
    container: Container, service_factory: ServiceFactory, clock: FixedClock, delivery_queue: RecordingQueue
) -> None:
    users = [service_factory.lender().user_id for _ in range(12)]
    endpoints = {user_id: add_endpoint(container, user_id) for user_id in users}
    container.publisher.publish([example_event(number, recipients=tuple(users)) for number in range(3)])
    delivery_queue.sent.clear()

    assert container.event_sweep.run() == NOTHING
    clock.advance(seconds=31)
    assert container.event_sweep.run() == {"endpoints": 12, "emails": 0, "fan_outs": 0, "for_bus": 0}

    assert set(delivery_queue.sent) == {BackgroundJob(DELIVER, f"{each}#{endpoints[each]}") for each in users}


def test_sweep_finds_emails_and_events_for_many_lenders(
    container: Container, clock: FixedClock, queue: RecordingQueue, email_queue: RecordingQueue
) -> None:
    event = example_event(lenders_of="loan")
    container.publisher.publish([event])
    key, later = f"{event.id}#user", f"{event.id}#other"
    for each, seconds in ((key, 0), (later, 3600)):
        clock.advance(seconds=seconds)
        pending = PendingItem(f"MAIL#{each}", "MAIL", pending_shard="MAIL", next_attempt=f"{each}#{rfc3339(clock())}")
        container.database.put(pending)
    queue.sent.clear()

    assert container.event_sweep.run() == {"endpoints": 0, "emails": 1, "fan_outs": 1, "for_bus": 0}

    assert queue.sent == [BackgroundJob(FAN_OUT, event.id)]
    assert email_queue.sent == [BackgroundJob(SEND_EMAIL, key)]
