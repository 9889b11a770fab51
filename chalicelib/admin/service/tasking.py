"""Running tasks by hand: the audit entry first, then the task."""

from __future__ import annotations

from chalicelib.admin.domain.audit import Action, Deed, Occasion
from chalicelib.admin.service.auditing import AuditTrail
from chalicelib.common.actor import Actor, Role
from chalicelib.reports.domain.tasks import TaskRun, task_named
from chalicelib.reports.service import TaskService


class TaskDesk:
    """Where operators start what the clock starts otherwise."""

    def __init__(self, tasks: TaskService, trail: AuditTrail) -> None:
        self._tasks = tasks
        self._trail = trail

    def run(self, actor: Actor, name: str, occasion: Occasion) -> TaskRun:
        """Run a task now. That it was asked for stands in the trail even if it then fails.

        Raises:
            RoleRequired: the actor is no operator.
            NoSuchTask
        """
        actor.must_be(Role.ADMIN)
        task = task_named(name)
        writes = self._trail.writes()
        self._trail.stage(writes, actor, Deed(Action.RUN_TASK, f"task:{task.value}", occasion))
        writes.commit()
        return self._tasks.run_by_hand(actor, task)
