"""The third part of the object graph: events, webhooks and notifications."""

from functools import cached_property

from chalicelib.events.repository.deliveries import DeliveryRepository
from chalicelib.events.repository.endpoints import EndpointRepository
from chalicelib.events.repository.events import EventRepository
from chalicelib.events.repository.webhooks import WebhookRepository
from chalicelib.events.service.delivery import DeliveryService
from chalicelib.events.service.derivation.tables import DERIVATIONS
from chalicelib.events.service.endpoints import EndpointService
from chalicelib.events.service.publisher import EventPublisher
from chalicelib.events.service.subscriber import EventSubscriber
from chalicelib.events.service.wakeups import DELIVER, Wakeups
from chalicelib.events.service.webhook_client import WebhookClient
from chalicelib.jobs.worker import JobDispatcher
from chalicelib.notifications.service.recorder import NotificationRecorder
from chalicelib.transfer_container import TransferContainer
from chalicelib.transfers.account_cipher import AccountCipher, account_cipher


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

    # Webhooks

    @cached_property
    def endpoint_repository(self) -> EndpointRepository:
        return EndpointRepository(self.database)

    @cached_property
    def delivery_repository(self) -> DeliveryRepository:
        return DeliveryRepository(self.database, self.real_time)

    @cached_property
    def secret_cipher(self) -> AccountCipher:
        return account_cipher(self.settings)

    @cached_property
    def webhook_client(self) -> WebhookClient:
        return WebhookClient(allow_loopback=self.settings.is_local)

    @cached_property
    def webhook_endpoints(self) -> EndpointService:
        return EndpointService(
            endpoints=self.endpoint_repository,
            deliveries=self.delivery_repository,
            webhooks=self.webhook_repository,
            client=self.webhook_client,
            cipher=lambda: self.secret_cipher,
            wallets=self.wallets,
            idempotency=self.idempotency,
            wakeups=self.wakeups,
            clock=self.clock,
            real_time=self.real_time,
        )

    @cached_property
    def webhook_delivery(self) -> DeliveryService:
        return DeliveryService(
            self.endpoint_repository,
            self.delivery_repository,
            self.webhook_client,
            lambda: self.secret_cipher,
            self.publisher,
            self.wakeups,
            self.clock,
            self.real_time,
        )

    @cached_property
    def delivery_worker(self) -> JobDispatcher:
        return JobDispatcher({DELIVER: self.webhook_delivery.drain})

    # Notifications

    @cached_property
    def notifications(self) -> NotificationRecorder:
        return NotificationRecorder()

    @cached_property
    def email_worker(self) -> JobDispatcher:
        return JobDispatcher({})
