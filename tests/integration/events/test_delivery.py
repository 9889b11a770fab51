"""Deliveries to a receiver in another process: signatures, retries, disabled endpoints, many events."""

import time
from collections import Counter
from datetime import timedelta

import pytest

from chalicelib.events.domain.delivery import DELAYS
from chalicelib.events.domain.webhook import DeliveryStatus, DisabledReason
from chalicelib.events.service.delivery import PAUSE_SECONDS
from chalicelib.observability import metrics
from chalicelib.shared.clock import FixedClock, utc_now
from chalicelib.shared.context import context_value
from tests.factories import UserFactory, ok
from tests.integration.events.webhooks import TYPE, Webhooks
from tests.webhook_receiver import Reply

FAILURE = Reply(500, "no")


@pytest.fixture
def clock() -> FixedClock:
    """The present time, because receivers reject old timestamps; only the test advances it."""
    return FixedClock(utc_now())


def test_event_arrives_once_with_a_valid_signature(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())

    [event] = webhooks.publish(hook.user)
    webhooks.work()
    webhooks.work()

    [message] = webhooks.received(hook)
    [delivery] = webhooks.deliveries(hook)
    assert message.valid == (True,)
    assert message.id == event.id
    assert message.body == {
        "id": event.id, "type": TYPE, "created_at": delivery["event"]["created_at"], "data": dict(event.data),
    }  # fmt: skip
    assert (delivery["status"], delivery["next_attempt_at"], len(delivery["attempts"])) == ("SUCCEEDED", None, 1)
    assert delivery["attempts"][0]["response_excerpt"] == "ok"


def test_only_wanted_types_are_delivered(webhooks: Webhooks, user_factory: UserFactory) -> None:
    user = user_factory.lender()
    all_types = webhooks.endpoint(user)
    others = webhooks.endpoint(user, types=["webhook_endpoint.test"])
    stranger = webhooks.endpoint(user_factory.lender())

    webhooks.publish(user)
    webhooks.work()

    counts = [len(webhooks.received(hook)) for hook in (all_types, others, stranger)]
    assert counts == [1, 0, 0]


def test_both_secrets_sign_during_rotation(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())
    rotated = hook.user.call("POST", f"{hook.path}rotate-secret/")
    webhooks.receiver.expect(hook.name, [hook.secret, rotated["secret"]])

    webhooks.publish(hook.user)
    webhooks.work()
    webhooks.pass_time(hours=24)
    webhooks.publish(hook.user)
    webhooks.work()

    first, second = webhooks.received(hook)
    assert (first.signatures, first.valid) == (2, (True, True))
    assert second.signatures == 1
    assert rotated["secret"] != hook.secret


def test_failed_delivery_is_retried_with_the_same_id(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [FAILURE])

    [event] = webhooks.publish(hook.user)
    webhooks.work()
    pending = webhooks.delivery(hook, event)
    early = webhooks.pass_time(seconds=4)
    webhooks.pass_time(seconds=1)

    first, second = webhooks.received(hook)
    assert (pending.status, early) == (DeliveryStatus.PENDING, 0)
    assert pending.next_attempt_at == pending.attempts[0].at + timedelta(seconds=5)
    assert first.id == second.id == event.id
    assert second.valid == (True,)
    assert second.timestamp > first.timestamp
    assert webhooks.delivery(hook, event).status is DeliveryStatus.SUCCEEDED
    assert webhooks.stored(hook).failing_since is None


def test_job_is_sent_for_the_retry(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [FAILURE, FAILURE])

    [event] = webhooks.publish(hook.user)
    webhooks.work()
    after_first = list(webhooks.queue.delayed)
    webhooks.clock.advance(seconds=5)
    webhooks.queue.delayed.clear()
    webhooks.drain(hook)

    assert after_first == [(webhooks.job(hook), 5)]
    assert webhooks.queue.delayed == [(webhooks.job(hook, event), 300), (webhooks.job(hook), 5)]


def test_attempts_follow_the_schedule_and_end(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [FAILURE] * len(DELAYS))
    other = webhooks.endpoint(user_factory.lender())
    [event] = webhooks.publish(hook.user)
    webhooks.work()

    for delay in DELAYS[1:9]:
        assert webhooks.pass_time(seconds=delay.total_seconds() - 1) == 0
        assert webhooks.pass_time(seconds=1) == 1
    before_last = webhooks.delivery(hook, event)
    webhooks.pass_time(hours=24)

    delivery = webhooks.delivery(hook, event)
    assert (before_last.status, len(before_last.attempts)) == (DeliveryStatus.PENDING, 9)
    assert (delivery.status, len(delivery.attempts)) == (DeliveryStatus.FAILED, 10)
    assert {message.id for message in webhooks.received(hook)} == {event.id}
    assert webhooks.pass_time(days=30) == 0
    assert webhooks.stored(other).enabled


def test_gone_disables_the_endpoint(webhooks: Webhooks, user_factory: UserFactory) -> None:
    user = user_factory.lender()
    hook = webhooks.endpoint(user, [Reply(410)])
    other = webhooks.endpoint(user, types=["webhook_endpoint.disabled"])

    webhooks.publish(user, 6)
    webhooks.work()
    webhooks.pass_time(seconds=5)

    shown = user.call("GET", hook.path)
    [notified] = webhooks.received(other)
    assert (shown["enabled"], shown["disabled_reason"]) == (False, "gone")
    assert {each["status"] for each in webhooks.deliveries(hook)} <= {"FAILED", "SUCCEEDED"}
    assert notified.body["data"] == {"endpoint_id": hook.id, "reason": "gone"}
    assert "webhook_endpoint.disabled" not in {message.body["type"] for message in webhooks.received(hook)}


def test_three_days_of_failures_disable_the_endpoint(webhooks: Webhooks, user_factory: UserFactory) -> None:
    user = user_factory.lender()
    hook = webhooks.endpoint(user, [FAILURE] * 100)
    webhooks.publish(user)
    webhooks.work()
    webhooks.pass_time(seconds=5)
    webhooks.pass_time(hours=71)
    before = webhooks.stored(hook)

    webhooks.publish(user)
    webhooks.pass_time(hours=2)
    webhooks.pass_time(seconds=5)

    after = webhooks.stored(hook)
    assert before.enabled
    assert (after.enabled, after.disabled_reason) == (False, DisabledReason.FAILING)
    assert {each["status"] for each in webhooks.deliveries(hook)} == {"FAILED"}
    webhooks.publish(user)
    assert len(webhooks.deliveries(hook)) == 2


def test_success_ends_a_time_of_failures(webhooks: Webhooks, user_factory: UserFactory) -> None:
    user = user_factory.lender()
    hook = webhooks.endpoint(user, [FAILURE, Reply(), FAILURE])
    webhooks.publish(user)
    webhooks.work()
    webhooks.pass_time(hours=71)

    webhooks.pass_time(hours=2)
    webhooks.publish(user)
    webhooks.work()

    assert webhooks.stored(hook).enabled
    assert webhooks.stored(hook).failing_since == webhooks.clock()


def test_redirect_is_a_failure(webhooks: Webhooks, user_factory: UserFactory) -> None:
    user = user_factory.lender()
    elsewhere = webhooks.endpoint(user_factory.lender())
    hook = webhooks.endpoint(user, [Reply(307, location=webhooks.receiver.url(elsewhere.name))])

    [event] = webhooks.publish(user)
    webhooks.work()

    assert webhooks.delivery(hook, event).attempts[0].status_code == 307
    assert webhooks.delivery(hook, event).is_pending
    assert webhooks.received(elsewhere) == []


def test_address_that_is_refused_later_is_not_connected_to(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())
    webhooks.container.webhook_client.allow_loopback = False

    [event] = webhooks.publish(hook.user)
    webhooks.work()

    [attempt] = webhooks.delivery(hook, event).attempts
    assert (attempt.status_code, attempt.error) == (None, "address_refused")
    assert webhooks.received(hook) == []


def test_hanging_receiver_costs_five_seconds(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [Reply(wait_seconds=8)])
    [event] = webhooks.publish(hook.user)

    started = time.monotonic()
    webhooks.work()
    elapsed = time.monotonic() - started

    [attempt] = webhooks.delivery(hook, event).attempts
    assert attempt.error == "timeout"
    assert 5 <= elapsed < 6


def test_many_events_are_delivered_by_few_connections(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())

    events = webhooks.publish(hook.user, 50)
    attempts = webhooks.work()

    messages = webhooks.received(hook)
    assert attempts == 50
    assert sorted(message.id for message in messages) == sorted(event.id for event in events)
    assert all(message.valid == (True,) for message in messages)
    assert len({message.port for message in messages}) <= 4


def test_resent_delivery_starts_the_schedule_again(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [FAILURE, FAILURE])
    [event] = webhooks.publish(hook.user)
    webhooks.work()

    sent = hook.user.call("POST", f"{hook.path}deliveries/{event.id}/resend/")
    webhooks.pass_time(seconds=PAUSE_SECONDS)
    again = hook.user.call("POST", f"{hook.path}deliveries/{event.id}/resend/")
    webhooks.pass_time(seconds=PAUSE_SECONDS)

    delivery = webhooks.delivery(hook, event)
    assert (sent["status"], len(sent["attempts"])) == ("PENDING", 1)
    assert (again["status"], len(again["attempts"])) == ("PENDING", 2)
    assert (delivery.status, delivery.attempt, len(delivery.attempts)) == (DeliveryStatus.SUCCEEDED, 1, 3)
    assert {message.id for message in webhooks.received(hook)} == {event.id}


def test_only_the_last_attempts_are_kept(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [Reply(200, str(number)) for number in range(23)])
    [event] = webhooks.publish(hook.user)
    webhooks.work()

    for _ in range(22):
        hook.user.call("POST", f"{hook.path}deliveries/{event.id}/resend/")
        webhooks.work()

    excerpts = [attempt.response_excerpt for attempt in webhooks.delivery(hook, event).attempts]
    assert excerpts == [str(number) for number in range(3, 23)]


def test_deleted_endpoint_gets_nothing(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())
    [event] = webhooks.publish(hook.user)
    ok(hook.user.http.send("DELETE", hook.path))

    webhooks.work()

    assert webhooks.received(hook) == []
    assert webhooks.delivery(hook, event).status is DeliveryStatus.FAILED
    assert webhooks.pass_time(days=1) == 0


def test_disabled_endpoint_gets_nothing(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())
    [event] = webhooks.publish(hook.user)
    hook.user.call("PATCH", hook.path, {"enabled": False})

    webhooks.work()
    hook.user.call("PATCH", hook.path, {"enabled": True})
    hook.user.call("POST", f"{hook.path}deliveries/{event.id}/resend/")
    webhooks.work()

    assert [message.id for message in webhooks.received(hook)] == [event.id]
    assert [each["status"] for each in webhooks.deliveries(hook)] == ["SUCCEEDED"]


def test_deliveries_are_measured(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [FAILURE, Reply(), Reply(410)])
    tally: Counter[str] = Counter()

    with context_value(metrics.TALLY, tally):
        webhooks.publish(hook.user)
        webhooks.work()
        webhooks.pass_time(seconds=5)
        webhooks.publish(hook.user)
        webhooks.work()

    duration = tally.pop("WebhookAttemptMilliseconds")
    assert 0 < duration < 5000
    assert tally == {
        "WebhookAttempts": 3,
        "WebhookAttemptsFailed": 2,
        "WebhookDeliveriesSucceeded": 1,
        "WebhookDeliveriesGivenUp": 1,
        "WebhookEndpointsDisabled": 1,
    }
