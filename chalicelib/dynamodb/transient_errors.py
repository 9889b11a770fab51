"""Telling an outage of what we depend on from a defect of our own."""

from __future__ import annotations

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError
from pynamodb.exceptions import PynamoDBConnectionError, PynamoDBException

_BUSY: Final = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestThrottled",
        "ServiceUnavailable",
        "ThrottlingException",
        "TransactionConflictException",
        "TransactionInProgressException",
    }
)
_CONDITION_FAILED: Final = "ConditionalCheckFailedException"


def is_failed_condition(failure: PynamoDBConnectionError) -> bool:
    """Whether a write was refused by its own condition. A timeout has no response that could be asked for a code."""
    return isinstance(failure.cause, ClientError) and failure.cause_response_code == _CONDITION_FAILED


def is_transient(failure: BaseException) -> bool:
    """Whether a service that we call was unreachable, overloaded or throttling."""
    cause = failure.cause if isinstance(failure, PynamoDBException) else failure
    if isinstance(cause, ClientError):
        return cause.response.get("Error", {}).get("Code") in _BUSY
    return isinstance(cause, BotoCoreError) and isinstance(cause, ConnectionError | HTTPClientError)
