"""Attribute types of items: conversion between Python values and DynamoDB's notation."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from typing import TYPE_CHECKING, Any, TypeVar

from pynamodb.attributes import Attribute, BooleanAttribute, ListAttribute, UnicodeAttribute
from pynamodb.constants import LIST, MAP, NUMBER, STRING

from chalicelib.shared.clock import from_millis, to_millis

T = TypeVar("T")
RawValue = Mapping[str, Any]
RawItem = Mapping[str, RawValue]


class _ItemAttribute:
    """Reads an attribute of an item directly. pynamodb's own lookup also serves nested maps, which items don't have."""

    if not TYPE_CHECKING:  # pynamodb declares the types

        def __set_name__(self, owner, name):
            super().__set_name__(owner, name)
            self._name = name

        def __get__(self, instance, owner):
            return self if instance is None else instance.attribute_values.get(self._name)


class _ValueAttribute(_ItemAttribute, Attribute[T]):
    """An attribute of a single value."""


class TextAttribute(_ItemAttribute, UnicodeAttribute):
    """A string."""


class FlagAttribute(_ItemAttribute, BooleanAttribute):
    """A truth value."""


class IntegerAttribute(_ValueAttribute[int]):
    """A whole number. pynamodb's own number attribute gives floats."""

    attr_type = NUMBER
    serialize: Any = staticmethod(int.__repr__)
    deserialize: Any = staticmethod(int)


class TimestampAttribute(_ValueAttribute[datetime]):
    """An instant, stored as whole milliseconds since 1970 (UTC)."""

    attr_type = NUMBER

    def serialize(self, value: datetime) -> str:
        return str(to_millis(value))

    def deserialize(self, value: str) -> datetime:
        return from_millis(int(value))


class DateAttribute(_ValueAttribute[date]):
    """A calendar day, stored as ``YYYY-MM-DD``, which sorts by time."""

    attr_type = STRING
    serialize: Any = staticmethod(date.isoformat)
    deserialize: Any = staticmethod(date.fromisoformat)


def to_raw_list(values: Sequence[Any]) -> list[RawValue]:
    """Convert a list of strings, whole numbers and lists of these to DynamoDB's notation.

    Raises:
        TypeError: an element is of another type.
    """
    raw: list[RawValue] = []
    for value in values:
        if type(value) is int:
            raw.append({NUMBER: str(value)})
        elif isinstance(value, str):
            raw.append({STRING: value})
        elif isinstance(value, list | tuple):
            raw.append({LIST: to_raw_list(value)})
        else:
            raise TypeError(f"a plain list can't hold {type(value).__name__}")
    return raw


def from_raw_list(values: Sequence[RawValue]) -> list[Any]:
    """Convert a list of strings, whole numbers and lists of these from DynamoDB's notation."""
    plain: list[Any] = []
    for raw in values:
        if NUMBER in raw:
            plain.append(int(raw[NUMBER]))
        else:
            plain.append(from_raw_list(raw[LIST]) if LIST in raw else raw[STRING])
    return plain


class PlainListAttribute(_ItemAttribute, ListAttribute[Any]):
    """A list of strings, whole numbers and lists of these."""

    serialize: Any = staticmethod(to_raw_list)
    deserialize: Any = staticmethod(from_raw_list)


class TextMapAttribute(_ValueAttribute[dict[str, str]]):
    """Strings by name."""

    attr_type = MAP

    def serialize(self, value: Mapping[str, str]) -> RawItem:
        return {name: {STRING: text} for name, text in value.items()}

    def deserialize(self, value: Mapping[str, RawValue]) -> dict[str, str]:
        return {name: str(raw[STRING]) for name, raw in value.items()}
