"""Calls to DynamoDB with less work than botocore does. The only package that uses private names of a library.

`DYNAMODB_FAST_PATH=off` leaves every call to botocore. So does a botocore that lacks a name that is used here.
"""

import logging
from collections.abc import Callable
from typing import Any

from chalicelib.dynamodb.fast_path.client import FastPathClient, missing_names
from chalicelib.dynamodb.fast_path.http_pool import Timeouts

Send = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Takes an operation's name and its arguments, and returns the response."""


def install(client: Any, timeouts: Timeouts, *, fallback: Send) -> Send:
    """Return the function that sends a client's calls by the fast path.

    Args:
        client: a DynamoDB client of botocore.
        timeouts: those of the client's configuration.
        fallback: sends by botocore; returned if the installed botocore lacks a private name.
    """
    missing = missing_names(client)
    if missing:
        logging.getLogger(__name__).warning("DynamoDB fast path is off: botocore lacks %s", ", ".join(missing))
        return fallback
    return FastPathClient(client, timeouts, fallback=fallback)
