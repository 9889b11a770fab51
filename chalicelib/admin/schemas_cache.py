"""Requests and responses of the cache routes."""

from typing import Annotated, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from chalicelib.admin.schemas import OptionalReason
from chalicelib.admin.service.cache import CacheInvalidation, CacheState
from chalicelib.api.fields import IdentifierInput, RequestModel, ResponseModel
from chalicelib.cache.service import ERRORS, HITS, INVALIDATIONS, MISSES

_HUNDREDTHS = 10_000


class CacheStateResponse(ResponseModel):
    """Cache statistics. If processes share a cache server, the counts include all of them."""

    backend: Literal["off", "in-process", "redis"]
    reachable: Annotated[
        bool, Field(description="False if the server does not respond; requests then bypass the cache.")
    ]
    entries: int
    hits: int
    misses: int
    errors: int
    invalidations: int
    hit_rate: Annotated[str | None, Field(pattern=r"^\d+\.\d{2}$", examples=["93.50"], description="A percentage.")]

    @classmethod
    def of(cls, state: CacheState) -> Self:
        counts = state.counts or {}
        hits, misses = counts.get(HITS, 0), counts.get(MISSES, 0)
        return cls.model_validate(
            {
                "backend": state.backend,
                "reachable": state.reachable,
                "entries": state.entries,
                **{name: counts.get(name, 0) for name in (HITS, MISSES, ERRORS, INVALIDATIONS)},
                "hit_rate": _percent(hits, hits + misses),
            }
        )


class CacheInvalidationRequest(RequestModel):
    """The responses to remove. `loan_id` is required for the scope `loan` and not allowed otherwise."""

    scope: Literal["all", "available-loans", "loan"]
    loan_id: Annotated[IdentifierInput | None, BeforeValidator(lambda value: value or None)] = None
    reason: OptionalReason = ""

    @model_validator(mode="after")
    def _names_a_loan(self) -> Self:
        if (self.scope == "loan") != (self.loan_id is not None):
            raise ValueError("loan_id is required for the scope loan and not allowed otherwise")
        return self


class CacheInvalidationResponse(ResponseModel):
    """The scope and the number of responses removed."""

    scope: str
    loan_id: str | None
    dropped: int

    @classmethod
    def of(cls, invalidation: CacheInvalidation) -> Self:
        return cls(scope=invalidation.scope, loan_id=invalidation.loan_id, dropped=invalidation.dropped)


def _percent(part: int, whole: int) -> str | None:
    if not whole:
        return None
    hundredths = (part * _HUNDREDTHS + whole // 2) // whole
    return f"{hundredths // 100}.{hundredths % 100:02d}"
