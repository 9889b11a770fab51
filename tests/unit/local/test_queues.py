"""The local work queue, which behaves like SQS."""

import time
from concurrent.futures import ThreadPoolExecutor

from chalicelib.jobs.queue import BackgroundJob
from chalicelib.jobs.schedule import QUEUES
from local.queues import MAX_RECEIVES, LocalQueue, open_queues

JOB = BackgroundJob("distribute", "L")


def test_waiting_receiver_gets_a_sent_message() -> None:
    queue = LocalQueue()

    with ThreadPoolExecutor(1) as receiver:
        received = receiver.submit(queue.receive, 5, wait=True)
        queue.send([JOB])

        assert [BackgroundJob.read(message.body) for message in received.result(10)] == [JOB]


def test_closing_the_queue_ends_waiting() -> None:
    queue = LocalQueue()

    with ThreadPoolExecutor(1) as receiver:
        received = receiver.submit(queue.receive, 5, wait=True)
        queue.close()

        assert received.result(10) == []


def test_received_message_is_invisible() -> None:
    queue = LocalQueue()
    queue.send([JOB])

    assert len(queue.receive(5)) == 1
    assert queue.receive(5) == []


def test_repeatedly_failing_message_becomes_a_dead_letter() -> None:
    queue = LocalQueue()
    queue.send([JOB])
    [message] = queue.receive(5)

    message.receives = MAX_RECEIVES
    queue.settle([message], frozenset({message.id}))

    assert queue.dead == [message]
    assert queue.receive(5) == []


def test_all_messages_are_received_until_the_queue_is_empty() -> None:
    queue = LocalQueue()
    queue.send([JOB] * 3)

    batches = []
    while messages := queue.receive_all(2):
        batches.append(len(messages))
        queue.settle(messages, frozenset())

    assert batches == [2, 1]


def test_failed_message_is_received_again_without_a_delay() -> None:
    queue = LocalQueue()
    queue.send([JOB])

    received = 0
    while messages := queue.receive_all(5):
        received += 1
        queue.settle(messages, frozenset(message.id for message in messages))

    assert received == MAX_RECEIVES
    assert [message.receives for message in queue.dead] == [MAX_RECEIVES]


def test_message_of_another_receiver_is_waited_for() -> None:
    queue = LocalQueue()
    queue.send([JOB])
    held = queue.receive(1)

    with ThreadPoolExecutor(1) as receiver:
        rest = receiver.submit(queue.receive_all, 1)
        assert not rest.done()
        queue.settle(held, frozenset())

        assert rest.result(10) == []


def test_message_that_two_receivers_got_is_settled_once() -> None:
    queue = LocalQueue()
    queue.send([JOB])
    held = queue.receive(1)
    held[0].visible_at = 0.0
    again = queue.receive(1)

    queue.settle(again, frozenset())
    queue.settle(held, frozenset(message.id for message in held))

    assert (queue.receive_all(1), queue.dead) == ([], [])


def test_delayed_message_is_not_received_early() -> None:
    queue = LocalQueue()
    queue.send([JOB], delay_seconds=900)

    assert queue.receive(5) == []
    assert queue.receive_all(5) == []


def test_delayed_message_is_received_after_its_delay() -> None:
    queue = LocalQueue()
    started = time.monotonic()
    queue.send([JOB], delay_seconds=1)

    [message] = queue.receive(5, wait=True)

    assert BackgroundJob.read(message.body) == JOB
    assert time.monotonic() - started >= 1


def test_delayed_message_does_not_hold_up_others() -> None:
    queue = LocalQueue()
    queue.send([BackgroundJob("distribute", "late")], delay_seconds=900)
    queue.send([JOB])

    assert [BackgroundJob.read(message.body) for message in queue.receive_all(5)] == [JOB]


def test_failed_message_is_hidden_for_a_while() -> None:
    queue = LocalQueue("deliveries")
    queue.send([JOB])
    [message] = queue.receive(5)

    queue.settle([message], frozenset({message.id}))

    assert queue.receive(5) == []
    assert message.visible_at - time.monotonic() < 3


def test_every_queue_of_a_function_is_opened() -> None:
    assert set(open_queues()) == {each.source for each in QUEUES}
