"""Event types of transfers and accounts."""

from typing import Final

from chalicelib.events.domain.event import EventData
from chalicelib.events.domain.event_type import EventType, Field, FieldKind

_TRANSFER_ID: Final = "01JA2P6H8M4V9XD3K7R5TQWNBC"
_USER_ID: Final = "01J8W4C2E6G9K1N3Q5S7T8VXYZ"
_ACCOUNT_USER: Final = "the account's user"

_TRANSFER_FIELDS: Final = {
    "transfer_id": Field(FieldKind.ID, "the transfer"),
    "direction": Field(FieldKind.CODE, "whether money comes in or goes out", ("DEPOSIT", "WITHDRAWAL")),
    "amount": Field(FieldKind.AMOUNT, "the amount"),
}
_TRANSFER_EXAMPLE: Final[EventData] = {"transfer_id": _TRANSFER_ID, "direction": "WITHDRAWAL", "amount": "250.00"}
_FAILURE_CODE: Final = Field(
    FieldKind.CODE, "the bank's reason, such as `AC04`; null if it gave none", is_nullable=True
)

TRANSFER_TYPES: Final = (
    EventType(
        "transfer.settled",
        "A deposit arrived in the wallet, or a withdrawal was paid to the bank account.",
        _ACCOUNT_USER,
        _TRANSFER_FIELDS,
        _TRANSFER_EXAMPLE,
    ),
    EventType(
        "transfer.failed",
        "A deposit failed or was not paid in time, or a withdrawal failed or was rejected and its money is available "
        "again.",
        _ACCOUNT_USER,
        {
            **_TRANSFER_FIELDS,
            "status": Field(FieldKind.CODE, "the status of the transfer", ("FAILED", "REJECTED", "EXPIRED")),
            "failure_code": _FAILURE_CODE,
        },
        {**_TRANSFER_EXAMPLE, "status": "REJECTED", "failure_code": "AC04"},
    ),
    EventType(
        "transfer.returned",
        "The bank reversed a deposit, or returned a withdrawal, whose money is back in the wallet.",
        _ACCOUNT_USER,
        {**_TRANSFER_FIELDS, "failure_code": _FAILURE_CODE},
        {**_TRANSFER_EXAMPLE, "failure_code": "AC06"},
    ),
)
ACCOUNT_TYPES: Final = tuple(
    EventType(name, description, _ACCOUNT_USER, {"user_id": Field(FieldKind.ID, "the user")}, {"user_id": _USER_ID})
    for name, description in (
        ("account.frozen", "An operator froze the account. It can only receive money and repay loans."),
        ("account.unfrozen", "An operator unfroze the account."),
        ("security.new_sign_in", "Someone signed in to the account from a new network."),
        ("security.password_changed", "The password was changed, and all sessions ended."),
        ("security.email_changed", "The email address was changed."),
    )
)
