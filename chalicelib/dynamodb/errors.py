"""Errors of conditional writes, and the distinction between outages and defects."""

from typing import Final

from botocore.exceptions import BotoCoreError, ClientError, ConnectionError, HTTPClientError

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


class OptimisticLockError(Exception):
    """The item changed between our read and our write: read again and decide again."""


class AlreadyWrittenError(OptimisticLockError):
    """The item exists under the id that we chose: our earlier attempt succeeded and its response was lost."""


def is_transient(failure: BaseException) -> bool:
    """Tell whether a service that we call was unreachable, overloaded or throttling."""
    if isinstance(failure, ClientError):
        return failure.response.get("Error", {}).get("Code") in _BUSY
    return isinstance(failure, BotoCoreError) and isinstance(failure, ConnectionError | HTTPClientError)
