"""Running tasks by hand: the audit entry first, then the task."""

from __future__ import annotations

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.jobs.runner import JobRunner
from chalicelib.jobs.schedule import JobRun, job_named
from chalicelib.shared.actor import Actor, Role


class JobAdminService:
    """Where operators start what the clock starts otherwise."""

    def __init__(self, tasks: JobRunner, trail: AuditLog) -> None:
        self._tasks = tasks
        self._trail = trail

    def run(self, actor: Actor, name: str, occasion: AuditContext) -> JobRun:
        """Run a task now. That it was asked for stands in the trail even if it then fails.

        Raises:
            RoleRequired: the actor is no operator.
            NoSuchTask
        """
        actor.must_be(Role.ADMIN)
        task = job_named(name)
        writes = self._trail.writes()
        self._trail.add(writes, actor, AuditEvent(AuditAction.RUN_TASK, f"task:{task.value}", occasion))
        writes.commit()
        return self._tasks.run_by_hand(actor, task)
