"""Reports about the platform."""

import csv
import io
from datetime import date
from typing import Any, Final

from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.pagination import CursorPage
from chalicelib.api.routing import CSV, RequestContext, Router, TextResponse
from chalicelib.container import get_container
from chalicelib.dynamodb.database import Key
from chalicelib.reporting.domain.report import csv_rows
from chalicelib.reporting.schemas import ReportList, ReportQuery, ReportResponse
from chalicelib.reporting.service.reports import ReportNotFound

router: Final = Router(__name__, get_container)


@router.endpoint(
    "GET",
    "/api/admin/reports/{kind}/latest",
    "Get the latest report",
    response=ReportResponse,
    errors=(ReportNotFound,),
    access=AccessLevel.OPERATOR,
    other_media_types=(CSV,),
)
def show_latest_report(context: RequestContext[NoBody, NoQuery]) -> ReportResponse | TextResponse:
    """Return the latest report of the kind `loan_status_summary_report` or `reconcile_ledger`.

    Send `Accept: text/csv` to get CSV.
    """
    return _find(context, None)


@router.endpoint(
    "GET",
    "/api/admin/reports/{kind}",
    "Get the report for a day",
    query=ReportQuery,
    response=ReportResponse,
    errors=(ReportNotFound,),
    access=AccessLevel.OPERATOR,
    other_media_types=(CSV,),
)
def show_report(context: RequestContext[NoBody, ReportQuery]) -> ReportResponse | TextResponse:
    """Return a report of the kind `loan_status_summary_report` or `reconcile_ledger`.

    Days are in UTC. Send `Accept: text/csv` to get CSV.
    """
    return _find(context, context.query.date)


@router.endpoint(
    "GET",
    "/api/admin/reports/{kind}/days",
    "List reports",
    query=ListQuery,
    response=ReportList,
    paginated=Key,
    errors=(ReportNotFound,),
    access=AccessLevel.OPERATOR,
)
def list_reports(context: RequestContext[NoBody, ListQuery]) -> CursorPage:
    """List the reports of the kind `loan_status_summary_report` or `reconcile_ledger`, newest day first."""
    page = get_container().reports.page(
        context.actor, context.path["kind"], limit=context.query.limit, after=context.position
    )
    return CursorPage([ReportResponse.of(report) for report in page.items], page.last_key)


def _find(context: RequestContext[Any, Any], day: date | None) -> ReportResponse | TextResponse:
    report = get_container().reports.find(context.actor, context.path["kind"], day)
    response = ReportResponse.of(report)
    if context.accepts(CSV):
        return TextResponse.csv(_csv(response), f"{report.kind}-{report.day}.csv")
    return response


def _csv(report: ReportResponse) -> str:
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(("section", "line", "figure", "value"))
    writer.writerows(csv_rows(report.model_dump(mode="json")))
    return output.getvalue()
