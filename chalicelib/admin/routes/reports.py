"""Reports of the platform as a whole."""

from __future__ import annotations

import csv
import io
from datetime import date

from chalicelib.admin.routes.blueprint import admin
from chalicelib.common.api import Access, Call, Reply, endpoint
from chalicelib.common.fields import ListQuery, NoBody, NoQuery
from chalicelib.reports.domain.csv_rows import rows
from chalicelib.reports.schemas import ReportAnswer, ReportList, ReportQuery
from chalicelib.reports.service import NoSuchReport, Report
from chalicelib.wiring import platform

_CSV = "text/csv"


@endpoint(
    admin,
    "GET",
    "/api/admin/reports/{kind}/latest",
    "The newest report; `Accept: text/csv` gives CSV",
    answer=ReportAnswer,
    refusals=(NoSuchReport,),
    access=Access.OPERATOR,
    also=(_CSV,),
)
def show_latest_report(call: Call[NoBody, NoQuery]) -> Reply:
    """`loan_status_summary_report` or `reconcile_ledger`."""
    return _shown(call, None)


@endpoint(
    admin,
    "GET",
    "/api/admin/reports/{kind}",
    "The report of a day; `Accept: text/csv` gives CSV",
    query=ReportQuery,
    answer=ReportAnswer,
    refusals=(NoSuchReport,),
    access=Access.OPERATOR,
    also=(_CSV,),
)
def show_report(call: Call[NoBody, ReportQuery]) -> Reply:
    """`loan_status_summary_report` or `reconcile_ledger`; days are in UTC."""
    return _shown(call, call.query.date)


@endpoint(
    admin,
    "GET",
    "/api/admin/reports/{kind}/days",
    "The reports of the last days, newest first",
    query=ListQuery,
    answer=ReportList,
    refusals=(NoSuchReport,),
    access=Access.OPERATOR,
)
def list_reports(call: Call[NoBody, ListQuery]) -> ReportList:
    """`loan_status_summary_report` or `reconcile_ledger`; none before the first report."""
    kind = call.path["kind"]
    scope = f"reports:{kind}"
    cursors = platform().cursors
    after = cursors.open(scope, call.query.cursor) if call.query.cursor else None
    page = platform().reports.reader.page(call.actor, kind, limit=call.query.limit, after=after)
    return ReportList(
        items=[ReportAnswer.of(report) for report in page.items],
        next_cursor=cursors.seal(scope, page.last_key) if page.last_key else None,
    )


def _shown(call: Call[NoBody, NoQuery] | Call[NoBody, ReportQuery], day: date | None) -> Reply:
    report = platform().reports.reader.find(call.actor, call.path["kind"], day)
    if _CSV not in (call.incoming.header("accept") or ""):
        return Reply(ReportAnswer.of(report))
    headers = {
        "Content-Type": f"{_CSV}; charset=utf-8",
        "Content-Disposition": f'attachment; filename="{report.kind}-{report.day}.csv"',
    }
    return Reply(None, text=_csv(report), headers=headers)


def _csv(report: Report) -> str:
    output = io.StringIO()
    writer = csv.writer(output, lineterminator="\r\n")
    writer.writerow(("section", "line", "figure", "value"))
    writer.writerows(rows(ReportAnswer.of(report).model_dump(mode="json")))
    return output.getvalue()
