"""Messages: the texts of an event with its values, for one recipient."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from chalicelib.events.domain.catalogue import CATALOGUE
from chalicelib.events.domain.event import EventData, EventValue
from chalicelib.events.domain.event_type import FieldKind
from chalicelib.notifications.domain.formats import Count, date_text, money_text, time_text
from chalicelib.notifications.domain.texts.text import Text
from chalicelib.notifications.domain.types import TEXTS
from chalicelib.shared.actor import Role

_PAGES_OF_OPERATORS: Final = ("/profile", "/developers/")
_FALLBACK: Final = Text("Account update", "Something in your account has changed.", "Open your account", "/")
"""For a notification that was stored by another version, with a type or fields that this one does not know."""


@dataclass(frozen=True, slots=True)
class Message:
    """A message.

    Args:
        title: a heading.
        text: the notification.
        paragraphs: the email's paragraphs; the first one is ``text``.
        details: labels with values.
        subject: the email's subject.
        action: the label of the link.
        link: the path of the page on which to act: `/app/#/wallet`.
    """

    title: str
    text: str
    paragraphs: tuple[str, ...]
    details: tuple[tuple[str, str], ...]
    subject: str
    action: str
    link: str

    @classmethod
    def of(cls, type_name: str, data: EventData, created_at: datetime, role: Role, currency: str) -> Message:
        """Return the message of an event to a user with a role; amounts are in the deployment's currency."""
        values = _values(type_name, data, created_at, currency)
        text = _text_for(type_name, data, role, values)
        first = text.text.format_map(values)
        title = text.title.format_map(values)
        return cls(
            title=title,
            text=first,
            paragraphs=(first, *(more.format_map(values) for more in text.more if _has_values(more, values))),
            details=tuple((label, row.format_map(values)) for label, row in text.details if _has_values(row, values)),
            subject=text.subject.format_map(values) or title,
            action=text.action,
            link=_link(text.link.format_map(values), role),
        )


def _link(path: str, role: Role) -> str:
    """Return the link to a page of the user's console; that of operators has few pages about their own account."""
    if role is Role.ADMIN:
        return f"/admin/#{path if path.startswith(_PAGES_OF_OPERATORS) else '/'}"
    return f"/app/#{path}"


def _text_for(type_name: str, data: EventData, role: Role, values: Mapping[str, object]) -> Text:
    for text in TEXTS.get(type_name, ()):
        fits = role in text.roles and all(data.get(name) == value for name, value in text.when.items())
        if fits and all(_has_values(each, values) for each in (text.title, text.text, text.subject, text.link)):
            return text
    return _FALLBACK


def _has_values(template: str, values: Mapping[str, object]) -> bool:
    """Return whether the event has a value for every placeholder."""
    try:
        template.format_map(values)
    except KeyError:
        return False
    return True


def _values(type_name: str, data: EventData, created_at: datetime, currency: str) -> dict[str, object]:
    """Return the event's values as people read them, without those that are null."""
    fields = CATALOGUE[type_name].fields if type_name in CATALOGUE else {}
    values: dict[str, object] = {"created_at": time_text(created_at)}
    for name, field in fields.items():
        value = data.get(name)
        if value is not None:
            values[name] = _value(field.kind, value, currency)
    return values


def _value(kind: FieldKind, value: EventValue, currency: str) -> object:
    match kind:
        case FieldKind.AMOUNT:
            return money_text(str(value), currency)
        case FieldKind.RATE:
            return f"{value}%"
        case FieldKind.DATE:
            return date_text(date.fromisoformat(str(value)))
        case FieldKind.TIME:
            return time_text(datetime.fromisoformat(str(value)))
        case FieldKind.NUMBER:
            return Count(str(value))
        case _:
            return str(value)
