"""EventBridge gets every event at least once; a bus that is down holds up nothing else."""

import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError
from botocore.stub import ANY, Stubber

from chalicelib.container import Container
from chalicelib.events.domain.event import Event
from chalicelib.events.event_bus import EventBridgeBus
from chalicelib.events.service.bus_publisher import BusPublisher
from chalicelib.events.service.wakeups import PUT_ON_BUS
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.schedule import STREAMS
from chalicelib.jobs.streams import DerivedStream
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import Settings
from tests.engines import Storage
from tests.example_events import example_event
from tests.integration.events.stored_events import recorded
from tests.queues import RecordingQueue

EVENTS = [example_event(number) for number in range(12)]
RECORDS = [{"dynamodb": {"SequenceNumber": str(number)}} for number in range(12)]
TABLES = [each.source for each in STREAMS if each.name.endswith("_derived")]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    return replace(settings, event_bus="p2p-events")


@pytest.fixture
def bus(container: Container) -> Iterator[Stubber]:
    """The bus, whose responses the test adds; it waits for no pause."""
    with Stubber(container.event_bus._client) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


@pytest.fixture
def publisher(container: Container) -> BusPublisher:
    """Puts one event for each record."""

    def derive(record: Any) -> list[Event]:
        return [EVENTS[int(record["dynamodb"]["SequenceNumber"])]]

    return BusPublisher(dict.fromkeys(TABLES, derive), container.event_bus, container.event_repository)


def accept(bus: Stubber, *results: str, entries: Any = ANY) -> None:
    """Expect a call; each result is "" for an accepted entry, or the code of an error."""
    found = [{"ErrorCode": code} if code else {"EventId": "1"} for code in results]
    response = {"FailedEntryCount": sum(map(bool, results)), "Entries": found}
    bus.add_response("put_events", response, {"Entries": entries})


def test_events_are_put_in_batches_of_ten(bus: Stubber, publisher: BusPublisher) -> None:
    accept(bus, *[""] * 10)
    accept(bus, *[""] * 2, entries=[entry(event) for event in EVENTS[10:]])

    assert publisher.process("loans", RECORDS) is None


def entry(event: Event) -> dict[str, Any]:
    return {
        "EventBusName": "p2p-events",
        "Source": "p2p-lending",
        "DetailType": event.type,
        "Time": event.created_at,
        "Detail": json.dumps(event.document()),
    }


def test_failed_entries_alone_are_tried_again(bus: Stubber, container: Container) -> None:
    accept(bus, "", "ThrottlingException", "")
    accept(bus, "", entries=[entry(EVENTS[1])])

    assert container.event_bus.put(EVENTS[:3]) == []


@pytest.mark.parametrize("table", TABLES)
def test_event_that_the_bus_does_not_accept_is_put_later(
    bus: Stubber,
    container: Container,
    publisher: BusPublisher,
    tables: Storage,
    clock: FixedClock,
    delivery_queue: RecordingQueue,
    table: str,
) -> None:
    for _ in range(3):
        accept(bus, "InternalFailure")
    assert publisher.process(table, RECORDS[:1]) is None
    assert recorded(tables, "BUS") == [f"BUS#{EVENTS[0].id}/BUS"]

    clock.advance(seconds=31)
    assert container.event_sweep.run()["for_bus"] == 1
    accept(bus, "", entries=[entry(EVENTS[0])])
    assert delivery_queue.sent == [BackgroundJob(PUT_ON_BUS, EVENTS[0].id)]
    for done in (1, 0):
        assert container.delivery_worker.do(delivery_queue.sent[0]) == done

    assert recorded(tables, "BUS") == []


def test_bus_that_does_not_respond_gets_one_batch(container: Container, monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []

    def put_events(**call: Any) -> None:
        sizes.append(len(call["Entries"]))
        raise ReadTimeoutError(endpoint_url="https://events.example.com")

    monkeypatch.setattr(container.event_bus._client, "put_events", put_events)

    assert container.event_bus.put(EVENTS) == EVENTS
    assert sizes == [10, 10, 10]


def test_bus_that_does_not_respond_leaves_its_function_time(container: Container) -> None:
    config: Any = container.event_bus._client.meta.config

    assert config.retries["total_max_attempts"] == 1
    assert 3 * (config.connect_timeout + config.read_timeout) <= 15


def test_job_fails_while_the_bus_is_down(bus: Stubber, container: Container, tables: Storage) -> None:
    container.event_repository.add_for_bus(EVENTS[0])
    for _ in range(3):
        bus.add_client_error("put_events", "InternalException")

    with pytest.raises(Unavailable):
        container.delivery_worker.do(BackgroundJob(PUT_ON_BUS, EVENTS[0].id))

    assert recorded(tables, "BUS") == [f"BUS#{EVENTS[0].id}/BUS"]


def test_records_before_an_unreadable_one_are_processed(bus: Stubber, publisher: BusPublisher) -> None:
    accept(bus, "")
    broken = {"dynamodb": {"SequenceNumber": "99"}}

    assert publisher.process("loans", [RECORDS[0], broken, RECORDS[1]]) == "99"


def test_bus_is_a_subscriber_only_if_it_is_set(container: Container, settings: Settings, clock: FixedClock) -> None:
    without = Container(replace(settings, event_bus=""), clock=clock)

    assert len(container.event_subscribers("loans")) == len(without.event_subscribers("loans")) + 1
    assert isinstance(container.transfers_derived, DerivedStream)
    assert isinstance(container.event_bus, EventBridgeBus)
    without.database.client.close()
