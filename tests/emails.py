"""Emails of all types of events. `python -m tests.emails FOLDER` writes their HTML parts, to take pictures of them."""

import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import product
from pathlib import Path
from typing import Final

from chalicelib.events.domain.catalogue import CATALOGUE
from chalicelib.events.domain.event import EventData, EventValue
from chalicelib.events.domain.event_type import Field, FieldKind
from chalicelib.notifications.domain.email import Email
from chalicelib.notifications.domain.mail import Mail, MailStatus
from chalicelib.notifications.domain.types import NOTIFICATION_TYPES
from chalicelib.notifications.service.email_renderer import EmailRenderer
from chalicelib.notifications.service.unsubscribe_tokens import UnsubscribeTokens
from chalicelib.shared.actor import Role
from chalicelib.users.domain.user import User

PUBLIC_URL: Final = "https://lending.example.com"
ADDRESS: Final = "ana@example.com"
USER_ID: Final = "01J8W4C2E6G9K1N3Q5S7T8VXYZ"
EVENT_ID: Final = "01KF0FV2E0BM1J59BCGD3SDPWF"
AT: Final = datetime(2026, 12, 23, 14, 5, tzinfo=UTC)
TOKENS: Final = UnsubscribeTokens(lambda: (b"k" * 32,))
RENDERER: Final = EmailRenderer(public_url=PUBLIC_URL, currency="USD", unsubscribe_tokens=TOKENS)
_NUMBERS: Final[Mapping[str, tuple[int, ...]]] = {"days_until_due": (0, 3), "days_overdue": (1, 7, 14)}
_OTHER_NUMBERS: Final = (1, 12)


@dataclass(frozen=True, slots=True)
class Sample:
    """An event of a type, with values for its fields, and the role of its recipient."""

    type: str
    role: Role
    data: EventData

    @property
    def name(self) -> str:
        """Return a name that tells apart the samples of one type and role."""
        varied = [str(value) for name, value in self.data.items() if _is_varied(CATALOGUE[self.type].fields[name])]
        return "-".join([self.type, self.role.value.lower(), *varied]).replace("None", "none")


def samples() -> list[Sample]:
    """Return every type with every role that can receive it, and with all combinations of codes, numbers and nulls."""
    kinds = [NOTIFICATION_TYPES[name] for name in CATALOGUE if name in NOTIFICATION_TYPES]
    return [
        Sample(kind.name, role, data) for kind in kinds for role in sorted(kind.roles) for data in _variants(kind.name)
    ]


def user(role: Role, *, first_name: str = "Ana") -> User:
    return User(id=USER_ID, username="ana", email=ADDRESS, role=role, created_at=AT, first_name=first_name)


def mail(sample: Sample) -> Mail:
    return Mail(f"{EVENT_ID}#{USER_ID}", USER_ID, sample.type, sample.data, AT, MailStatus.PENDING, 0, AT)


def rendered(sample: Sample, *, first_name: str = "Ana") -> Email:
    return RENDERER.render(mail(sample), user(sample.role, first_name=first_name), ADDRESS)


def _variants(type_name: str) -> Iterator[dict[str, EventValue]]:
    described = CATALOGUE[type_name]
    choices = [_choices(name, field, described.example[name]) for name, field in described.fields.items()]
    for values in product(*choices):
        yield dict(zip(described.fields, values, strict=True))


def _choices(name: str, field: Field, example: EventValue) -> tuple[EventValue, ...]:
    found: tuple[EventValue, ...] = field.values or (example,)
    if field.kind is FieldKind.NUMBER:
        found = _NUMBERS.get(name, _OTHER_NUMBERS)
    return (*found, None) if field.is_nullable else found


def _is_varied(field: Field) -> bool:
    return field.kind in (FieldKind.CODE, FieldKind.NUMBER) or field.is_nullable


def write_html_files(folder: Path) -> int:
    """Write the HTML part of one email per type, role and text into a folder; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    seen: dict[tuple[str, Role, str], Sample] = {}
    for sample in samples():
        seen.setdefault((sample.type, sample.role, rendered(sample).subject), sample)
    for sample in seen.values():
        (folder / f"{sample.name}.html").write_text(rendered(sample).html, encoding="utf-8")
    return len(seen)


if __name__ == "__main__":
    print(f"{write_html_files(Path(sys.argv[1]))} emails in {sys.argv[1]}")  # noqa: T201 - a program
