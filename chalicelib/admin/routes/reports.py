"""Reports of the platform as a whole."""

from __future__ import annotations

import csv
import io
from datetime import date
from typing import Final

from chalice.app import Blueprint

from chalicelib.api.fields import ListQuery, NoBody, NoQuery
from chalicelib.api.routing import AccessLevel, Reply, RequestContext, endpoint
from chalicelib.container import get_container
from chalicelib.reporting.domain.report import Report, csv_rows
from chalicelib.reporting.schemas import ReportList, ReportQuery, ReportResponse
from chalicelib.reporting.service.reports import ReportNotFound

blueprint: Final = Blueprint(__name__)


_CSV = "text/csv"


@endpoint(
    blueprint,
    "GET",
    "/api/admin/reports/{kind}/latest",
    "The newest report; `Accept: text/csv` gives CSV",
    answer=ReportResponse,
    refusals=(ReportNotFound,),
    access=AccessLevel.OPERATOR,
    also=(_CSV,),
)
def show_latest_report(call: RequestContext[NoBody, NoQuery]) -> Reply:
    """`loan_status_summary_report` or `reconcile_ledger`."""
    return _shown(call, None)


@endpoint(
    blueprint,
    "GET",
    "/api/admin/reports/{kind}",
    "The report of a day; `Accept: text/csv` gives CSV",
    query=ReportQuery,
    answer=ReportResponse,
    refusals=(ReportNotFound,),
    access=AccessLevel.OPERATOR,
    also=(_CSV,),
)
def show_report(call: RequestContext[NoBody, ReportQuery]) -> Reply:
    """`loan_status_summary_report` or `reconcile_ledger`; days are in UTC."""
    return _shown(call, call.query.date)


@endpoint(
    blueprint,
    "GET",
    "/api/admin/reports/{kind}/days",
    "The reports of the last days, newest first",
    query=ListQuery,
    answer=ReportList,
    refusals=(ReportNotFound,),
    access=AccessLevel.OPERATOR,
)
def list_reports(call: RequestContext[NoBody, ListQuery]) -> ReportList:
    """`loan_status_summary_report` or `reconcile_ledger`; none before the first report."""
    kind = call.path["kind"]
    scope = f"reports:{kind}"
    cursors = get_container().cursors
    after = cursors.open(scope, call.query.cursor) if call.query.cursor else None
    page = get_container().reports.page(call.actor, kind, limit=call.query.limit, after=after)
    return ReportList(
        items=[ReportResponse.of(report) for report in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )


def _shown(call: RequestContext[NoBody, NoQuery] | RequestContext[NoBody, ReportQuery], day: date | None) -> Reply:
    report = get_container().reports.find(call.actor, call.path["kind"], day)
    if _CSV not in (call.incoming.header("accept") or ""):
        return Reply(ReportResponse.of(report))
    headers = {
        "Content-Type": f"{_CSV}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{report.kind}-{report.day}.csv"',
    }
    return Reply(None, text=_csv(report), headers=headers)


def _csv(report: Report) -> str:
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(("section", "line", "figure", "value"))
    writer.writerows(csv_rows(ReportResponse.of(report).model_dump(mode="json")))
    return output.getvalue()
