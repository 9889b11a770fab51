"""Requests and responses of the endpoints that reschedule a loan."""

from datetime import date
from typing import Annotated, Self

from pydantic import Field

from chalicelib.api.fields import WHOLE, Identifier, RateUpTo50, RequestModel, ResponseModel, Text
from chalicelib.loans.domain.reschedule_proposal import Ground, NewTerms
from chalicelib.loans.domain.visibility import LoanView
from chalicelib.loans.schemas import LoanResponse, RescheduleProposalResponse
from chalicelib.servicing.schemas import ScheduleResponse
from chalicelib.servicing.service.rescheduling import Reschedule
from chalicelib.shared.errors import Unprocessable

_MAX_REASON_LENGTH = 500


class RescheduleRequest(RequestModel):
    """New terms from the next instalment on. With `dry_run`, the new schedule is calculated but not applied."""

    remaining_terms: Annotated[int, Field(ge=1, le=360), WHOLE] | None = None
    annual_interest_rate: RateUpTo50 | None = None
    holiday_months: Annotated[int, Field(ge=0, le=12), WHOLE] = 0
    reason: (
        Annotated[
            Text,
            Field(
                min_length=1,
                max_length=_MAX_REASON_LENGTH,
                description="Recorded in the audit log and shown to the borrower. Required unless `dry_run` is true.",
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
    """The open proposal of the loan."""

    proposal_id: Identifier
