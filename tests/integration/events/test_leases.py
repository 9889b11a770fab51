"""The lease of an endpoint: one worker drains it, and what arrives meanwhile is not forgotten."""

import threading
from datetime import timedelta

from chalicelib.events.service.delivery import LEASE, PAUSE_SECONDS
from tests.factories import UserFactory
from tests.integration.events.webhooks import Hook, Webhooks
from tests.webhook_receiver import Reply


def take_lease(webhooks: Webhooks, hook: Hook, owner: str) -> None:
    now = webhooks.clock()
    webhooks.container.endpoint_repository.take_lease(hook.user.id, hook.id, owner, now, now + LEASE)


def pauses(webhooks: Webhooks) -> list[int]:
    """Seconds after which rounds are to continue."""
    return [delay for job, delay in webhooks.queue.delayed if not job.key]


def test_worker_leaves_an_endpoint_of_another_one_alone(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())
    [event] = webhooks.publish(hook.user)
    take_lease(webhooks, hook, "another worker")

    attempts = webhooks.work()
    webhooks.clock.advance(seconds=LEASE / timedelta(seconds=1) + 1)
    later = webhooks.drain(hook)

    assert (attempts, later) == (0, 1)
    assert [message.id for message in webhooks.received(hook)] == [event.id]


def test_simultaneous_workers_send_each_event_once(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [Reply(wait_seconds=0.3)] * 4)
    events = webhooks.publish(hook.user, 8)
    workers = [threading.Thread(target=webhooks.drain, args=(hook,)) for _ in range(4)]

    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()

    assert sorted(message.id for message in webhooks.received(hook)) == sorted(event.id for event in events)


def test_wanted_lease_is_not_released(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender())
    endpoints, endpoint = webhooks.container.endpoint_repository, webhooks.stored(hook)
    take_lease(webhooks, hook, "worker")

    webhooks.drain(hook)
    wanted = endpoints.release(endpoint, "worker")
    endpoints.clear_wanted(endpoint, "worker")
    done = endpoints.release(endpoint, "worker")

    assert (wanted, done) == (False, True)


def test_new_events_and_tests_start_no_attempt_during_a_pause(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [Reply(500)] * 2)
    webhooks.publish(hook.user)
    first = webhooks.work()

    webhooks.publish(hook.user, 3)
    hook.user.call("POST", f"{hook.path}test/")
    during = webhooks.work()
    webhooks.clock.advance(seconds=PAUSE_SECONDS)
    after = webhooks.drain(hook)

    assert (first, during, after) == (1, 0, 1)
    assert pauses(webhooks) == [PAUSE_SECONDS] * 2


def test_slow_failures_lengthen_the_pause_to_a_minute(webhooks: Webhooks, user_factory: UserFactory) -> None:
    hook = webhooks.endpoint(user_factory.lender(), [Reply(500, wait_seconds=1.1)] * 7)
    webhooks.publish(hook.user, 6)
    webhooks.work()

    for seconds in (10, 50, 200):
        webhooks.clock.advance(seconds=seconds)
        assert webhooks.drain(hook) == 1

    assert pauses(webhooks) == [5, 5, 30, 60]
