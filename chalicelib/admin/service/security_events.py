"""Record security events in the audit log: operators' views, refused requests, sign-ins, changes of accounts."""

from collections.abc import Mapping, Sequence
from typing import Final

from botocore.exceptions import BotoCoreError, ClientError

from chalicelib.admin.domain.audit import AuditAction, AuditEntry
from chalicelib.admin.repository import AuditRepository
from chalicelib.api.rate_limiting.fixed_window import FixedWindowLimiter, LimitExceeded
from chalicelib.api.security_log import LogPseudonyms, SecurityEvent
from chalicelib.dynamodb.transaction import WriteTransaction
from chalicelib.observability.logging import logger
from chalicelib.shared.actor import Actor
from chalicelib.shared.clock import Clock
from chalicelib.shared.errors import AppError, Unavailable
from chalicelib.shared.ids import new_id
from chalicelib.shared.settings import Limit, Settings
from chalicelib.users.service.ports import AccountEvent

_MOST_REFUSALS: Final = Limit(10, 60)
"""Entries of one caller and error code per minute. Throttled requests are unlimited in number; their entries aren't."""


class SecurityEventLog:
    """Writes events, which expire after the retention period: by one put, or in the transaction of what happened."""

    def __init__(
        self,
        repository: AuditRepository,
        pseudonyms: LogPseudonyms,
        limiter: FixedWindowLimiter,
        clock: Clock,
        real_time: Clock,
        settings: Settings,
    ) -> None:
        self._repository = repository
        self._pseudonyms = pseudonyms
        self._limiter = limiter
        self._clock = clock
        self._real_time = real_time
        self._retention = settings.audit_retention

    def record_view(self, event: SecurityEvent, shown: Sequence[str]) -> None:
        """Record an operator's view.

        Raises:
            ClientError, BotoCoreError: it was not recorded.
        """
        details = {"route": event.route, **({"shown": " ".join(shown)} if shown else {})}
        entry = self._entry(AuditAction.VIEW_DATA, event.subject, details, event.request_id, event.actor)
        self._repository.record(entry, retry=True)

    def record_refusal(self, event: SecurityEvent, error: AppError) -> None:
        """Record a refused request, up to ten a minute of one caller and error code. Never raises."""
        try:
            self._limiter.admit("refusal", _MOST_REFUSALS, f"{event.actor.user_id}#{error.code}")
        except LimitExceeded:
            return
        details = {"route": event.route, "code": error.code}
        self._record_if_possible(
            AuditAction.REQUEST_REFUSED, event.subject, details, event.request_id, event.address, event.actor
        )

    def record_failed_sign_in(self, identifier: str, *, address: str, request_id: str) -> None:
        """Record a failed sign-in by pseudonyms of the submitted username or email and of the network. Never raises."""
        try:
            subject = f"identifier:{self._pseudonyms.of_identifier(identifier)}"
        except Unavailable:
            return
        self._record_if_possible(AuditAction.SIGN_IN_FAILED, subject, {}, request_id, address, None)

    def add(self, writes: WriteTransaction, event: AccountEvent) -> None:
        """Add the entry of an account's event to the transaction of what happened.

        Raises:
            Unavailable: the key of the address's pseudonym can't be read.
        """
        user = event.user
        details = {"network": self._pseudonyms.of_address(event.address)} if event.address else {}
        action, subject = AuditAction(event.kind.value), f"user:{user.id}"
        self._repository.add(writes, self._entry(action, subject, details, event.request_id, user.as_actor()))

    def _record_if_possible(
        self,
        action: AuditAction,
        subject: str,
        details: Mapping[str, str],
        request_id: str,
        address: str,
        actor: Actor | None,
    ) -> None:
        try:
            network = self._pseudonyms.of_address(address)
            entry = self._entry(action, subject, {**details, "network": network}, request_id, actor)
            self._repository.record(entry, retry=False)
        except (ClientError, BotoCoreError, Unavailable):
            logger().warning("security event not recorded", exc_info=True)

    def _entry(
        self, action: AuditAction, subject: str, details: Mapping[str, str], request_id: str, actor: Actor | None
    ) -> AuditEntry:
        return AuditEntry(
            id=new_id(self._clock()),
            actor_id=actor.user_id if actor else None,
            actor_username=actor.username if actor else None,
            action=action,
            subject=subject,
            details=details,
            request_id=request_id,
            expires_at=self._real_time() + self._retention,
        )
