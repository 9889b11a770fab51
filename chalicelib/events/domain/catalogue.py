"""The catalogue of event types: each type with its recipients, its fields and an example."""

from collections.abc import Mapping
from typing import Final

from chalicelib.events.domain.account_types import ACCOUNT_TYPES, TRANSFER_TYPES
from chalicelib.events.domain.event_type import EventType, Field, FieldKind
from chalicelib.events.domain.loan_types import LOAN_TYPES, OFFER_TYPES, PAYMENT_TYPES

ENDPOINT_TEST: Final = "webhook_endpoint.test"
ENDPOINT_DISABLED: Final = "webhook_endpoint.disabled"
_EXAMPLE_ID: Final = "01J9ZK3V5Q8RWM2N4T6Y7XBCDE"

_ENDPOINT_TYPES: Final = (
    EventType(
        ENDPOINT_DISABLED,
        "A webhook endpoint was disabled, because it responded with 410 or its attempts failed for three days.",
        "the endpoint's owner",
        {
            "endpoint_id": Field(FieldKind.ID, "the endpoint"),
            "reason": Field(FieldKind.CODE, "a response with 410, or three days of failures", ("gone", "failing")),
        },
        {"endpoint_id": _EXAMPLE_ID, "reason": "failing"},
    ),
    EventType(
        ENDPOINT_TEST,
        "The owner of a webhook endpoint sent a test event to it.",
        "the endpoint only",
        {"endpoint_id": Field(FieldKind.ID, "the endpoint")},
        {"endpoint_id": _EXAMPLE_ID},
    ),
)
_TYPES: Final = (*LOAN_TYPES, *OFFER_TYPES, *PAYMENT_TYPES, *TRANSFER_TYPES, *ACCOUNT_TYPES, *_ENDPOINT_TYPES)
CATALOGUE: Final[Mapping[str, EventType]] = {each.name: each for each in _TYPES}
"""Event types by name."""
