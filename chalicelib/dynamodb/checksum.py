"""The checksum by which DynamoDB lets a client detect a response that was corrupted on the way."""

import zlib
from typing import Any, Final

from botocore.exceptions import HTTPClientError

_HEADER: Final = "x-amz-crc32"


class CorruptedResponse(HTTPClientError):
    """The content of a response does not have the checksum that DynamoDB computed. The call may have had its effect.

    The retry rules repeat the call, as after a lost response.
    """

    fmt = "The checksum of DynamoDB's response is wrong"


def is_corrupted(http: Any) -> bool:
    """Return whether a response's content differs from its CRC-32; False if it has none."""
    checksum = http.headers.get(_HEADER)
    return checksum is not None and checksum != str(zlib.crc32(http.content))


def reject_corrupted(http_response: Any, **_: Any) -> None:
    """Receive the last response of a call, as a subscriber of botocore's ``after-call``: botocore itself accepts it.

    Raises:
        CorruptedResponse: its checksum is wrong.
    """
    if is_corrupted(http_response):
        raise CorruptedResponse
