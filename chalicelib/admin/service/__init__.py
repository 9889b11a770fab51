"""What operators do; each service takes the actor first and refuses everybody else."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.admin.service.accounts import AccountPage, AccountPosition, AccountService
from chalicelib.admin.service.auditing import AuditPage, AuditPosition, AuditTrail
from chalicelib.admin.service.caching import CacheDesk, CacheState, Cleared
from chalicelib.admin.service.freezing import FreezeService
from chalicelib.admin.service.rescheduling import RescheduleDesk
from chalicelib.admin.service.tasking import TaskDesk

__all__ = [
    "AccountPage",
    "AccountPosition",
    "AccountService",
    "Admin",
    "AuditPage",
    "AuditPosition",
    "AuditTrail",
    "CacheDesk",
    "CacheState",
    "Cleared",
    "FreezeService",
    "RescheduleDesk",
    "TaskDesk",
]


@dataclass(frozen=True, slots=True)
class Admin:
    """The operators' services of one platform."""

    freezes: FreezeService
    accounts: AccountService
    trail: AuditTrail
    reschedules: RescheduleDesk
    tasks: TaskDesk
    cache: CacheDesk
