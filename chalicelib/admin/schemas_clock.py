"""Requests and responses of the clock of a laptop."""

from collections.abc import Mapping
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from chalicelib.admin.domain.sandbox_clock import MOST_DAYS, ClockState
from chalicelib.api.fields import WHOLE, Day, DayInput, Query, RequestModel, ResponseModel, Timestamp


class ClockQuery(Query):
    """The days whose jobs the response lists."""

    from_: Annotated[DayInput | None, Field(alias="from", description="List jobs from this day on.")] = None


class AdvanceClockRequest(RequestModel):
    """Either the number of days, or the date to reach."""

    days: Annotated[int | None, Field(ge=1, le=MOST_DAYS), WHOLE] = None
    to: Annotated[DayInput | None, Field(description="A date after today.")] = None

    @model_validator(mode="after")
    def _names_one(self) -> Self:
        if (self.days is None) == (self.to is None):
            raise ValueError("give either days or to")
        return self


class CompletedJobResponse(ResponseModel):
    """A scheduled job that has run, its business day, and counts of what it did."""

    name: str
    day: Day
    counts: Mapping[str, int]


class ClockResponse(ResponseModel):
    """The business time, and the `jobs` of the last advance in the order in which they ran."""

    now: Timestamp
    status: Annotated[
        Literal["advancing", "ready"], Field(description="While it is `advancing`, other changes get 503.")
    ]
    jobs: list[CompletedJobResponse]

    @classmethod
    def of(cls, state: ClockState) -> Self:
        jobs = [CompletedJobResponse(name=job.name, day=job.day, counts=job.counts) for job in state.jobs]
        return cls(now=state.now, status="advancing" if state.is_advancing else "ready", jobs=jobs)
