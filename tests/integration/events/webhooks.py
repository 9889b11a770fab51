"""Endpoints of a test with their receivers, events for them, and the worker that the test runs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import timedelta
from itertools import count
from typing import Any, Final

from chalicelib.container import Container
from chalicelib.events.domain.delivery import Delivery
from chalicelib.events.domain.event import Event
from chalicelib.events.domain.webhook import Endpoint
from chalicelib.events.repository.due_work import DueWorkRepository
from chalicelib.events.service.wakeups import delivery_job
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.shared.clock import FixedClock
from chalicelib.shared.ids import new_id
from tests.factories import User
from tests.queues import RecordingQueue
from tests.webhook_receiver import Received, Reply, WebhookReceiver

TYPE: Final = "loan.completed"
_NUMBERS: Final = count()


@dataclass(frozen=True)
class Hook:
    """An endpoint of a test: ``name`` is that of its receiver."""

    user: User
    id: str
    secret: str
    name: str

    @property
    def path(self) -> str:
        return f"/api/webhook-endpoints/{self.id}/"


@dataclass
class Webhooks:
    container: Container
    queue: RecordingQueue
    clock: FixedClock
    receiver: WebhookReceiver

    def endpoint(self, user: User, replies: Sequence[Reply] = (), types: Sequence[str] = ("*",)) -> Hook:
        """Create an endpoint of a user, whose receiver knows the secret and has some replies."""
        name = f"receiver-{next(_NUMBERS)}"
        body = {"url": self.receiver.url(name), "event_types": list(types)}
        created = user.call("POST", "/api/webhook-endpoints/", body)
        self.receiver.expect(name, [created["secret"]], replies)
        return Hook(user, created["id"], created["secret"], name)

    def publish(self, user: User, number: int = 1) -> list[Event]:
        """Publish events for a user, and return them."""
        events = [
            Event(new_id(self.clock()), TYPE, self.clock(), {"loan_id": new_id(self.clock())}, (user.id,))
            for _ in range(number)
        ]
        self.container.publisher.publish(events)
        return events

    def work(self) -> int:
        """Do the jobs of the queue until only delayed ones are left; return the number of attempts."""
        total = 0
        while self.queue.sent:
            jobs = list(dict.fromkeys(self.queue.sent))
            self.queue.sent.clear()
            total += sum(self.container.delivery_worker.do(job) for job in jobs)
        return total

    def work_for(self, hook: Hook) -> int:
        """Do the jobs of one endpoint, and forget those of others."""
        jobs = [job for job in dict.fromkeys(self.queue.sent) if job.subject == self.job(hook).subject]
        self.queue.sent.clear()
        return sum(self.container.delivery_worker.do(job) for job in jobs)

    def pass_time(self, **step: float) -> int:
        """Advance the clock, send what is due as the sweep does, and do it."""
        self.clock.advance(**step)
        self.queue.delayed.clear()
        due_work = DueWorkRepository(self.container.database)
        endpoints = due_work.due_endpoints(self.clock() + timedelta(milliseconds=1))
        self.queue.send([delivery_job(*endpoint) for endpoint in endpoints])
        return self.work()

    def drain(self, hook: Hook) -> int:
        return self.container.webhook_delivery.drain(self.job(hook))

    def job(self, hook: Hook, event: Event | None = None) -> BackgroundJob:
        return BackgroundJob("DELIVER", f"{hook.user.id}#{hook.id}", event.id if event else "")

    def received(self, hook: Hook) -> list[Received]:
        return self.receiver.received(hook.name)

    def delivery(self, hook: Hook, event: Event) -> Delivery:
        found = self.container.delivery_repository.find(hook.id, event.id)
        assert found is not None
        return found

    def deliveries(self, hook: Hook, query: str = "") -> list[dict[str, Any]]:
        items: list[dict[str, Any]] = hook.user.call("GET", f"{hook.path}deliveries/{query}")["items"]
        return items

    def stored(self, hook: Hook) -> Endpoint:
        found = self.container.endpoint_repository.find(hook.user.id, hook.id)
        assert found is not None
        return found
