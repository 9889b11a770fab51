"""Run jobs for operators."""

from chalicelib.admin.domain.audit import AuditAction, AuditContext, AuditEvent
from chalicelib.admin.service.audit_log import AuditLog
from chalicelib.jobs.run_repository import JobRun
from chalicelib.jobs.runner import JobRunner
from chalicelib.jobs.schedule import job_named
from chalicelib.shared.actor import Actor, Role


class JobAdminService:
    def __init__(self, runner: JobRunner, audit_log: AuditLog) -> None:
        self._runner = runner
        self._audit_log = audit_log

    def run(self, actor: Actor, name: str, context: AuditContext) -> JobRun:
        """Run a job now. The audit entry is written first, so it exists even if the job fails.

        Raises:
            RoleRequired: the actor is not an operator.
            JobNotFound: there is no such job.
        """
        actor.must_be(Role.ADMIN)
        job = job_named(name)
        writes = self._audit_log.writes()
        self._audit_log.add(writes, actor, AuditEvent(AuditAction.RUN_TASK, f"task:{job.value}", context))
        writes.commit()
        return self._runner.run(job)
