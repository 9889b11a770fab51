"""Attributes of items: what they are in our code and in DynamoDB's notation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pynamodb.attributes import Attribute, ListAttribute, UnicodeAttribute
from pynamodb.constants import LIST, MAP, NUMBER, STRING

from chalicelib.shared.clock import from_millis, to_millis

T = TypeVar("T")
RawValue = dict[str, Any]
RawItem = dict[str, RawValue]


class _Quick:
    """An attribute of an item and never of a nested map: its value is read without looking for one."""

    if not TYPE_CHECKING:  # its types are pynamodb's

        def __set_name__(self, owner, name):
            """The name in the class."""
            super().__set_name__(owner, name)
            self._name = name

        def __get__(self, instance, owner):
            """The value in an item; the attribute itself in its class."""
            return self if instance is None else instance.attribute_values.get(self._name)


class _Flat(_Quick, Attribute[T]):
    """The same, of one value."""


class TextAttribute(_Quick, UnicodeAttribute):
    """A text."""


class IntegerAttribute(_Flat[int]):
    """A whole number; pynamodb's own number attribute would give floats."""

    attr_type = NUMBER

    def serialize(self, value: int) -> str:
        """As DynamoDB's decimal string."""
        return str(int(value))

    def deserialize(self, value: str) -> int:
        """From DynamoDB's decimal string."""
        return int(value)


class TimestampAttribute(_Flat[datetime]):
    """A moment in UTC, kept as whole milliseconds since 1970."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        """As milliseconds."""
        return str(to_millis(value))

    def deserialize(self, value: str) -> datetime:
        """From milliseconds."""
        return from_millis(int(value))


class DateAttribute(_Flat[date]):
    """A calendar day as ``YYYY-MM-DD``."""

    attr_type = STRING

    def serialize(self, value: date) -> str:
        """As ISO text, which sorts by time."""
        return value.isoformat()

    def deserialize(self, value: str) -> date:
        """From ISO text."""
        return date.fromisoformat(value)


class PlainListAttribute(_Quick, ListAttribute[Any]):
    """A list of texts, whole numbers, and lists of these."""

    def serialize(self, values: Sequence[Any], *, null_check: bool = True) -> list[RawValue]:
        """In DynamoDB's notation."""
        return [_plain(value) for value in values]

    def deserialize(self, values: Sequence[RawValue]) -> list[Any]:
        """From DynamoDB's notation."""
        return [_value(raw) for raw in values]


class TextMapAttribute(_Flat[dict[str, str]]):
    """Texts by name."""

    attr_type = MAP

    def serialize(self, value: Mapping[str, str]) -> RawItem:
        """In DynamoDB's notation."""
        return {name: {STRING: text} for name, text in value.items()}

    def deserialize(self, value: Mapping[str, RawValue]) -> dict[str, str]:
        """From DynamoDB's notation."""
        return {name: str(raw[STRING]) for name, raw in value.items()}


def _plain(value: str | int | Sequence[Any]) -> RawValue:
    if isinstance(value, list | tuple):  # by far the most of its parts are whole numbers, so that is asked first
        return {LIST: [{NUMBER: str(part)} if type(part) is int else _plain(part) for part in value]}
    if type(value) is int:
        return {NUMBER: str(value)}
    if isinstance(value, str):
        return {STRING: value}
    raise TypeError(f"a plain list holds no {type(value).__name__}")


def _value(raw: RawValue) -> Any:
    if LIST in raw:
        return [int(part[NUMBER]) if NUMBER in part else _value(part) for part in raw[LIST]]
    return int(raw[NUMBER]) if NUMBER in raw else raw[STRING]
