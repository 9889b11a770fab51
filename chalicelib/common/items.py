"""Items: pynamodb's models, with a short way from values to what goes over the wire and back.

pynamodb sets, reads and converts each attribute through descriptors that also serve nested maps. Items here are flat.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from typing import Any, Self

from pynamodb.attributes import Attribute, ListAttribute, MapAttribute
from pynamodb.constants import LIST, NULL, NUMBER, STRING
from pynamodb.exceptions import AttributeNullError
from pynamodb.models import Model

RawValue = dict[str, Any]


class Item(Model):
    """An item without discriminator and version attribute; otherwise as any model of pynamodb."""

    def __init__(
        self, hash_key: Any = None, range_key: Any = None, _user_instantiated: bool = True, **attributes: Any
    ) -> None:
        known = self.get_attributes()
        unknown = attributes.keys() - known.keys()
        if unknown:
            raise ValueError(f"{type(self).__name__} has no attribute {', '.join(sorted(unknown))}")
        keys = ((self._hash_keyname, hash_key), (self._range_keyname, range_key))
        given = {name: value for name, value in keys if name and value is not None}
        self.attribute_values = {**dict(_defaults(known)), **attributes, **given}
        self._wrap_maps()

    @classmethod
    def _instantiate(cls, attribute_values: Mapping[str, RawValue]) -> Self:
        item = cls.__new__(cls)
        known = cls.get_attributes()
        item.attribute_values = values = dict(_defaults(known))
        for name, attribute in known.items():
            raw = attribute_values.get(attribute.attr_name)
            if raw and NULL not in raw:
                values[name] = attribute.deserialize(attribute.get_value(raw))
        item._wrap_maps()
        return item

    def _wrap_maps(self) -> None:
        """Only the descriptor of a map makes a map of a dictionary."""
        for name in _maps(type(self)):
            setattr(self, name, self.attribute_values.get(name))

    def _container_serialize(self, null_check: bool = True) -> dict[str, RawValue]:
        raw: dict[str, RawValue] = {}
        values = self.attribute_values
        for name, attribute in self.get_attributes().items():
            value = values.get(name)
            written = None if value is None else _serialized(attribute, value, null_check)
            if written is not None:
                raw[attribute.attr_name] = {attribute.attr_type: written}
            elif null_check and not attribute.null:
                raise AttributeNullError(name)
        return raw


class PlainListAttribute(ListAttribute[Any]):
    """A list of texts, whole numbers, and lists of these."""

    def serialize(self, values: Sequence[Any], *, null_check: bool = True) -> list[RawValue]:
        """In DynamoDB's notation."""
        return [_plain(value) for value in values]

    def deserialize(self, values: Sequence[RawValue]) -> list[Any]:
        """From DynamoDB's notation."""
        return [_value(raw) for raw in values]


@cache
def _maps(model: type[Item]) -> tuple[str, ...]:
    return tuple(name for name, attribute in model.get_attributes().items() if isinstance(attribute, MapAttribute))


def _defaults(attributes: Mapping[str, Attribute[Any]]) -> Iterator[tuple[str, Any]]:
    for name, attribute in attributes.items():
        default = attribute.default
        if default is not None:
            yield name, default() if callable(default) else default


def _serialized(attribute: Attribute[Any], value: Any, null_check: bool) -> Any:
    if isinstance(attribute, ListAttribute | MapAttribute):
        return attribute.serialize(value, null_check=null_check)
    return attribute.serialize(value)


def _plain(value: str | int | Sequence[Any]) -> RawValue:
    if isinstance(value, str):
        return {STRING: value}
    if isinstance(value, list | tuple):
        return {LIST: [_plain(part) for part in value]}
    if type(value) is int:
        return {NUMBER: str(value)}
    raise TypeError(f"a plain list holds no {type(value).__name__}")


def _value(raw: RawValue) -> Any:
    [(kind, value)] = raw.items()
    if kind == NUMBER:
        return int(value)
    return [_value(part) for part in value] if kind == LIST else value
