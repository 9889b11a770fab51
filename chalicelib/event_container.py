"""The third part of the object graph: events, webhooks and notifications."""

from functools import cached_property, partial

from chalicelib.events.repository.events import EventRepository
from chalicelib.events.repository.webhooks import WebhookRepository
from chalicelib.events.service.derivation.tables import DERIVATIONS
from chalicelib.events.service.publisher import EventPublisher
from chalicelib.events.service.subscriber import EventSubscriber
from chalicelib.events.service.wakeups import Wakeups
from chalicelib.jobs.streams import Subscriber
from chalicelib.jobs.worker import JobDispatcher
from chalicelib.notifications.service.recorder import NotificationRecorder
from chalicelib.transfer_container import TransferContainer


class EventContainer(TransferContainer):
    """Services that publish and deliver events. See `BaseContainer` for the arguments."""

    @cached_property
    def wakeups(self) -> Wakeups:
        return Wakeups(work=self.queue, deliveries=self.delivery_queue, emails=self.email_queue)

    # Events

    @cached_property
    def event_repository(self) -> EventRepository:
        return EventRepository(self.database, self.real_time)

    @cached_property
    def webhook_repository(self) -> WebhookRepository:
        return WebhookRepository(self.database, self.real_time)

    @cached_property
    def publisher(self) -> EventPublisher:
        return EventPublisher(
            self.event_repository, self.webhook_repository, self.notifications, self.loan_queries, self.wakeups
        )

    @cached_property
    def event_subscriber(self) -> EventSubscriber:
        return EventSubscriber(DERIVATIONS, self.publisher)

    def event_subscribers(self, table: str) -> list[Subscriber]:
        """Return what publishes the events of a table's stream."""
        return [partial(self.event_subscriber.process, table)]

    @cached_property
    def delivery_worker(self) -> JobDispatcher:
        return JobDispatcher({})

    # Notifications

    @cached_property
    def notifications(self) -> NotificationRecorder:
        return NotificationRecorder()

    @cached_property
    def email_worker(self) -> JobDispatcher:
        return JobDispatcher({})
