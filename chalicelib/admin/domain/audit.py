"""Audit entries: the actor, action, subject, time, reason and request of everything operators do."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.shared.ids import moment_of


class AuditAction(StrEnum):
    FREEZE_USER = "FREEZE_USER"
    UNFREEZE_USER = "UNFREEZE_USER"
    DISABLE_USER = "DISABLE_USER"
    ENABLE_USER = "ENABLE_USER"
    SIGN_OUT_USER = "SIGN_OUT_USER"
    RESCHEDULE_LOAN = "RESCHEDULE_LOAN"
    RUN_TASK = "RUN_TASK"
    CLEAR_CACHE = "CLEAR_CACHE"


@dataclass(frozen=True, slots=True)
class AuditContext:
    reason: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """An action and its subject: ``user:<id>``, ``loan:<id>``, ``task:<name>`` or ``cache``."""

    action: AuditAction
    subject: str
    context: AuditContext = AuditContext()
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A stored audit event. Entries are never changed or deleted."""

    id: str
    actor_id: str
    actor_username: str
    action: str
    subject: str
    details: Mapping[str, str]
    request_id: str

    @property
    def at(self) -> datetime:
        return moment_of(self.id)
