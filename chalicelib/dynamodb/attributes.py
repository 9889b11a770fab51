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

    def serialize(self, value: int) -> str:
        return str(int(value))

    def deserialize(self, value: str) -> int:
        return int(value)


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

    def serialize(self, value: date) -> str:
        return value.isoformat()

    def deserialize(self, value: str) -> date:
        return date.fromisoformat(value)


class PlainListAttribute(_ItemAttribute, ListAttribute[Any]):
    """A list of strings, whole numbers and lists of these."""

    def serialize(self, values: Sequence[Any], *, null_check: bool = True) -> list[RawValue]:
        return to_raw_list(values)

    def deserialize(self, values: Sequence[RawValue]) -> list[Any]:
        return [_from_raw(raw) for raw in values]


class TextMapAttribute(_ValueAttribute[dict[str, str]]):
    """Strings by name."""

    attr_type = MAP

    def serialize(self, value: Mapping[str, str]) -> RawItem:
        return {name: {STRING: text} for name, text in value.items()}

    def deserialize(self, value: Mapping[str, RawValue]) -> dict[str, str]:
        return {name: str(raw[STRING]) for name, raw in value.items()}


def to_raw_list(values: Sequence[Any]) -> list[RawValue]:
    """Convert a list of strings, whole numbers and lists of these to DynamoDB's notation.

    Raises:
        TypeError: an element is of another type.
    """
    return [_to_raw(value) for value in values]


def _to_raw(value: str | int | Sequence[Any]) -> RawValue:
    if isinstance(value, list | tuple):  # most elements are whole numbers, so these are recognised first
        return {LIST: [{NUMBER: str(part)} if type(part) is int else _to_raw(part) for part in value]}
    if type(value) is int:
        return {NUMBER: str(value)}
    if isinstance(value, str):
        return {STRING: value}
    raise TypeError(f"a plain list can't hold {type(value).__name__}")


def _from_raw(raw: RawValue) -> Any:
    if LIST in raw:
        return [int(part[NUMBER]) if NUMBER in part else _from_raw(part) for part in raw[LIST]]
    return int(raw[NUMBER]) if NUMBER in raw else raw[STRING]
