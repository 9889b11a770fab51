"""Projections, reports, runs and reconciliations in DynamoDB."""

from chalicelib.reports.repository.projections import AlreadyApplied, Closed, Day, DayClosed, ProjectionRepository
from chalicelib.reports.repository.reconciliations import ReconciliationRepository, Segment
from chalicelib.reports.repository.reports import Report, ReportRepository
from chalicelib.reports.repository.runs import RunRepository

__all__ = [
    "AlreadyApplied",
    "Closed",
    "Day",
    "DayClosed",
    "ProjectionRepository",
    "ReconciliationRepository",
    "Report",
    "ReportRepository",
    "RunRepository",
    "Segment",
]
