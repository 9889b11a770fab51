"""The delivery worker: sends the pending deliveries of one endpoint, retries them, and disables endpoints that fail.

The table holds the work, and jobs only wake the worker up. A worker can die at any point: a message that was sent and
not recorded is sent again with the same id, and the lease of an endpoint ends by itself.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import cache, partial
from math import ceil
from typing import Final

from chalicelib.dynamodb.errors import OptimisticLockError
from chalicelib.dynamodb.retry import retry_on_conflict
from chalicelib.events.domain.catalogue import ENDPOINT_DISABLED
from chalicelib.events.domain.delivery import FAILING_LIMIT, Attempt, Delivery, DeliveryNotFound, message_body
from chalicelib.events.domain.event import Event
from chalicelib.events.domain.webhook import DeliveryStatus, DisabledReason, Endpoint, EndpointNotFound
from chalicelib.events.repository.deliveries import DeliveryRepository
from chalicelib.events.repository.endpoints import EndpointRepository, LeaseHeld
from chalicelib.events.service.publisher import EventPublisher
from chalicelib.events.service.wakeups import Wakeups, delivery_job
from chalicelib.events.service.webhook_client import WebhookClient, WebhookSession
from chalicelib.jobs.deadline import Deadline
from chalicelib.jobs.queue import LONGEST_DELAY_SECONDS, BackgroundJob
from chalicelib.observability import metrics
from chalicelib.shared.clock import Clock
from chalicelib.shared.ids import new_id
from chalicelib.shared.webhook_signatures import secret_bytes, signed_headers
from chalicelib.transfers.account_cipher import AccountCipher

MESSAGES: Final = 4
"""Messages that one endpoint gets at the same time; while it fails, it gets one."""
PAUSE_SECONDS: Final = 5
"""The pause of an endpoint after a failed attempt, which holds for every worker."""
MAX_PAUSE_SECONDS: Final = 60
"""The pause of an endpoint that has been failing slowly for two minutes, so that it occupies few workers."""
LEASE: Final = timedelta(seconds=45)
"""Longer than a round: its seconds, one more attempt, and the writes of its results."""
_ROUND_SECONDS: Final = 20
_SLOW_MS: Final = 1000
_BATCH: Final = 20
_MARGIN: Final = timedelta(milliseconds=500)
"""A pause ends before the job that follows it arrives."""


@dataclass(frozen=True, slots=True)
class _Lease:
    """An endpoint that this worker drains, with the name of the worker."""

    endpoint: Endpoint
    owner: str


@dataclass(frozen=True, slots=True)
class _Sender:
    """Sends messages of one round; ``key_of`` decrypts secrets."""

    session: WebhookSession
    real_time: Clock
    pool: ThreadPoolExecutor
    key_of: Callable[[str], bytes]

    def send(self, endpoint: Endpoint, deliveries: Sequence[Delivery]) -> list[Attempt]:
        """Send messages at the same time, each once."""
        keys = [self.key_of(secret) for secret in endpoint.secrets(self.real_time())]
        return list(self.pool.map(partial(self._attempt, endpoint.url, keys), deliveries))

    def _attempt(self, url: str, keys: Sequence[bytes], delivery: Delivery) -> Attempt:
        now = self.real_time()
        body = message_body(delivery.event)
        response = self.session.post(url, body, signed_headers(keys, delivery.event.id, now, body))
        return Attempt(now, response.status_code, response.error, response.duration_ms, response.excerpt)


class DeliveryService:
    """Delivers events to webhook endpoints.

    Args:
        client: sends messages.
        cipher: returns the cipher of the endpoints' secrets.
        publisher: publishes that an endpoint was disabled.
        clock: business time, of events.
        real_time: the time of attempts, leases and signatures.
    """

    def __init__(
        self,
        endpoints: EndpointRepository,
        deliveries: DeliveryRepository,
        client: WebhookClient,
        cipher: Callable[[], AccountCipher],
        publisher: EventPublisher,
        wakeups: Wakeups,
        clock: Clock,
        real_time: Clock,
    ) -> None:
        self._endpoints = endpoints
        self._deliveries = deliveries
        self._client = client
        self._cipher = cipher
        self._publisher = publisher
        self._wakeups = wakeups
        self._clock = clock
        self._real_time = real_time
        self.lease = LEASE

    def drain(self, job: BackgroundJob) -> int:
        """Send the due deliveries of an endpoint; return the number of attempts.

        If another worker drains the endpoint, that one looks again instead. The job names a delivery that the index
        may not show yet.
        """
        user_id, _, endpoint_id = job.subject.partition("#")
        endpoint = self._endpoints.find(user_id, endpoint_id)
        if endpoint is None or not endpoint.enabled:
            return self._give_up_pending(job, endpoint_id)
        lease = retry_on_conflict(lambda: self._lease(endpoint))
        if lease is None:
            return 0
        try:
            return self._drain(lease, job)
        except Exception:
            self._endpoints.hand_over(lease.endpoint, lease.owner)
            raise

    def _lease(self, endpoint: Endpoint) -> _Lease | None:
        """Take the lease of an endpoint; None if another worker has it and will look again, or it was deleted."""
        now = self._real_time()
        owner = new_id(now)
        try:
            taken = self._endpoints.take_lease(endpoint.user_id, endpoint.id, owner, now, now + self.lease)
        except EndpointNotFound:
            return None
        except LeaseHeld:
            self._endpoints.want(endpoint.user_id, endpoint.id)
            return None
        return _Lease(taken, owner)

    def _drain(self, lease: _Lease, job: BackgroundJob) -> int:
        """Send due deliveries in batches until there are none, an attempt fails, or the round is over."""
        count, deadline, named = 0, Deadline(_ROUND_SECONDS), job.key
        with self._client.session() as session, ThreadPoolExecutor(MESSAGES) as pool:
            sender = _Sender(session, self._real_time, pool, cache(partial(self._decrypt, lease.endpoint)))
            while not deadline.is_over:
                batch, named = self._due(lease.endpoint, named), ""
                if not batch and self._endpoints.release(lease.endpoint, lease.owner):
                    return count
                if not batch:
                    self._endpoints.clear_wanted(lease.endpoint, lease.owner)
                    continue
                attempts, pause_seconds = self._send(lease, batch, sender, deadline)
                count += attempts
                endpoint = self._endpoints.find(lease.endpoint.user_id, lease.endpoint.id)
                if pause_seconds or endpoint is None or not endpoint.enabled:
                    self._resume(lease, pause_seconds)
                    return count
                lease = replace(lease, endpoint=endpoint)
        self._resume(lease)
        return count

    def _send(self, lease: _Lease, batch: Sequence[Delivery], sender: _Sender, deadline: Deadline) -> tuple[int, int]:
        """Send a batch until an attempt fails or the round is over.

        Returns:
            The number of attempts, and the seconds for which the endpoint pauses: 0 if none failed.
        """
        size = 1 if lease.endpoint.failing_since else MESSAGES
        for start in range(0, len(batch), size):
            part = batch[start : start + size]
            attempts = sender.send(lease.endpoint, part)
            saved = self._record(lease, part, attempts)
            if not all(attempt.is_success for attempt in attempts):
                self._wake_for_retries(lease.endpoint, saved)
                return start + len(part), self._pause_seconds(lease.endpoint, attempts)
            if deadline.is_over:
                return start + len(part), 0
        return len(batch), 0

    def _pause_seconds(self, endpoint: Endpoint, attempts: Sequence[Attempt]) -> int:
        """Return the pause after a failure: half the time since the first failure for a slow one, within limits."""
        since, now = endpoint.failing_since, self._real_time()
        if since is None or all(attempt.duration_ms < _SLOW_MS for attempt in attempts):
            return PAUSE_SECONDS
        return min(MAX_PAUSE_SECONDS, max(PAUSE_SECONDS, int((now - since).total_seconds() / 2)))

    def _decrypt(self, endpoint: Endpoint, secret: str) -> bytes:
        return secret_bytes(self._cipher().decrypt(cipher_subject(endpoint), secret))

    def _due(self, endpoint: Endpoint, named: str) -> list[Delivery]:
        now = self._real_time()
        due = self._deliveries.due(endpoint.id, now, limit=_BATCH)
        if named and all(each.event.id != named for each in due):
            delivery = self._deliveries.find(endpoint.id, named)
            if delivery is not None and delivery.is_due(now):
                due.append(delivery)
        return due

    def _record(self, lease: _Lease, deliveries: Sequence[Delivery], attempts: Sequence[Attempt]) -> list[Delivery]:
        """Store the results of attempts; disable the endpoint if it is gone or has failed for too long."""
        endpoint, now = lease.endpoint, self._real_time()
        results = list(zip(deliveries, attempts, strict=True))
        if any(attempt.is_success for attempt in attempts):
            if endpoint.failing_since is not None:
                self._endpoints.set_failing_since(endpoint, lease.owner, None)
            is_failing = False
        else:
            since = endpoint.failing_since
            is_failing = since is not None and now - since > FAILING_LIMIT
            if since is None:
                self._endpoints.set_failing_since(endpoint, lease.owner, now)
        reasons = [DisabledReason.GONE if each.is_gone else DisabledReason.FAILING for each in attempts]
        last = next((number for number, each in enumerate(attempts) if each.is_gone or is_failing), None)
        saved = [self._save(*result) for number, result in enumerate(results) if number != last]
        if last is not None:  # after the other attempts, which a worker that died here would not record
            saved.append(self._disable(endpoint, reasons[last], *results[last]) or self._save(*results[last]))
        for delivery in saved:
            _count(delivery)
        return saved

    def _save(self, delivery: Delivery, attempt: Attempt) -> Delivery:
        """Store an attempt with the delivery as it is now: its owner may have sent it again meanwhile."""

        def save(before: Delivery) -> Delivery:
            after = before.after(attempt, self._real_time())
            self._deliveries.save(before, after)
            return after

        def save_again() -> Delivery:
            before = self._deliveries.find(delivery.endpoint_id, delivery.event.id)
            if before is None:
                raise DeliveryNotFound
            return before if attempt in before.attempts else save(before)  # the response to a write was lost

        try:
            return save(delivery)
        except OptimisticLockError:
            return retry_on_conflict(save_again)

    def _disable(
        self, endpoint: Endpoint, reason: DisabledReason, delivery: Delivery, attempt: Attempt
    ) -> Delivery | None:
        """Disable an endpoint, with the attempt that was the reason and the event for its owner, in one transaction.

        Returns:
            The delivery; None if the endpoint is disabled already, or the delivery was changed.
        """
        after = delivery.after(attempt, self._real_time(), is_last=True)
        event = Event.of(
            ENDPOINT_DISABLED,
            self._clock(),
            {"endpoint_id": endpoint.id, "reason": reason.value},
            subject=endpoint.id,
            discriminator=str(endpoint.version),
            recipients=(endpoint.user_id,),
        )
        writes = self._endpoints.writes()
        self._endpoints.add_disabled(writes, endpoint, reason)
        self._deliveries.add_save(writes, delivery, after)
        jobs = self._publisher.add(writes, endpoint.user_id, event, without=endpoint.id)
        try:
            writes.commit()
        except OptimisticLockError:
            return None
        metrics.count("WebhookEndpointsDisabled")
        self._wakeups.send(jobs)
        return after

    def _resume(self, lease: _Lease, pause_seconds: int = 0) -> None:
        """End the round; a job goes on with the deliveries that are due. Until then no other worker does."""
        endpoint, now = lease.endpoint, self._real_time()
        self._wakeups.send([delivery_job(endpoint.user_id, endpoint.id)], delay_seconds=pause_seconds)
        if pause_seconds:
            self._endpoints.pause(endpoint, lease.owner, now + timedelta(seconds=pause_seconds) - _MARGIN)
        else:
            self._endpoints.hand_over(endpoint, lease.owner)

    def _wake_for_retries(self, endpoint: Endpoint, deliveries: Iterable[Delivery]) -> None:
        """Send jobs for attempts that are due within the longest delay of a queue, except the next round's."""
        now = self._real_time()
        for delivery in deliveries:
            seconds = ceil((delivery.next_attempt_at - now).total_seconds()) if delivery.next_attempt_at else 0
            if PAUSE_SECONDS < seconds <= LONGEST_DELAY_SECONDS:
                job = delivery_job(endpoint.user_id, endpoint.id, delivery.event.id)
                self._wakeups.send([job], delay_seconds=seconds)

    def _give_up_pending(self, job: BackgroundJob, endpoint_id: str) -> int:
        """End the pending deliveries of an endpoint that is disabled or deleted; return their number."""
        count, deadline = 0, Deadline(_ROUND_SECONDS)
        while pending := self._deliveries.pending(endpoint_id, limit=_BATCH):
            for delivery in pending:
                try:
                    self._deliveries.save(delivery, delivery.given_up())
                except OptimisticLockError:
                    continue  # a worker that began before records its attempt
                count += 1
                metrics.count("WebhookDeliveriesGivenUp")
            if deadline.is_over:
                self._wakeups.send([job])
                break
        return count


def cipher_subject(endpoint: Endpoint) -> str:
    """Return the name to which the encryption binds an endpoint's secrets."""
    return f"{endpoint.user_id}#{endpoint.id}"


def _count(delivery: Delivery) -> None:
    attempt = delivery.attempts[-1]
    metrics.count("WebhookAttempts")
    metrics.count("WebhookAttemptMilliseconds", attempt.duration_ms)
    if attempt.is_success:
        metrics.count("WebhookDeliveriesSucceeded")
        return
    metrics.count("WebhookAttemptsFailed")
    if delivery.status is DeliveryStatus.FAILED:
        metrics.count("WebhookDeliveriesGivenUp")
