"""Audit entries: the actor, action, subject, time, reason and request of what operators do, and security events."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Final

from chalicelib.shared.ids import moment_of


class AuditAction(StrEnum):
    FREEZE_USER = "FREEZE_USER"
    UNFREEZE_USER = "UNFREEZE_USER"
    DISABLE_USER = "DISABLE_USER"
    ENABLE_USER = "ENABLE_USER"
    SIGN_OUT_USER = "SIGN_OUT_USER"
    RESCHEDULE_LOAN = "RESCHEDULE_LOAN"
    PROPOSE_RESCHEDULE = "PROPOSE_RESCHEDULE"
    ACCEPT_RESCHEDULE = "ACCEPT_RESCHEDULE"
    CREATE_PAYOUT = "CREATE_PAYOUT"
    REJECT_WITHDRAWAL = "REJECT_WITHDRAWAL"
    RUN_TASK = "RUN_TASK"
    CLEAR_CACHE = "CLEAR_CACHE"
    IMPORT_STATEMENT = "IMPORT_STATEMENT"
    ASSIGN_BANK_LINE = "ASSIGN_BANK_LINE"
    REJECT_BANK_LINE = "REJECT_BANK_LINE"
    ADVANCE_CLOCK = "ADVANCE_CLOCK"
    ALLOW_ADDRESS = "ALLOW_ADDRESS"
    VIEW_DATA = "VIEW_DATA"
    REQUEST_REFUSED = "REQUEST_REFUSED"
    SIGN_IN_FAILED = "SIGN_IN_FAILED"
    NEW_SIGN_IN = "NEW_SIGN_IN"
    PASSWORD_CHANGED = "PASSWORD_CHANGED"
    EMAIL_CHANGED = "EMAIL_CHANGED"
    REFRESH_TOKEN_REUSED = "REFRESH_TOKEN_REUSED"

    @property
    def is_by_anyone(self) -> bool:
        """True for events that any caller can cause, in any number."""
        return self in _BY_ANYONE


_BY_ANYONE: Final = (
    AuditAction.REQUEST_REFUSED,
    AuditAction.SIGN_IN_FAILED,
    AuditAction.NEW_SIGN_IN,
    AuditAction.PASSWORD_CHANGED,
    AuditAction.EMAIL_CHANGED,
    AuditAction.REFRESH_TOKEN_REUSED,
)


@dataclass(frozen=True, slots=True)
class AuditContext:
    reason: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An action and its subject: ``user:<id>``, ``loan:<id>``, ``task:<name>``, ``cache``, ``clock``, or a list."""

    action: AuditAction
    subject: str
    context: AuditContext = AuditContext()
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A stored audit event. Entries are never changed or deleted; security events expire.

    Args:
        actor_id: the user who acted; None for a failed sign-in.
        expires_at: when the retention period of a security event ends; None for what operators did.
    """

    id: str
    actor_id: str | None
    actor_username: str | None
    action: AuditAction
    subject: str
    details: Mapping[str, str]
    request_id: str
    expires_at: datetime | None = None

    @property
    def at(self) -> datetime:
        return moment_of(self.id)
