"""The index by next attempt: what waits for an attempt, by kind and subject, with the time at which it is due."""

import zlib
from datetime import datetime
from typing import Final

from chalicelib.shared.clock import rfc3339

MAIL: Final = "MAIL"
FAN_OUT: Final = "FANOUT"
BUS: Final = "BUS"
DELIVERY_SHARDS: Final = tuple(f"DELIVERY#{number}" for number in range(8))


def delivery_shard(endpoint_id: str) -> str:
    """Return the partition to which an endpoint's deliveries belong."""
    return DELIVERY_SHARDS[zlib.crc32(endpoint_id.encode()) % len(DELIVERY_SHARDS)]


def next_attempt(subject: str, at: datetime) -> str:
    """Return the sort key: the subject, then the time in real time."""
    return f"{subject}#{rfc3339(at)}"
