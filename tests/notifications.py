"""Events that tests publish directly, without the change that they stem from."""

from itertools import count
from typing import Final

from chalicelib.container import Container
from chalicelib.events.domain.catalogue import ENDPOINT_DISABLED
from chalicelib.events.domain.event import Event, EventData

LOCKED_TYPE: Final = ENDPOINT_DISABLED
OPTIONAL_TYPE: Final = "transfer.settled"
DISABLED: Final = {"endpoint_id": "01J9ZK3V5Q8RWM2N4T6Y7XBCDE", "reason": "gone"}
"""Data of an event of ``LOCKED_TYPE``."""
DEPOSITED: Final = {"transfer_id": "01J9ZK3V5Q8RWM2N4T6Y7XBCDE", "direction": "DEPOSIT", "amount": "1234.50"}
"""Data of an event of ``OPTIONAL_TYPE``."""
_NUMBERS = count(1)


def notify(
    container: Container, user_id: str, type_name: str = LOCKED_TYPE, data: EventData = DISABLED, *, subject: str = ""
) -> str:
    """Publish an event to a user and return its id. The same subject and time give the same event."""
    subject = subject or f"subject {next(_NUMBERS)}"
    event = Event.of(type_name, container.clock(), data, subject=subject, recipients=(user_id,))
    container.publisher.publish([event])
    return event.id
