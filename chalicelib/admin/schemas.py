"""Requests, queries and responses of the operator routes."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field

from chalicelib.admin.domain.audit import AuditAction, AuditEntry
from chalicelib.admin.service.ledger_accounts import AccountPage
from chalicelib.api.fields import (
    WHOLE,
    Amount,
    Identifier,
    ListQuery,
    RateUpTo50,
    RequestModel,
    ResponseModel,
    Text,
    Timestamp,
)
from chalicelib.jobs.run_repository import JobRun
from chalicelib.jobs.runner import JobStatus
from chalicelib.jobs.schedule import JOBS, JobName
from chalicelib.loans.domain.loan import LoanStatus
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms
from chalicelib.loans.domain.visibility import LoanView
from chalicelib.loans.schemas import LoanResponse, RescheduleProposalResponse
from chalicelib.loans.service.queries import LoanDetail
from chalicelib.reporting.domain.trial_balance import TrialBalance
from chalicelib.servicing.schemas import ScheduleResponse
from chalicelib.servicing.service.rescheduling import Reschedule
from chalicelib.shared.errors import Unprocessable
from chalicelib.users.domain.user import User
from chalicelib.users.schemas import UserResponse
from chalicelib.wallets.schemas import TransactionResponse

_MAX_REASON_LENGTH = 255
Reason = Annotated[Text, Field(min_length=1, max_length=_MAX_REASON_LENGTH)]
OptionalReason = Annotated[Text, Field(max_length=_MAX_REASON_LENGTH)]
_MAX_RESCHEDULE_REASON_LENGTH = 500
_MAX_PREFIX_LENGTH = 254


class UsersQuery(ListQuery):
    """The search; without `q` all users are listed, newest first."""

    q: Annotated[
        Text,
        Field(
            max_length=_MAX_PREFIX_LENGTH,
            description="A whole email, or the start of a username, first or last name. Not case-sensitive.",
        ),
    ] = ""


class FreezeRequest(RequestModel):
    """The reason, recorded in the audit log."""

    reason: Reason


class UnfreezeRequest(RequestModel):
    """An optional reason."""

    reason: OptionalReason = ""


class SignOutRequest(RequestModel):
    """An optional reason."""

    reason: OptionalReason = ""


class AccessRequest(RequestModel):
    """The access of an operator, with an optional reason. A disabled operator cannot sign in."""

    disabled: bool
    reason: OptionalReason = ""


class AccountResponse(UserResponse):
    """An account, as operators see it. A disabled operator cannot sign in."""

    disabled: bool

    @classmethod
    def of(cls, user: User) -> Self:
        return cls(**dict(UserResponse.of(user)), disabled=user.is_disabled)


class UserList(ResponseModel):
    """A page of accounts."""

    items: list[AccountResponse]
    next_cursor: str | None


class LoanStatusQuery(ListQuery):
    """Loans of a status; without one, all loans."""

    status: LoanStatus | None = None


class AccountBalanceResponse(ResponseModel):
    """A line of the trial balance."""

    account: str
    balance: Amount


class TrialBalanceResponse(ResponseModel):
    """All accounts, ordered by name. Above 1,000, wallets and loans are combined into `wallet:*` and `loan:*`."""

    accounts: list[AccountBalanceResponse]
    total: Annotated[Amount, Field(description="0.00 in a correct ledger.")]

    @classmethod
    def of(cls, found: TrialBalance) -> Self:
        lines = [AccountBalanceResponse(account=line.account, balance=line.balance) for line in found.accounts]
        return cls(accounts=lines, total=found.total)


class LedgerAccountResponse(ResponseModel):
    """An account and its entries, newest first. `balance` is the balance when the first page was requested."""

    account: Annotated[str, Field(examples=["platform:fees"])]
    balance: Amount
    items: list[TransactionResponse]
    next_cursor: str | None

    @classmethod
    def of(cls, page: AccountPage, next_cursor: str | None) -> Self:
        items = [TransactionResponse.of(entry) for entry in page.entries]
        return cls(account=page.account, balance=page.balance, items=items, next_cursor=next_cursor)


class LoanDetailResponse(LoanResponse):
    """A loan with all its offers, its schedule once funded, and the latest entries of its ledger account."""

    schedule: ScheduleResponse | None
    ledger: LedgerAccountResponse

    @classmethod
    def joined(cls, detail: LoanDetail, ledger: LedgerAccountResponse, today: date) -> Self:
        loan, account = detail.view.loan, detail.account
        return cls.of(
            detail.view,
            schedule=ScheduleResponse.of(loan, account, today) if account else None,
            ledger=ledger,
        )


class AuditEntryResponse(ResponseModel):
    """An operator's action or view, a refused request, or a failed sign-in, which has no actor.

    `subject` is `user:<id>`, `loan:<id>`, `task:<name>`, `cache`, a list (`users`, `loans`, `ledger`), a ledger
    account or, for a failed sign-in, `identifier:<pseudonym>`.
    """

    id: Identifier
    actor_id: Identifier | None
    actor_username: str | None
    action: AuditAction
    subject: str
    details: dict[str, str]
    request_id: str
    created_at: Timestamp

    @classmethod
    def of(cls, entry: AuditEntry) -> Self:
        return cls(
            id=entry.id,
            actor_id=entry.actor_id,
            actor_username=entry.actor_username,
            action=entry.action,
            subject=entry.subject,
            details=dict(entry.details),
            request_id=entry.request_id,
            created_at=entry.at,
        )


class AuditList(ResponseModel):
    """A page of the audit log, newest first."""

    items: list[AuditEntryResponse]
    next_cursor: str | None


class RescheduleRequest(RequestModel):
    """New terms for the principal that is not due. With `dry_run`, the new schedule is calculated but not applied."""

    remaining_terms: Annotated[int, Field(ge=1, le=360), WHOLE] | None = None
    annual_interest_rate: RateUpTo50 | None = None
    holiday_months: Annotated[int, Field(ge=0, le=12), WHOLE] = 0
    reason: (
        Annotated[
            Text,
            Field(
                min_length=1,
                max_length=_MAX_REASON_LENGTH,
                description="Recorded in the audit log, and shown to the borrower with a proposal. Required unless "
                "`dry_run` is true.",
            ),
        ]
        | None
    ) = None
    ground: Annotated[
        Ground | None,
        Field(
            description="`contractual` if the contract provides for the change, `distressed` if the borrower is in "
            "financial difficulty. Required unless `dry_run` is true."
        ),
    ] = None
    dry_run: bool = False

    def terms(self) -> NewTerms:
        """Return the new terms.

        Raises:
            Unprocessable: none are given.
        """
        return NewTerms(self.remaining_terms, self.annual_interest_rate, self.holiday_months)

    def justification(self) -> tuple[str, Ground]:
        """Return the reason and the ground, which every reschedule needs.

        Raises:
            Unprocessable: one of them is missing.
        """
        if self.reason is None or self.ground is None:
            missing = [name for name in ("reason", "ground") if getattr(self, name) is None]
            raise Unprocessable(errors=tuple((name, "is required unless dry_run is true") for name in missing))
        return self.reason, self.ground


class RescheduleResponse(ResponseModel):
    """The loan after the change, and its schedule before and after the change."""

    applied: bool
    requires_acceptance: Annotated[
        bool, Field(description="True if the total interest rises, so that the borrower has to accept the change.")
    ]
    loan: LoanResponse
    before: ScheduleResponse
    after: ScheduleResponse

    @classmethod
    def of(cls, plan: Reschedule, today: date, *, applied: bool) -> Self:
        return cls(
            applied=applied,
            requires_acceptance=not applied and plan.raises_cost,
            loan=LoanResponse.of(LoanView(plan.after.loan)),
            before=ScheduleResponse.of(plan.loan, plan.before, today),
            after=ScheduleResponse.of(plan.after.loan, plan.after.account, today),
        )


class RescheduleProposedResponse(ResponseModel):
    """The reschedule waits for the borrower's consent; the loan has not changed."""

    proposal: RescheduleProposalResponse


class AcceptRescheduleRequest(RequestModel):
    """The open proposal of the loan. With `dry_run`, both schedules are returned and nothing changes."""

    proposal_id: Identifier
    dry_run: bool = False


class JobRunResponse(ResponseModel):
    """A run of a job."""

    task: JobName
    started_at: Timestamp
    duration_ms: int
    counts: dict[str, int]
    errors: list[str]

    @classmethod
    def of(cls, run: JobRun) -> Self:
        return cls(
            task=run.job,
            started_at=run.started_at,
            duration_ms=run.duration_ms,
            counts=dict(run.counts),
            errors=list(run.errors),
        )


class JobResponse(ResponseModel):
    """A job with its schedule (an EventBridge expression in UTC) and its latest run."""

    name: JobName
    schedule: Annotated[str, Field(examples=[JOBS[JobName.CHECK_OVERDUE_PAYMENTS].schedule])]
    last_run: JobRunResponse | None

    @classmethod
    def of(cls, status: JobStatus) -> Self:
        return cls(
            name=status.name,
            schedule=status.schedule,
            last_run=JobRunResponse.of(status.last_run) if status.last_run else None,
        )


class JobList(ResponseModel):
    """All jobs and a page of their runs, newest first."""

    tasks: list[JobResponse]
    items: list[JobRunResponse]
    next_cursor: str | None
