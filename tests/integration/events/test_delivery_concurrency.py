"""Workers that run at the same time or die: each delivery is sent and recorded, and none is lost."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any, Final

import pytest

from chalicelib.dynamodb.database import Database
from chalicelib.events.domain.webhook import DeliveryStatus
from chalicelib.events.repository.endpoints import EndpointRepository, LeaseHeld
from chalicelib.events.service.delivery import LEASE
from chalicelib.events.service.webhook_client import Response, WebhookSession
from chalicelib.shared.clock import FixedClock, utc_now
from tests.factories import UserFactory
from tests.integration.events.webhooks import Hook, Webhooks
from tests.killed_process import Killed
from tests.webhook_receiver import Reply

EVENTS: Final = 6
_WRITES: Final = frozenset({"PutItem", "UpdateItem", "DeleteItem", "TransactWriteItems"})


@pytest.fixture
def clock() -> FixedClock:
    """The present time, because receivers reject old timestamps; only the test advances it."""
    return FixedClock(utc_now())


def kill_at_call(patch: pytest.MonkeyPatch, number: int, *, after: bool) -> None:
    """End the process at its n-th write to the database from now: before it is sent, or after it happened."""
    call, seen = Database.call, {"writes": 0}

    def call_and_end(self: Database, operation: str, arguments: dict[str, Any]) -> dict[str, Any]:
        if operation not in _WRITES:
            return call(self, operation, arguments)
        seen["writes"] += 1
        if seen["writes"] == number and not after:
            raise Killed
        response = call(self, operation, arguments)
        if seen["writes"] == number:
            raise Killed
        return response

    patch.setattr(Database, "call", call_and_end)


def is_killed(run: Callable[[], object]) -> bool:
    try:
        run()
    except Killed:
        return True
    return False


def assert_all_delivered(webhooks: Webhooks, hook: Hook, ids: set[str]) -> None:
    """Let the sweep find what a killed worker left, and require that every delivery is sent and recorded."""
    webhooks.pass_time(seconds=LEASE.total_seconds() + 1)
    webhooks.pass_time(seconds=5)
    deliveries = webhooks.deliveries(hook)
    assert {each["id"] for each in deliveries} == ids
    assert {each["status"] for each in deliveries} == {"SUCCEEDED"}
    assert all(each["attempts"] for each in deliveries)
    assert {message.id for message in webhooks.received(hook)} == ids
    assert webhooks.stored(hook).enabled


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_worker_that_dies_at_any_write_loses_nothing(
    webhooks: Webhooks, user_factory: UserFactory, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    number, killed = 0, True
    while killed:
        number += 1
        hook = webhooks.endpoint(user_factory.lender(), [Reply(500)])
        ids = {event.id for event in webhooks.publish(hook.user, EVENTS)}
        webhooks.queue.sent.clear()
        with monkeypatch.context() as patch:
            kill_at_call(patch, number, after=after)
            killed = is_killed(partial(webhooks.drain, hook))

        assert_all_delivered(webhooks, hook, ids)

    assert number > 5


def test_worker_that_dies_after_sending_sends_again(
    webhooks: Webhooks, user_factory: UserFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    hook = webhooks.endpoint(user_factory.lender())
    [event] = webhooks.publish(hook.user)
    post = WebhookSession.post

    def post_and_end(self: WebhookSession, url: str, body: bytes, headers: dict[str, str]) -> Response:
        post(self, url, body, headers)
        raise Killed

    with monkeypatch.context() as patch:
        patch.setattr(WebhookSession, "post", post_and_end)
        assert is_killed(lambda: webhooks.drain(hook))

    assert_all_delivered(webhooks, hook, {event.id})
    assert [message.id for message in webhooks.received(hook)] == [event.id, event.id]
    assert len(webhooks.delivery(hook, event).attempts) == 1


@pytest.mark.parametrize("after", [False, True], ids=["before", "after"])
def test_worker_that_dies_while_disabling_disables_later(
    webhooks: Webhooks, user_factory: UserFactory, monkeypatch: pytest.MonkeyPatch, after: bool
) -> None:
    number, killed = 0, True
    while killed:
        number += 1
        user = user_factory.lender()
        hook, other = webhooks.endpoint(user, [Reply(410)] * 3), webhooks.endpoint(user)
        webhooks.publish(user)
        webhooks.work_for(other)
        with monkeypatch.context() as patch:
            kill_at_call(patch, number, after=after)
            killed = is_killed(partial(webhooks.drain, hook))

        webhooks.pass_time(seconds=LEASE.total_seconds() + 1)
        webhooks.pass_time(seconds=5)
        types = [message.body["type"] for message in webhooks.received(other)]
        assert not webhooks.stored(hook).enabled
        assert types.count("webhook_endpoint.disabled") == 1
        assert [each["status"] for each in webhooks.deliveries(hook)] == ["FAILED"]


def test_two_workers_send_each_event_once(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [Reply(wait_seconds=0.05)] * 40)
    events = webhooks.publish(hook.user, 40)

    with ThreadPoolExecutor(4) as pool:
        attempts = sum(pool.map(lambda event: webhooks.container.webhook_delivery.drain(webhooks.job(hook, event)),
                                events[:8]))  # fmt: skip

    messages = [message.id for message in webhooks.received(hook)]
    assert attempts == 40
    assert sorted(messages) == sorted(event.id for event in events)


def test_holder_looks_again_if_it_is_wanted(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())
    endpoint, now = webhooks.stored(hook), webhooks.clock()
    repository = webhooks.container.endpoint_repository
    repository.take_lease(hook.user.id, hook.id, "first", now, now + LEASE)
    webhooks.publish(hook.user)

    attempts = webhooks.work()

    assert attempts == 0
    assert not repository.release(endpoint, "first")
    repository.clear_wanted(endpoint, "first")
    assert repository.release(endpoint, "first")
    assert repository.release(endpoint, "first")


def test_lease_of_a_killed_worker_ends(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())
    endpoint, now = webhooks.stored(hook), webhooks.clock()
    repository = webhooks.container.endpoint_repository
    repository.take_lease(hook.user.id, hook.id, "first", now, now + LEASE)
    [event] = webhooks.publish(hook.user)

    webhooks.work()
    with pytest.raises(LeaseHeld):
        repository.take_lease(hook.user.id, hook.id, "second", now, now + LEASE)
    webhooks.pass_time(seconds=LEASE.total_seconds() + 1)

    assert webhooks.delivery(hook, event).status is DeliveryStatus.SUCCEEDED
    assert repository.release(endpoint, "first")


def test_late_holder_does_not_touch_another_lease(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())
    endpoint, now = webhooks.stored(hook), webhooks.clock()
    repository = EndpointRepository(webhooks.container.database)
    repository.take_lease(hook.user.id, hook.id, "first", now - 2 * LEASE, now - LEASE)
    repository.take_lease(hook.user.id, hook.id, "second", now, now + LEASE)

    repository.hand_over(endpoint, "first")
    repository.set_failing_since(endpoint, "first", now)
    assert repository.release(endpoint, "first")

    with pytest.raises(LeaseHeld):
        repository.take_lease(hook.user.id, hook.id, "third", now, now + LEASE)
    assert webhooks.stored(hook).failing_since is None


def test_attempt_of_a_delivery_that_is_sent_again_is_recorded(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [Reply(wait_seconds=0.5)])
    [event] = webhooks.publish(hook.user)

    with ThreadPoolExecutor(1) as pool:
        draining = pool.submit(webhooks.drain, hook)
        webhooks.receiver.wait_for(hook.name, 1)
        hook.user.call("POST", f"{hook.path}deliveries/{event.id}/resend/")
        draining.result()

    delivery = webhooks.delivery(hook, event)
    assert (delivery.status, len(delivery.attempts)) == (DeliveryStatus.SUCCEEDED, 1)


def test_hanging_endpoint_delays_no_other(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hanging = webhooks.endpoint(user_factory.lender(), [Reply(wait_seconds=8)] * 4)
    healthy = webhooks.endpoint(user_factory.lender())
    for hook in (hanging, healthy):
        webhooks.publish(hook.user, 4)

    with ThreadPoolExecutor(2) as pool:
        started = time.monotonic()
        slow = pool.submit(webhooks.drain, hanging)
        pool.submit(webhooks.drain, healthy).result()
        healthy_seconds = time.monotonic() - started
        slow.result()
        hanging_seconds = time.monotonic() - started

    assert len(webhooks.received(healthy)) == 4
    assert healthy_seconds < 2
    assert 5 <= hanging_seconds < 7
