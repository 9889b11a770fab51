"""Notifications of the payment provider: verified, applied once, and listed for operators if they are impossible."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final

from chalicelib.dynamodb.errors import AlreadyWrittenError
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.observability.logging import logger, raise_alarm
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import Clock
from chalicelib.transfers.domain.decision import Decision
from chalicelib.transfers.domain.notification import Notification, NotificationOutcome, NotificationType
from chalicelib.transfers.domain.transfer import Transfer, TransferNotFound
from chalicelib.transfers.providers.port import PaymentProvider, ProviderNotification
from chalicelib.transfers.repository.notifications import NotificationRepository
from chalicelib.transfers.service.transfers import TransferService

REFUSED_NOTIFICATIONS: Final = "RefusedNotifications"
"""Alarm: the provider reported something that the state of a transfer does not allow."""
_UNKNOWN: Final = "There is no such transfer."
_REUSED: Final = "The id was used for another notification."
_BOOKED_BY_STATEMENT: Final = "Bank statements settle and return transfers; only a failure can be reported."
Addition = Callable[[WriteTransaction, Decision], None]
"""Adds something that belongs to a notification to its transaction."""


@dataclass(frozen=True, slots=True)
class RefusedPage:
    """Refused notifications, newest first; ``position`` is what the next page follows, None on the last page."""

    notifications: tuple[Notification, ...]
    position: str | None


class NotificationService:
    """Receives what the payment provider reports.

    Args:
        provider: verifies and reads notifications.
        repository: their records.
        transfers: applies them.
        clock: business time.
        statements_book_cash: whether bank statements settle and return transfers. A notification that does so is
            refused, because the statement books the same cash.
    """

    def __init__(
        self,
        provider: PaymentProvider,
        repository: NotificationRepository,
        transfers: TransferService,
        clock: Clock,
        *,
        statements_book_cash: bool = False,
    ) -> None:
        self._provider = provider
        self._repository = repository
        self._transfers = transfers
        self._clock = clock
        self._statements_book_cash = statements_book_cash

    def receive(
        self,
        headers: Mapping[str, str],
        body: bytes,
        *,
        actor: Actor | None = None,
        addition: Addition | None = None,
    ) -> Transfer | None:
        """Verify a notification, and apply and record it once, in one transaction.

        Args:
            headers: by name in lower case.
            body: exactly as it was received.
            actor: the user who caused it in the sandbox.
            addition: adds something that belongs to the same transaction.

        Returns:
            The transfer afterwards; None if it names none, or reports cash that a bank statement books.

        Raises:
            InvalidSignature: it is not signed by the provider, or is too old.
            Unprocessable: it has another form.
        """
        received = self._provider.parse_notification(headers, body)
        if self._statements_book_cash and received.event.type is not NotificationType.FAILED:
            self._record_refused(received, _BOOKED_BY_STATEMENT)
            return None
        if received.event.type is NotificationType.RETURNED and self._is_recorded(received):
            stored = self._transfers.find_many([received.transfer_id]).get(received.transfer_id)
            return stored and self._transfers.complete(stored)

        def record(writes: WriteTransaction, decision: Decision) -> None:
            self._add_record(writes, received, decision.outcome, decision.reason)
            if addition is not None:
                addition(writes, decision)

        try:
            applied = self._transfers.apply(received.transfer_id, received.event, record, actor=actor)
        except TransferNotFound:
            self._record_refused(received, _UNKNOWN)
            return None
        if applied.outcome is NotificationOutcome.REFUSED:
            self._raise_alarm(received, applied.reason)
        return applied.transfer

    def page_of_refused(self, actor: Actor, *, limit: int, before: str | None = None) -> RefusedPage:
        """Return notifications that were refused, newest first.

        Raises:
            RoleRequired: the actor is not an operator.
        """
        actor.must_be(Role.ADMIN)
        page, position = self._repository.page_of_refused(limit=limit, before=before)
        return RefusedPage(page.items, position)

    def _is_recorded(self, received: ProviderNotification) -> bool:
        """Return whether a notification with this id was recorded before, and alarm if it said something else."""
        recorded = self._repository.find(received.event_id)
        if recorded is None:
            return False
        if (recorded.transfer_id, recorded.event) != (received.transfer_id, received.event):
            self._raise_alarm(received, _REUSED)
        return True

    def _record_refused(self, received: ProviderNotification, reason: str) -> None:
        """Record a notification that no transfer can take, and raise the alarm unless it was recorded before."""
        writes = self._transfers.writes()
        self._add_record(writes, received, NotificationOutcome.REFUSED, reason)
        try:
            writes.commit()
        except AlreadyWrittenError:
            return
        self._raise_alarm(received, reason)

    def _add_record(
        self, writes: WriteTransaction, received: ProviderNotification, outcome: NotificationOutcome, reason: str
    ) -> None:
        notification = Notification(
            received.event_id, received.transfer_id, received.event, outcome, self._clock(), reason
        )
        self._repository.add(writes, notification)

    def _raise_alarm(self, received: ProviderNotification, reason: str) -> None:
        fields = {"transfer": received.transfer_id, "report": received.event.type.value, "reason": reason}
        logger().warning("notification refused", extra=fields)
        raise_alarm(REFUSED_NOTIFICATIONS, 1)
