"""The audit trail: who did what to what, when, why and in which request."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from chalicelib.shared.ids import moment_of


class AuditAction(StrEnum):
    """What operators do."""

    FREEZE_USER = "FREEZE_USER"
    UNFREEZE_USER = "UNFREEZE_USER"
    RESCHEDULE_LOAN = "RESCHEDULE_LOAN"
    RUN_TASK = "RUN_TASK"
    CLEAR_CACHE = "CLEAR_CACHE"


@dataclass(frozen=True, slots=True)
class AuditContext:
    """Why an operator acts, in the operator's own words, and in which request."""

    reason: str = ""
    request_id: str = ""


@dataclass(frozen=True, slots=True)
class AuditEvent:
    """What an operator did: ``subject`` is ``user:<id>``, ``loan:<id>`` or the name of what was acted on."""

    action: AuditAction
    subject: str
    occasion: AuditContext = AuditContext()
    details: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """A deed as it was written down; nothing changes or deletes it."""

    id: str
    actor_id: str
    actor_username: str
    action: str
    subject: str
    details: Mapping[str, str]
    request_id: str

    @property
    def at(self) -> datetime:
        """When it was written down."""
        return moment_of(self.id)
