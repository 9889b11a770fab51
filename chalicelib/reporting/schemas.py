"""Queries and responses of the report routes."""

from typing import Annotated, Literal, Self

from pydantic import Field, RootModel

from chalicelib.api.fields import Day, DayInput, Identifier, Query, ResponseModel
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.reporting.domain.report import Report
from chalicelib.wallets.domain.ledger import EntryType

Figure = Annotated[str, Field(pattern=r"^-?\d+\.\d{2}$", examples=["1000.00"])]
Share = Annotated[str, Field(pattern=r"^\d+\.\d{2}$", examples=["12.50"], description="A percentage.")]


class ReportQuery(Query):
    """A day in UTC; without it, the newest report."""

    date: DayInput | None = None


class LoanStatusTotals(ResponseModel):
    """The number and total amount of loans with one status."""

    status: LoanStatus
    loans: int
    amount: Figure


class PortfolioRiskResponse(ResponseModel):
    """Portfolio figures. `par30` is the percentage of outstanding principal on loans more than 30 days past due."""

    disbursed: Figure
    outstanding: Figure
    overdue: Figure
    written_off: Figure
    par30: Share
    par60: Share
    par90: Share


class ArrearsBucketResponse(ResponseModel):
    """Outstanding principal, grouped by days past due of the oldest unpaid instalment."""

    days_late: str
    loans: int
    outstanding: Figure
    share: Share


class OriginationResponse(ResponseModel):
    """Loans disbursed on the day."""

    loans: int
    amount: Figure


class CashResponse(ResponseModel):
    """Deposits and withdrawals of the day."""

    deposits: Figure
    withdrawals: Figure
    net: Figure


class CashFlowResponse(ResponseModel):
    """Amounts credited to and debited from wallets on the day, for one entry type."""

    type: EntryType
    received: Figure
    paid: Figure


class FeeIncomeResponse(ResponseModel):
    """Fee income of the platform."""

    platform_fees: Figure
    late_fees: Figure
    refunds: Annotated[Figure, Field(description="Parts of platform fees refunded to lenders of loans repaid early.")]
    of_the_day: Figure
    to_date: Figure


class ControlAccountResponse(ResponseModel):
    """The balance of a control account."""

    account: str
    balance: Figure


class ControlAccountsResponse(ResponseModel):
    """All control accounts; `total` is 0.00 in a correct ledger."""

    accounts: list[ControlAccountResponse]
    total: Figure


class DailyReportResponse(ResponseModel):
    """The daily loan report. A report that is not final covers the current day up to its last run."""

    kind: Literal["loan_status_summary_report"]
    date: Day
    is_final: bool
    loans: list[LoanStatusTotals]
    completion_rate: Share
    default_rate: Share
    overdue_rate: Share
    portfolio: PortfolioRiskResponse
    ageing: list[ArrearsBucketResponse]
    origination: OriginationResponse
    cash: CashResponse
    cash_flows: list[CashFlowResponse]
    fee_income: FeeIncomeResponse
    trial_balance: ControlAccountsResponse


class DifferenceResponse(ResponseModel):
    """An account whose postings do not sum to the balance of its wallet or loan."""

    account: str
    expected: Figure
    found: Figure


class ReceivableResponse(ResponseModel):
    """The amount that a user owes for a returned deposit."""

    user_id: Identifier
    amount: Figure


class ReconciliationResponse(ResponseModel):
    """The counts and differences from a day's last reconciliation."""

    kind: Literal["reconcile_ledger"]
    date: Day
    is_final: bool
    run: str
    total: Figure
    postings: int
    accounts: int
    wallets: int
    escrows: int
    transfers: int
    reservations: Annotated[int, Field(description="Wallets whose reserved amount was checked.")]
    receivables: int
    receivable: Annotated[Figure, Field(description="The sum of all receivables.")]
    differences: int
    undecided: Annotated[
        int, Field(description="Accounts that changed during the check. The next run checks them again.")
    ]
    listed: list[DifferenceResponse]
    owed: Annotated[list[ReceivableResponse], Field(description="Up to 100 receivables.")]


class ReportResponse(RootModel[Annotated[DailyReportResponse | ReconciliationResponse, Field(discriminator="kind")]]):
    """A report. The fields depend on `kind`."""

    @classmethod
    def of(cls, report: Report) -> Self:
        return cls.model_validate(
            {"kind": report.kind, "date": report.day, "is_final": report.is_final, **report.content}
        )


class ReportList(ResponseModel):
    """A page of reports, newest first."""

    items: list[ReportResponse]
    next_cursor: str | None
