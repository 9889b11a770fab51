"""What operators read of the platform as a whole, and the tasks that keep it."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.reports.domain.tasks import TaskRun
from chalicelib.reports.repository import Report
from chalicelib.reports.service.books import BookService
from chalicelib.reports.service.projecting import ProjectionService
from chalicelib.reports.service.reading import NoSuchReport, ReportReader
from chalicelib.reports.service.rebuilding import RebuildService
from chalicelib.reports.service.tasks import Task, TaskService

__all__ = [
    "BookService",
    "NoSuchReport",
    "ProjectionService",
    "RebuildService",
    "Report",
    "ReportReader",
    "Reports",
    "Task",
    "TaskRun",
    "TaskService",
]


@dataclass(frozen=True, slots=True)
class Reports:
    """The reports' services of one platform."""

    projections: ProjectionService
    rebuild: RebuildService
    reader: ReportReader
    tasks: TaskService
