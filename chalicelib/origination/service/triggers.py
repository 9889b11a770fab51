"""Stream trigger: the offers of a loan are checked once it is fully subscribed.

A stream delivers a record until its handler succeeds, so the trigger needs no item of its own.
"""

from collections.abc import Mapping
from typing import Any, Final

from chalicelib.jobs.queue import BackgroundJob
from chalicelib.loans.domain.loan import LoanStatus

CHECK_OFFERS: Final = "CHECK_OFFERS"
_IS_PENDING: Final = {"S": LoanStatus.PENDING_FUNDING.value}


def check_subscribed_loan(record: Mapping[str, Any]) -> BackgroundJob | None:
    """Check whether the lenders of a loan that has become fully subscribed have the money."""
    change = record["dynamodb"]
    if change["Keys"].get("sk") != {"S": "LOAN"} or change.get("NewImage", {}).get("status") != _IS_PENDING:
        return None
    if change.get("OldImage", {}).get("status") == _IS_PENDING:
        return None
    return BackgroundJob(CHECK_OFFERS, str(change["Keys"]["pk"]["S"]).partition("#")[2])
