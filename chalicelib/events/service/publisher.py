"""Publish events: to each recipient with its deliveries and notifications, in one transaction, once."""

from collections.abc import Iterable
from typing import Final

from chalicelib.dynamodb.errors import AlreadyWrittenError
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.events.domain.event import Event
from chalicelib.events.domain.loan_types import OFFER_DECLINED
from chalicelib.events.domain.webhook import Endpoint
from chalicelib.events.repository.events import EventRepository
from chalicelib.events.repository.webhooks import WebhookRepository
from chalicelib.events.service.inbox import Inbox
from chalicelib.events.service.wakeups import FAN_OUT, Wakeups, delivery_job
from chalicelib.jobs.deadline import Deadline
from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.service.queries import LoanQueries

_LENDERS: Final = 100
_FAN_OUT_SECONDS: Final = 30


class EventPublisher:
    """Publishes events. Each step may be repeated, overlap with itself, or die at any point.

    Args:
        inbox: adds notifications and emails to the transaction of a recipient.
        loans: gives the lenders of a loan.
        wakeups: tells workers what there is to do.
    """

    def __init__(
        self,
        events: EventRepository,
        webhooks: WebhookRepository,
        inbox: Inbox,
        loans: LoanQueries,
        wakeups: Wakeups,
    ) -> None:
        self._events = events
        self._webhooks = webhooks
        self._inbox = inbox
        self._loans = loans
        self._wakeups = wakeups

    def publish(self, events: Iterable[Event]) -> int:
        """Record events for their recipients and wake the workers up; return the number of new records."""
        recorded = 0
        jobs: list[BackgroundJob] = []
        for event in events:
            for user_id in event.recipients:
                sent = self.record(user_id, event)
                recorded += sent is not None
                jobs += sent or ()
            if event.lenders_of is not None and self._events.add_fan_out(event, event.lenders_of):
                jobs.append(BackgroundJob(FAN_OUT, event.id))
        self._wakeups.send(jobs)
        return recorded

    def record(self, user_id: str, event: Event) -> list[BackgroundJob] | None:
        """Record an event for one recipient, with its deliveries, its notification and its email.

        Returns:
            The jobs to send; None if the recipient has the event.
        """
        writes = self._events.writes()
        jobs = self.add(writes, user_id, event)
        try:
            writes.commit()
        except AlreadyWrittenError:
            return None
        return jobs

    def add(
        self, writes: WriteTransaction, user_id: str, event: Event, *, without: str | None = None
    ) -> list[BackgroundJob]:
        """Add an event of one recipient to a transaction, as `record` writes it.

        Args:
            without: id of an endpoint that doesn't get it.

        Returns:
            The jobs to send after the commit, which raises AlreadyWrittenError if the recipient has the event.
        """
        self._events.add_event(writes, user_id, event)
        jobs = []
        for endpoint in self._webhooks.endpoints_of(user_id):
            if endpoint.id != without and _is_delivered(event, endpoint):
                self._webhooks.add_delivery(writes, endpoint, event)
                jobs.append(delivery_job(user_id, endpoint.id, event.id))
        jobs += self._inbox.add(writes, user_id, event)
        return jobs

    def fan_out(self, job: BackgroundJob) -> int:
        """Publish an event to all lenders of a loan; return the number of new records.

        A declined offer is an event of the lenders whose offers the loan did not take.
        A long list is continued by another job from the lender that was reached.
        """
        found = self._events.find_fan_out(job.subject)
        if found is None:
            return 0
        deadline, recorded, after = Deadline(_FAN_OUT_SECONDS), 0, found.after
        is_declined = found.event.type == OFFER_DECLINED
        while True:
            lenders, after = self._loans.lenders_of(
                found.loan_id, limit=_LENDERS, after=after, declined=is_declined, at=found.event.created_at
            )
            jobs: list[BackgroundJob] = []
            for lender_id in lenders:
                sent = self.record(lender_id, found.event)
                recorded += sent is not None
                jobs += sent or ()
            self._wakeups.send(jobs)
            if after is None:
                self._events.delete_fan_out(job.subject)
                return recorded
            self._events.set_fan_out_position(job.subject, after)
            if deadline.is_over:
                self._wakeups.send([job])
                return recorded


def _is_delivered(event: Event, endpoint: Endpoint) -> bool:
    """Return whether an endpoint gets an event. The times of stream records are whole seconds."""
    return endpoint.wants(event.type) and endpoint.created_at.replace(microsecond=0) <= event.created_at
