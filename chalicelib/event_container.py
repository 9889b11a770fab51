"""The third part of the object graph: events, webhooks and notifications."""

from functools import cached_property, partial
from pathlib import Path

from chalicelib.events.event_bus import EventBridgeBus
from chalicelib.events.repository.deliveries import DeliveryRepository
from chalicelib.events.repository.due_work import DueWorkRepository
from chalicelib.events.repository.endpoints import EndpointRepository
from chalicelib.events.repository.events import EventRepository
from chalicelib.events.repository.webhooks import WebhookRepository
from chalicelib.events.service.bus_publisher import BusPublisher
from chalicelib.events.service.delivery import DeliveryService
from chalicelib.events.service.derivation.tables import DERIVATIONS
from chalicelib.events.service.endpoints import EndpointService
from chalicelib.events.service.publisher import EventPublisher
from chalicelib.events.service.queries import EventQueries
from chalicelib.events.service.subscriber import EventSubscriber
from chalicelib.events.service.sweep import EventSweep
from chalicelib.events.service.wakeups import DELIVER, PUT_ON_BUS, SEND_EMAIL, Wakeups
from chalicelib.events.service.webhook_client import WebhookClient
from chalicelib.jobs.streams import Subscriber
from chalicelib.jobs.worker import JobDispatcher
from chalicelib.notifications.domain.email import EmailSender
from chalicelib.notifications.repository.inbox import InboxRepository
from chalicelib.notifications.repository.mails import MailRepository
from chalicelib.notifications.repository.preferences import PreferenceRepository
from chalicelib.notifications.repository.suppressions import SuppressionRepository
from chalicelib.notifications.senders.files import FileSender
from chalicelib.notifications.senders.ses import SesSender
from chalicelib.notifications.service.email_renderer import EmailRenderer
from chalicelib.notifications.service.inbox import InboxService
from chalicelib.notifications.service.mail import MailService
from chalicelib.notifications.service.mail_feedback import MailFeedback
from chalicelib.notifications.service.preferences import PreferenceService
from chalicelib.notifications.service.recorder import NotificationRecorder
from chalicelib.notifications.service.suppressions import PURPOSE as SUPPRESSED_ADDRESSES
from chalicelib.notifications.service.suppressions import SuppressionService
from chalicelib.notifications.service.unsubscribe_tokens import PURPOSE as UNSUBSCRIBE
from chalicelib.notifications.service.unsubscribe_tokens import UnsubscribeTokens
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
    def event_queries(self) -> EventQueries:
        return EventQueries(self.event_repository)

    @cached_property
    def publisher(self) -> EventPublisher:
        return EventPublisher(
            self.event_repository, self.webhook_repository, self.notifications, self.loan_queries, self.wakeups
        )

    @cached_property
    def event_sweep(self) -> EventSweep:
        return EventSweep(DueWorkRepository(self.database), self.wakeups, self.real_time)

    @cached_property
    def event_subscriber(self) -> EventSubscriber:
        return EventSubscriber(DERIVATIONS, self.publisher)

    def event_subscribers(self, table: str) -> list[Subscriber]:
        """Return what publishes the events of a table's stream."""
        subscribers: list[Subscriber] = [partial(self.event_subscriber.process, table)]
        if self.settings.event_bus:
            subscribers.append(partial(self.bus_publisher.process, table))
        return subscribers

    @cached_property
    def event_bus(self) -> EventBridgeBus:
        return EventBridgeBus(self.settings.event_bus, self.settings.region)

    @cached_property
    def bus_publisher(self) -> BusPublisher:
        return BusPublisher(DERIVATIONS, self.event_bus, self.event_repository)

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
        return JobDispatcher({DELIVER: self.webhook_delivery.drain, PUT_ON_BUS: self.bus_publisher.put_again})

    # Notifications

    @cached_property
    def email_files(self) -> FileSender:
        return FileSender(Path(self.settings.mail_folder), self.real_time)

    @cached_property
    def email_sender(self) -> EmailSender:
        settings = self.settings
        if settings.is_local:
            return self.email_files
        return SesSender(settings.mail_from, settings.mail_configuration_set, settings.region)

    @cached_property
    def suppressions(self) -> SuppressionService:
        keys = partial(self.keys.derived, SUPPRESSED_ADDRESSES)
        return SuppressionService(SuppressionRepository(self.database), keys, self.real_time)

    @cached_property
    def mail_feedback(self) -> MailFeedback:
        return MailFeedback(self.mail_repository, self.suppressions)

    @cached_property
    def inbox_repository(self) -> InboxRepository:
        return InboxRepository(self.database, self.real_time)

    @cached_property
    def preference_repository(self) -> PreferenceRepository:
        return PreferenceRepository(self.database)

    @cached_property
    def mail_repository(self) -> MailRepository:
        return MailRepository(self.database, self.real_time)

    @cached_property
    def notifications(self) -> NotificationRecorder:
        return NotificationRecorder(
            self.inbox_repository,
            self.mail_repository,
            self.preference_repository,
            self.users,
            emails_are_on=self.settings.sends_emails,
        )

    @cached_property
    def inbox(self) -> InboxService:
        return InboxService(self.inbox_repository, self.wallets, self.idempotency, self.clock)

    @cached_property
    def unsubscribe_tokens(self) -> UnsubscribeTokens:
        return UnsubscribeTokens(lambda: self.keys.derived(UNSUBSCRIBE))

    @cached_property
    def preferences(self) -> PreferenceService:
        return PreferenceService(self.preference_repository, self.wallets, self.unsubscribe_tokens)

    @cached_property
    def email_renderer(self) -> EmailRenderer:
        return EmailRenderer(
            public_url=self.settings.public_url,
            currency=self.settings.currency,
            unsubscribe_tokens=self.unsubscribe_tokens,
        )

    @cached_property
    def mail(self) -> MailService:
        return MailService(
            self.mail_repository,
            self.preference_repository,
            self.users,
            self.email_renderer,
            self.email_sender,
            self.suppressions,
            self.email_queue,
            self.real_time,
        )

    @cached_property
    def email_worker(self) -> JobDispatcher:
        return JobDispatcher({SEND_EMAIL: self.mail.send})
