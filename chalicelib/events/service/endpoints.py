"""Webhook endpoints of users: create, change, disable and delete them, replace secrets, test, and send again."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final

from chalicelib.dynamodb.database import Key, Page
from chalicelib.dynamodb.idempotency import IdempotencyKey, IdempotencyStore, IdempotentResult
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.events.domain.addresses import InvalidAddress
from chalicelib.events.domain.catalogue import CATALOGUE, ENDPOINT_TEST
from chalicelib.events.domain.delivery import Delivery, DeliveryNotFound
from chalicelib.events.domain.event import Event
from chalicelib.events.domain.webhook import (
    ALL_TYPES,
    MAX_ENDPOINTS,
    DeliveryStatus,
    Endpoint,
    EndpointNotFound,
    TooManyEndpoints,
)
from chalicelib.events.repository.deliveries import DeliveryRepository
from chalicelib.events.repository.endpoints import EndpointRepository
from chalicelib.events.repository.webhooks import WebhookRepository
from chalicelib.events.service.delivery import cipher_subject
from chalicelib.events.service.wakeups import Wakeups, delivery_job
from chalicelib.events.service.webhook_client import WebhookClient
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import Unprocessable
from chalicelib.shared.ids import new_id
from chalicelib.shared.webhook_signatures import new_secret
from chalicelib.transfers.account_cipher import AccountCipher
from chalicelib.wallets.service import WalletService

_RESOLUTION_SECONDS: Final = 1.0
"""The time to resolve a host while a request waits. Each attempt resolves it again."""


@dataclass(frozen=True, slots=True)
class EndpointChange:
    """Changes to an endpoint; None leaves a field as it is."""

    url: str | None = None
    event_types: tuple[str, ...] | None = None
    description: str | None = None
    enabled: bool | None = None


@dataclass(frozen=True, slots=True)
class EndpointWithSecret:
    """An endpoint with its secret, which is shown only once."""

    endpoint: Endpoint
    secret: str


class EndpointService:
    """The actor's own webhook endpoints.

    Args:
        webhooks: adds deliveries.
        client: checks addresses.
        cipher: returns the cipher of secrets.
        wallets: the condition that the actor's token isn't revoked.
        clock: business time, of events and endpoints.
        real_time: the time of attempts, and of the change of secrets.
    """

    def __init__(  # noqa: PLR0913 - what the object graph passes, by name
        self,
        *,
        endpoints: EndpointRepository,
        deliveries: DeliveryRepository,
        webhooks: WebhookRepository,
        client: WebhookClient,
        cipher: Callable[[], AccountCipher],
        wallets: WalletService,
        idempotency: IdempotencyStore,
        wakeups: Wakeups,
        clock: Clock,
        real_time: Clock,
    ) -> None:
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._webhooks = webhooks
        self._client = client
        self._cipher = cipher
        self._wallets = wallets
        self._idempotency = idempotency
        self._wakeups = wakeups
        self._clock = clock
        self._real_time = real_time

    def page(self, actor: Actor, *, limit: int, after: Key | None) -> Page[Endpoint]:
        """Return the actor's endpoints, newest first."""
        return self._endpoints.page(actor.user_id, limit=limit, after=after)

    def get(self, actor: Actor, endpoint_id: str) -> Endpoint:
        """Return one of the actor's endpoints.

        Raises:
            EndpointNotFound: the actor has no such endpoint.
        """
        endpoint = self._endpoints.find(actor.user_id, endpoint_id)
        if endpoint is None:
            raise EndpointNotFound
        return endpoint

    def create(
        self,
        actor: Actor,
        url: str,
        event_types: tuple[str, ...],
        description: str = "",
        idempotency_key: IdempotencyKey | None = None,
    ) -> IdempotentResult[EndpointWithSecret]:
        """Create an endpoint with a new secret.

        Raises:
            Unprocessable: the address is not allowed, or an event type is unknown.
            TooManyEndpoints: the actor has ten.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
            Unavailable: the service that encrypts secrets doesn't respond.
        """
        types = _known_types(event_types)
        self._require_address(url)

        def create() -> EndpointWithSecret:
            count, counter = self._endpoints.counted(actor.user_id)
            if count >= MAX_ENDPOINTS:
                raise TooManyEndpoints
            now = self._clock()
            draft = Endpoint(new_id(now), actor.user_id, url, types, now, secret="", description=description)
            created = self._with_new_secret(draft)
            writes = self._endpoints.writes()
            self._idempotency.add(writes, idempotency_key, {"webhook_endpoint": draft.id})
            self._endpoints.add(writes, created.endpoint, counter)
            self._wallets.add(writes, actor=actor)
            writes.commit()
            return created

        return self._idempotency.execute(
            idempotency_key, lambda: retry_on_conflict(create), lambda result: self._revealed(actor, result)
        )

    def change(self, actor: Actor, endpoint_id: str, change: EndpointChange) -> Endpoint:
        """Change an endpoint. Pending deliveries of a disabled endpoint fail; they can be sent again.

        Raises:
            EndpointNotFound: the actor has no such endpoint.
            Unprocessable: the address is not allowed, or an event type is unknown.
            TokenRevoked: the actor's token is revoked.
        """
        types = None if change.event_types is None else _known_types(change.event_types)
        if change.url is not None:
            self._require_address(change.url)

        def apply() -> Endpoint:
            before = self.get(actor, endpoint_id)
            after = replace(
                before,
                url=before.url if change.url is None else change.url,
                event_types=before.event_types if types is None else types,
                description=before.description if change.description is None else change.description,
                failing_since=before.failing_since if change.url in (None, before.url) else None,
            )
            if change.enabled is not None:
                after = after.switched(enabled=change.enabled)
            if after != before:
                writes = self._endpoints.writes()
                self._endpoints.add_change(writes, before, after)
                self._wallets.add(writes, actor=actor)
                writes.commit()
            return after

        changed = retry_on_conflict(apply)
        if not changed.enabled:
            self._wakeups.try_send([delivery_job(actor.user_id, endpoint_id)])
        return changed

    def delete(
        self, actor: Actor, endpoint_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[None]:
        """Delete an endpoint; its pending deliveries fail.

        Raises:
            EndpointNotFound: the actor has no such endpoint.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
        """

        def delete() -> None:
            writes = self._endpoints.writes()
            self._idempotency.add(writes, idempotency_key, {"webhook_endpoint": endpoint_id})
            self._endpoints.add_removal(writes, actor.user_id, endpoint_id)
            self._wallets.add(writes, actor=actor)
            writes.commit()
            self._wakeups.try_send([delivery_job(actor.user_id, endpoint_id)])

        return self._idempotency.execute(idempotency_key, delete, lambda _: None)

    def rotate_secret(
        self, actor: Actor, endpoint_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[EndpointWithSecret]:
        """Replace the secret of an endpoint. For 24 hours both secrets sign.

        Raises:
            EndpointNotFound: the actor has no such endpoint.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
            Unavailable: the service that encrypts secrets doesn't respond.
        """

        def rotate() -> EndpointWithSecret:
            before = self.get(actor, endpoint_id)
            drawn = self._with_new_secret(before)
            after = before.rotated(drawn.endpoint.secret, self._real_time())
            writes = self._endpoints.writes()
            self._idempotency.add(writes, idempotency_key, {"webhook_endpoint": endpoint_id})
            self._endpoints.add_change(writes, before, after)
            self._wallets.add(writes, actor=actor)
            writes.commit()
            return EndpointWithSecret(after, drawn.secret)

        return self._idempotency.execute(
            idempotency_key, lambda: retry_on_conflict(rotate), lambda result: self._revealed(actor, result)
        )

    def send_test(
        self, actor: Actor, endpoint_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[Delivery]:
        """Send a test event to an endpoint alone.

        Raises:
            EndpointNotFound: the actor has no such endpoint.
            EndpointDisabled: it is disabled.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
        """

        def send() -> Delivery:
            endpoint, now = self.get(actor, endpoint_id), self._clock()
            endpoint.require_enabled()
            data = {"endpoint_id": endpoint.id}
            event = Event(new_id(now), ENDPOINT_TEST, now, data, (actor.user_id,))
            writes = self._endpoints.writes()
            self._idempotency.add(writes, idempotency_key, {"delivery": event.id})
            self._endpoints.add_enabled(writes, endpoint)
            created = self._webhooks.add_delivery(writes, endpoint, event)
            self._wallets.add(writes, actor=actor)
            writes.commit()
            self._wakeups.try_send([delivery_job(actor.user_id, endpoint_id, event.id)])
            return Delivery(endpoint.id, actor.user_id, event, DeliveryStatus.PENDING, created, created)

        return self._idempotency.execute(
            idempotency_key,
            lambda: retry_on_conflict(send),
            lambda result: self._find_delivery(endpoint_id, result["delivery"]),
        )

    def deliveries(
        self, actor: Actor, endpoint_id: str, status: DeliveryStatus | None, *, limit: int, after: Key | None
    ) -> Page[Delivery]:
        """Return deliveries of one of the actor's endpoints, newest event first.

        Raises:
            EndpointNotFound: the actor has no such endpoint.
        """
        self.get(actor, endpoint_id)
        return self._deliveries.page(endpoint_id, status, limit=limit, after=after)

    def send_again(
        self, actor: Actor, endpoint_id: str, event_id: str, idempotency_key: IdempotencyKey | None = None
    ) -> IdempotentResult[Delivery]:
        """Send an event again, with the same id, at the start of the schedule.

        Raises:
            EndpointNotFound: the actor has no such endpoint.
            EndpointDisabled: it is disabled.
            DeliveryNotFound: the endpoint has no delivery of this event.
            TokenRevoked: the actor's token is revoked.
            IdempotencyKeyReused: the key was used for another request.
        """

        def send() -> Delivery:
            endpoint = self.get(actor, endpoint_id)
            before = self._find_delivery(endpoint_id, event_id)
            endpoint.require_enabled()
            after = before.sent_again(self._real_time())
            writes = self._endpoints.writes()
            self._idempotency.add(writes, idempotency_key, {"delivery": event_id})
            self._endpoints.add_enabled(writes, endpoint)
            self._deliveries.add_save(writes, before, after)
            self._wallets.add(writes, actor=actor)
            writes.commit()
            self._wakeups.try_send([delivery_job(actor.user_id, endpoint_id, event_id)])
            return after

        return self._idempotency.execute(
            idempotency_key,
            lambda: retry_on_conflict(send),
            lambda result: self._find_delivery(endpoint_id, result["delivery"]),
        )

    def page_of_failed(self, actor: Actor, *, limit: int, after: Key | None) -> Page[Delivery]:
        """Return failed deliveries of all users, newest event first.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        return self._deliveries.page_of_failed(limit=limit, after=after)

    def _find_delivery(self, endpoint_id: str, event_id: str) -> Delivery:
        delivery = self._deliveries.find(endpoint_id, event_id)
        if delivery is None:
            raise DeliveryNotFound
        return delivery

    def _revealed(self, actor: Actor, result: Mapping[str, str]) -> EndpointWithSecret:
        """Show a secret again to a client that repeats a request, because it may have lost the response."""
        endpoint = self.get(actor, result["webhook_endpoint"])
        return EndpointWithSecret(endpoint, self._cipher().decrypt(cipher_subject(endpoint), endpoint.secret))

    def _with_new_secret(self, endpoint: Endpoint) -> EndpointWithSecret:
        secret = new_secret()
        encrypted = self._cipher().encrypt(cipher_subject(endpoint), secret)
        return EndpointWithSecret(replace(endpoint, secret=encrypted), secret)

    def _require_address(self, url: str) -> None:
        try:
            self._client.check(url, seconds=_RESOLUTION_SECONDS)
        except InvalidAddress as error:
            raise Unprocessable(errors=(("url", str(error)),)) from None


def _known_types(names: Iterable[str]) -> tuple[str, ...]:
    """Return types without repetitions.

    Raises:
        Unprocessable: a type is unknown, or ``*`` isn't alone.
    """
    types = tuple(dict.fromkeys(names))
    if ALL_TYPES in types and len(types) > 1:
        raise Unprocessable(errors=(("event_types", f"must be event types, or {ALL_TYPES} alone"),))
    unknown = [name for name in types if name != ALL_TYPES and name not in CATALOGUE]
    if unknown or not types:
        raise Unprocessable(errors=(("event_types", "must be event types, such as loan.funded"),))
    return types
