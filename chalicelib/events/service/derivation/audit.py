"""Events of the security of accounts, from the entries of the audit log that concern their users."""

from collections.abc import Iterator, Mapping
from typing import Final

from chalicelib.events.domain.event import Event
from chalicelib.events.service.derivation.stream_record import Record
from chalicelib.shared.ids import moment_of

_TYPES: Final[Mapping[str, str]] = {
    "NEW_SIGN_IN": "security.new_sign_in",
    "PASSWORD_CHANGED": "security.password_changed",
    "EMAIL_CHANGED": "security.email_changed",
}
_USER: Final = "user:"


def derive(record: Record) -> Iterator[Event]:
    """Derive the events of a record of the table `audit`. The entry's id has the time; its details stay private."""
    image = record["dynamodb"].get("NewImage")
    type_name = _TYPES.get(image["action"]["S"]) if image else None
    if image is None or type_name is None:
        return
    entry_id, user_id = str(image["sk"]["S"]), str(image["subject"]["S"]).removeprefix(_USER)
    yield Event.of(type_name, moment_of(entry_id), {"user_id": user_id}, subject=entry_id, recipients=(user_id,))
