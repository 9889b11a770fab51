"""The local work queue, which behaves like SQS."""

from concurrent.futures import ThreadPoolExecutor

from chalicelib.jobs.queue import BackgroundJob
from local.queues import MAX_RECEIVES, LocalQueue

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
