"""Queries and answers of the calls on reports and tasks."""

from typing import Annotated, Literal, Self

from pydantic import Field, RootModel

from chalicelib.common.fields import Answer, Day, Moment, Query
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.reports.domain.tasks import SCHEDULES, TaskName
from chalicelib.reports.service import Report, Task, TaskRun
from chalicelib.wallets.domain.ledger import EntryType

Figure = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$", examples=["1000.00"])]
Share = Annotated[str, Field(pattern=r"^\d+\.\d{2}$", examples=["12.50"], description="Percent.")]


class ReportQuery(Query):
    """Which day, in UTC; without it, the newest."""

    date: Day | None = None


class StatusAnswer(Answer):
    """Loans of one status."""

    status: LoanStatus
    loans: int
    amount: Figure


class PortfolioAnswer(Answer):
    """Principal lent: `par30` is the share of it that belongs to loans more than 30 days late."""

    disbursed: Figure
    outstanding: Figure
    overdue: Figure
    written_off: Figure
    par30: Share
    par60: Share
    par90: Share


class BucketAnswer(Answer):
    """Principal outstanding by how late the oldest unpaid instalment is."""

    days_late: str
    loans: int
    outstanding: Figure
    share: Share


class OriginationAnswer(Answer):
    """Loans disbursed on the day."""

    loans: int
    amount: Figure


class CashAnswer(Answer):
    """Money that came from outside and went there, on the day."""

    deposits: Figure
    withdrawals: Figure
    net: Figure


class FlowAnswer(Answer):
    """What one type of entry moved into wallets and out of them, on the day."""

    type: EntryType
    received: Figure
    paid: Figure


class FeesAnswer(Answer):
    """What the platform earned."""

    platform_fees: Figure
    late_fees: Figure
    of_the_day: Figure
    to_date: Figure


class ControlAnswer(Answer):
    """The balance of a control account."""

    account: str
    balance: Figure


class ControlsAnswer(Answer):
    """All control accounts; `total` is 0.00 where the books are right."""

    accounts: list[ControlAnswer]
    total: Figure


class SummaryAnswer(Answer):
    """The daily report on loans. Not final: it is of today, as it stood when it was asked for."""

    kind: Literal["loan_status_summary_report"]
    date: Day
    is_final: bool
    loans: list[StatusAnswer]
    completion_rate: Share
    default_rate: Share
    overdue_rate: Share
    portfolio: PortfolioAnswer
    ageing: list[BucketAnswer]
    origination: OriginationAnswer
    cash: CashAnswer
    cash_flows: list[FlowAnswer]
    fee_income: FeesAnswer
    trial_balance: ControlsAnswer


class DifferenceAnswer(Answer):
    """An account whose postings do not sum to what the wallet or loan says."""

    account: str
    expected: Figure
    found: Figure


class ReconciliationAnswer(Answer):
    """What the last reconciliation of a day compared, and what it found."""

    kind: Literal["reconcile_ledger"]
    date: Day
    is_final: bool
    run: str
    total: Figure
    postings: int
    accounts: int
    wallets: int
    escrows: int
    differences: int
    undecided: Annotated[int, Field(description="Accounts that never stood still; the next run looks again.")]
    listed: list[DifferenceAnswer]


class ReportAnswer(RootModel[Annotated[SummaryAnswer | ReconciliationAnswer, Field(discriminator="kind")]]):
    """A report; `kind` says which."""

    @classmethod
    def of(cls, report: Report) -> Self:
        """Show a report."""
        return cls.model_validate(as_shown(report))


class ReportList(Answer):
    """A page of reports, newest day first."""

    items: list[ReportAnswer]
    next_cursor: str | None


def as_shown(report: Report) -> dict[str, object]:
    """The report's members as they are answered."""
    return {"kind": report.kind, "date": report.day.isoformat(), "is_final": report.is_final, **report.content}


class RunAnswer(Answer):
    """One run of a task."""

    task: TaskName
    started_at: Moment
    duration_ms: int
    counts: dict[str, int]
    errors: list[str]

    @classmethod
    def of(cls, run: TaskRun) -> Self:
        """Show a run."""
        return cls(
            task=run.task,
            started_at=run.started_at,
            duration_ms=run.duration_ms,
            counts=dict(run.counts),
            errors=list(run.errors),
        )


class TaskAnswer(Answer):
    """A task, when it runs by itself (EventBridge's notation, UTC), and its newest run."""

    name: TaskName
    schedule: Annotated[str, Field(examples=[SCHEDULES[TaskName.CHECK_OVERDUE_PAYMENTS]])]
    last_run: RunAnswer | None

    @classmethod
    def of(cls, task: Task) -> Self:
        """Show a task."""
        return cls(
            name=task.name, schedule=task.schedule, last_run=RunAnswer.of(task.last_run) if task.last_run else None
        )


class TaskList(Answer):
    """All tasks, and a page of the runs of all of them, newest first."""

    tasks: list[TaskAnswer]
    items: list[RunAnswer]
    next_cursor: str | None
