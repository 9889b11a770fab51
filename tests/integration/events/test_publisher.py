"""Publishing: each recipient gets an event once, with its deliveries and its notification, whatever is repeated."""

import random
from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.container import Container
from chalicelib.dynamodb.database import Database
from chalicelib.events.domain.event import Event
from chalicelib.events.service.subscriber import EventSubscriber
from chalicelib.events.service.wakeups import DELIVER, FAN_OUT
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import FixedClock
from tests.conftest import START
from tests.engines import Storage
from tests.example_events import example_event
from tests.factories import ServiceFactory
from tests.integration.events.stored_events import add_endpoint, keys, recorded
from tests.killed_process import Killed, killed_at_write
from tests.queues import RecordingQueue

NOTIFIED = "webhook_endpoint.disabled"
OTHER = "webhook_endpoint.test"


@pytest.fixture
def clock() -> FixedClock:
    """The clock of other tests: example events happen at its beginning."""
    return FixedClock(START)


@pytest.fixture
def user(service_factory: ServiceFactory) -> Actor:
    return service_factory.lender()


@pytest.fixture
def lenders(service_factory: ServiceFactory) -> list[Actor]:
    return [service_factory.lender("1000.00") for _ in range(5)]


@pytest.fixture
def loan_id(service_factory: ServiceFactory, lenders: list[Actor]) -> str:
    """A running loan of five lenders."""
    return service_factory.funded_loan(service_factory.borrower(), dict.fromkeys(lenders, "100.00"))


def unread(storage: Storage, user_id: str) -> int:
    """The number of unread notifications that the table has for a user."""
    return len([1 for item in storage.items("events") if item.get("list_key", {}).get("S") == f"UNREAD#{user_id}"])


def test_event_is_recorded_with_deliveries_and_notification(
    container: Container, tables: Storage, user: Actor, delivery_queue: RecordingQueue
) -> None:
    endpoints = [add_endpoint(container, user.user_id) for _ in range(2)]
    event = example_event(type_name=NOTIFIED, recipients=(user.user_id,))

    assert container.publisher.publish([event]) == 1

    assert recorded(tables, "EVENT#") == [f"USER#{user.user_id}/EVENT#{event.id}"]
    assert recorded(tables, "DELIVERY#") == sorted(f"ENDPOINT#{each}/DELIVERY#{event.id}" for each in endpoints)
    assert recorded(tables, "NOTIFICATION#") == [f"USER#{user.user_id}/NOTIFICATION#{event.id}"]
    assert set(delivery_queue.sent) == {
        BackgroundJob(DELIVER, f"{user.user_id}#{each}", event.id) for each in endpoints
    }


def test_only_subscribed_earlier_endpoints_receive_an_event(container: Container, tables: Storage, user: Actor) -> None:
    event = example_event(type_name=NOTIFIED, recipients=(user.user_id,))
    subscribed = add_endpoint(container, user.user_id, types=f'["{NOTIFIED}"]')
    add_endpoint(container, user.user_id, types=f'["{OTHER}"]')
    add_endpoint(container, user.user_id, enabled=False)
    add_endpoint(container, user.user_id, at=event.created_at + timedelta(seconds=1))

    container.publisher.publish([event])

    assert recorded(tables, "DELIVERY#") == [f"ENDPOINT#{subscribed}/DELIVERY#{event.id}"]


def test_duplicates_in_any_order_are_dropped(container: Container, tables: Storage, user: Actor) -> None:
    add_endpoint(container, user.user_id)
    events = [example_event(number, type_name=NOTIFIED, recipients=(user.user_id,)) for number in range(10)]
    shuffled = events * 3
    random.Random(7).shuffle(shuffled)

    assert sum(container.publisher.publish([event]) for event in shuffled) == 10

    for kind in ("EVENT#", "DELIVERY#", "NOTIFICATION#"):
        assert [key.rpartition("#")[2] for key in recorded(tables, kind)] == sorted(event.id for event in events)
    assert unread(tables, user.user_id) == 10


@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
@pytest.mark.parametrize("number", [1, 2, 3, 4])
def test_killed_publisher_continues_when_the_record_comes_again(
    container: Container,
    tables: Storage,
    service_factory: ServiceFactory,
    clock: FixedClock,
    delivery_queue: RecordingQueue,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    after: bool,
) -> None:
    users = [service_factory.lender().user_id for _ in range(2)]
    endpoints = {user_id: add_endpoint(container, user_id) for user_id in users}
    events = [example_event(each, type_name=NOTIFIED, recipients=tuple(users)) for each in range(2)]

    killed_at_write(monkeypatch, lambda: container.publisher.publish(events), number, after=after)
    container.publisher.publish(events)

    expected = Counter(
        key
        for event in events
        for user_id in users
        for key in (
            (f"USER#{user_id}", f"EVENT#{event.id}"),
            (f"ENDPOINT#{endpoints[user_id]}", f"DELIVERY#{event.id}"),
            (f"USER#{user_id}", f"NOTIFICATION#{event.id}"),
        )
    )
    kinds = ("EVENT#", "DELIVERY#", "NOTIFICATION#")
    assert Counter(key for key in keys(tables).elements() if key[1].startswith(kinds)) == expected
    assert [unread(tables, user_id) for user_id in users] == [2, 2]
    clock.advance(seconds=31)
    container.event_sweep.run()
    assert {job.subject for job in delivery_queue.sent} == {f"{user_id}#{endpoints[user_id]}" for user_id in users}


def test_all_lenders_of_a_loan_get_an_event_once(
    container: Container, tables: Storage, lenders: list[Actor], loan_id: str, queue: RecordingQueue
) -> None:
    event = example_event(type_name=NOTIFIED, lenders_of=loan_id)
    for _ in range(2):
        container.publisher.publish([event])
    [job] = [job for job in queue.sent if job.kind == FAN_OUT]

    assert [container.worker.do(job), container.worker.do(job)] == [5, 0]

    assert recorded(tables, "EVENT#") == sorted(f"USER#{lender.user_id}/EVENT#{event.id}" for lender in lenders)
    assert recorded(tables, "FANOUT") == []
    assert container.publisher.publish([event]) == 0


@pytest.mark.parametrize("number", [1, 3, 6, 7])
@pytest.mark.parametrize("after", [False, True], ids=["before the write", "after the write"])
def test_killed_fan_out_continues_after_the_sweep(
    container: Container,
    tables: Storage,
    lenders: list[Actor],
    loan_id: str,
    queue: RecordingQueue,
    clock: FixedClock,
    monkeypatch: pytest.MonkeyPatch,
    number: int,
    after: bool,
) -> None:
    """Write 1 stores the event, 2 to 6 publish it to five lenders, 7 ends the list."""
    event = example_event(type_name=NOTIFIED, lenders_of=loan_id)

    def publish_and_work() -> None:
        container.publisher.publish([event])
        container.worker.do(BackgroundJob(FAN_OUT, event.id))

    with monkeypatch.context() as patch:
        _kill_at_any_write(patch, number, after=after)
        with pytest.raises(Killed):
            publish_and_work()
    queue.sent.clear()
    clock.advance(seconds=31)
    container.event_sweep.run()
    if number == 1 and not after:
        container.publisher.publish([event])  # the stream delivers the record again
    for job in queue.sent:
        container.worker.do(job)

    assert recorded(tables, "EVENT#") == sorted(f"USER#{lender.user_id}/EVENT#{event.id}" for lender in lenders)
    assert recorded(tables, "FANOUT") == []
    assert [unread(tables, lender.user_id) for lender in lenders] == [1] * 5


def test_long_list_of_lenders_is_read_in_pages(container: Container, lenders: list[Actor], loan_id: str) -> None:
    expected = sorted(lender.user_id for lender in lenders)

    first, reached = container.loan_queries.lenders_of(loan_id, limit=2, after=None)
    second, further = container.loan_queries.lenders_of(loan_id, limit=3, after=reached)

    assert [*first, *second] == expected
    assert further is None or container.loan_queries.lenders_of(loan_id, limit=3, after=further) == ([], None)


def test_lenders_are_those_accepted_or_all_while_the_loan_is_open(
    container: Container, service_factory: ServiceFactory, lenders: list[Actor]
) -> None:
    borrower = service_factory.borrower()
    loan_id = service_factory.open_loan(borrower)
    service_factory.make_offer(lenders[0], loan_id, "100.00")
    service_factory.accept_offer(borrower, lenders[1], loan_id, "100.00")
    while_open, _ = container.loan_queries.lenders_of(loan_id, limit=10, after=None)
    service_factory.accept_offer(borrower, lenders[2], loan_id, "900.00")

    subscribed, _ = container.loan_queries.lenders_of(loan_id, limit=10, after=None)

    assert set(while_open) == {lenders[0].user_id, lenders[1].user_id}
    assert set(subscribed) == {lenders[1].user_id, lenders[2].user_id}
    assert container.loan_queries.lenders_of("unknown", limit=10, after=None) == ([], None)


def test_records_of_failing_derivation_come_again(container: Container, tables: Storage, user: Actor) -> None:
    def derive(record: Any) -> list[Event]:
        number = int(record["dynamodb"]["SequenceNumber"])
        if number == broken:
            raise ValueError("unreadable")
        return [example_event(number, recipients=(user.user_id,))]

    broken = 2
    records = [{"dynamodb": {"SequenceNumber": str(number)}} for number in range(4)]
    subscriber = EventSubscriber({"loans": derive}, container.publisher)

    assert subscriber.process("loans", records) == "2"
    assert len(recorded(tables, "EVENT#")) == 2

    broken = -1
    assert subscriber.process("loans", records[2:]) is None
    assert len(recorded(tables, "EVENT#")) == 4


def _kill_at_any_write(monkeypatch: pytest.MonkeyPatch, number: int, *, after: bool) -> None:
    """End the process at its n-th call that writes to DynamoDB, single items included."""
    call: Callable[..., Any] = Database.call
    seen = {"writes": 0}

    def call_and_end(self: Database, operation: str, arguments: dict[str, Any]) -> Any:
        is_write = operation in ("PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems")
        seen["writes"] += is_write
        if not is_write or seen["writes"] != number:
            return call(self, operation, arguments)
        if after:
            call(self, operation, arguments)
        raise Killed

    monkeypatch.setattr(Database, "call", call_and_end)
