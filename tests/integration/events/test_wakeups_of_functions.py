"""Every function that publishes events may wake up the worker that delivers them.

`infra/calls.json` follows from the calls of these tests, and the policies of the functions from that file.
"""

import pytest

from chalicelib.container import Container
from chalicelib.events.service.derivation.tables import DERIVATIONS
from chalicelib.events.service.subscriber import EventSubscriber
from chalicelib.events.service.wakeups import DELIVER, FAN_OUT
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from tests.conftest import START
from tests.example_events import example_event
from tests.factories import ServiceFactory
from tests.integration.events.stored_events import add_endpoint
from tests.queues import RecordingQueue

RECORD = {"dynamodb": {"SequenceNumber": "1"}}


@pytest.fixture
def clock() -> FixedClock:
    """The clock of other tests: example events happen at its beginning."""
    return FixedClock(START)


@pytest.fixture
def lender(service_factory: ServiceFactory) -> Actor:
    return service_factory.lender("1000.00")


@pytest.mark.parametrize("table", sorted(DERIVATIONS))
def test_function_of_a_stream_wakes_up_the_delivery_worker(
    table: str, container: Container, lender: Actor, delivery_queue: RecordingQueue
) -> None:
    endpoint = add_endpoint(container, lender.user_id)
    event = example_event(recipients=(lender.user_id,))

    assert EventSubscriber({table: lambda _: [event]}, container.publisher).process(table, [RECORD]) is None

    assert delivery_queue.sent == [BackgroundJob(DELIVER, f"{lender.user_id}#{endpoint}", event.id)]


def test_fan_out_wakes_up_the_delivery_worker(
    container: Container, service_factory: ServiceFactory, lender: Actor, delivery_queue: RecordingQueue
) -> None:
    loan_id = service_factory.funded_loan(service_factory.borrower(), {lender: "100.00"})
    endpoint = add_endpoint(container, lender.user_id)
    event = example_event(lenders_of=loan_id)
    container.publisher.publish([event])

    assert container.worker.do(BackgroundJob(FAN_OUT, event.id)) == 1

    assert delivery_queue.sent == [BackgroundJob(DELIVER, f"{lender.user_id}#{endpoint}", event.id)]
