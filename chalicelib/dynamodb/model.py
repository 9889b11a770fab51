"""Items: pynamodb's models, with a short way from values to what goes over the wire and back.

pynamodb sets, reads and converts each attribute through descriptors that also serve nested maps. Items here are flat.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache, partial
from typing import Any, Final, Self

from pynamodb.attributes import Attribute, ListAttribute
from pynamodb.constants import NULL, NUMBER
from pynamodb.exceptions import AttributeNullError
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Value
from pynamodb.expressions.update import Action, Update
from pynamodb.models import Model

from chalicelib.dynamodb.attributes import RawItem, RawValue

Call = dict[str, Any]
Parameters = Mapping[str, int | str]
_ALL_OLD: Final = "ALL_OLD"


@dataclass(frozen=True, slots=True)
class _Column:
    """How one attribute gets to DynamoDB and back. ``name`` is that of the model, ``stored`` that of the item."""

    name: str
    stored: str
    kind: str
    write: Callable[[Any], Any]
    attribute: Attribute[Any]
    is_optional: bool

    @classmethod
    def of(cls, name: str, attribute: Attribute[Any], *, null_check: bool) -> _Column:
        write: Callable[[Any], Any] = attribute.serialize
        if isinstance(attribute, ListAttribute):
            write = partial(attribute.serialize, null_check=null_check)
        optional = bool(attribute.null) or not null_check
        return cls(name, attribute.attr_name, attribute.attr_type, write, attribute, optional)


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
        self.attribute_values = {**_defaults(type(self)), **attributes, **given}

    def key(self) -> RawItem:
        """The primary key, in DynamoDB's notation."""
        return {
            column.stored: {column.kind: column.write(self.attribute_values[column.name])}
            for column in _key_columns(type(self))
        }

    @classmethod
    def _instantiate(cls, attribute_values: Mapping[str, RawValue]) -> Self:
        item = cls.__new__(cls)
        item.attribute_values = values = _defaults(cls)
        for column in _columns(cls, null_check=True):
            raw = attribute_values.get(column.stored)
            if raw and NULL not in raw:
                attribute = column.attribute
                values[column.name] = attribute.deserialize(
                    raw[column.kind] if column.kind in raw else attribute.get_value(raw)
                )
        return item

    def _container_serialize(self, null_check: bool = True) -> RawItem:
        raw: RawItem = {}
        values = self.attribute_values
        for column in _columns(type(self), null_check=null_check):
            value = values.get(column.name)
            written = None if value is None else column.write(value)
            if written is not None:
                raw[column.stored] = {column.kind: written}
            elif not column.is_optional:
                raise AttributeNullError(column.name)
        return raw


def put_call(item: Item, condition: Condition | None) -> Call:
    """A put of a whole item for a transaction; where its condition fails it tells the old item."""
    return {"Item": item.serialize(), **_call(item, (), condition)}


def change_call(item: Item, actions: Sequence[Action], condition: Condition | None) -> Call:
    """An update, delete or check, for a transaction, of the item with this item's key; else as a put."""
    return {"Key": item.key(), **_call(item, actions, condition)}


class Placeholder(Value):
    """A value in a phrase that is filled in for each write; one name stands for one value wherever it is used."""

    def __init__(self, name: str, kind: str = NUMBER) -> None:
        super().__init__({kind: ""})
        self._placeholder = f":{name}"
        self._kind = kind

    def serialize(self, placeholder_names: dict[str, str], expression_attribute_values: dict[str, Any]) -> str:
        """Its placeholder; the value comes later, only its kind is known."""
        expression_attribute_values[self._placeholder] = self._kind
        return self._placeholder


class PreparedWrite:
    """What one kind of write does to an item, and under which condition: composed once, used for every write."""

    def __init__(self, actions: Sequence[Action], condition: Condition | None) -> None:
        values: dict[str, RawValue | str] = {}
        self._parts = _expressions(actions, condition, {}, values)
        self._constants = {name: value for name, value in values.items() if not isinstance(value, str)}
        self._slots = [(name, name[1:], kind) for name, kind in values.items() if isinstance(kind, str)]

    def change(self, item: Item, filled: Parameters) -> Call:
        """An update, delete or check, for a transaction, of the item with this item's key.

        What is filled in and has no slot is left out.
        """
        return {"Key": item.key(), **_aimed_at(item), **self._filled(filled)}

    def put(self, item: Item, filled: Parameters) -> Call:
        """A put of the whole item for a transaction, under the condition."""
        return {"Item": item.serialize(), **_aimed_at(item), **self._filled(filled)}

    def _filled(self, filled: Parameters) -> Call:
        given = {placeholder: {kind: str(filled[name])} for placeholder, name, kind in self._slots}
        values = {**self._constants, **given}
        return {**self._parts, "ExpressionAttributeValues": values} if values else self._parts


@cache
def item_absent(model: type[Item]) -> PreparedWrite:
    """There is no item with this key yet."""
    return PreparedWrite((), _named(model, model._hash_keyname).does_not_exist())


@cache
def version_unchanged(model: type[Item]) -> PreparedWrite:
    """The item is still of the version ``was``."""
    return PreparedWrite((), _named(model, "version") == Placeholder("was"))


def _named(model: type[Item], name: str | None) -> Any:
    """An attribute of a model, by its name there; for pynamodb it makes conditions."""
    return model.get_attributes()[str(name)]


def _call(item: Item, actions: Sequence[Action], condition: Condition | None) -> Call:
    values: dict[str, Any] = {}
    call = {**_aimed_at(item), **_expressions(actions, condition, {}, values)}
    return {**call, "ExpressionAttributeValues": values} if values else call


def _aimed_at(item: Item) -> Call:
    return {"TableName": item.Meta.table_name, "ReturnValuesOnConditionCheckFailure": _ALL_OLD}


def _expressions(
    actions: Sequence[Action], condition: Condition | None, names: dict[str, str], values: dict[str, Any]
) -> Call:
    """The expressions with the names in them; values are collected."""
    found: Call = {}
    if condition is not None:
        found["ConditionExpression"] = condition.serialize(names, values)
    if actions:
        found["UpdateExpression"] = Update(*actions).serialize(names, values)
    if names:
        found["ExpressionAttributeNames"] = {placeholder: name for name, placeholder in names.items()}
    return found


@cache
def _columns(model: type[Item], *, null_check: bool) -> tuple[_Column, ...]:
    return tuple(_Column.of(name, each, null_check=null_check) for name, each in model.get_attributes().items())


@cache
def _key_columns(model: type[Item]) -> tuple[_Column, ...]:
    columns = _columns(model, null_check=True)
    return tuple(column for column in columns if column.attribute.is_hash_key or column.attribute.is_range_key)


@cache
def _given_defaults(model: type[Item]) -> tuple[tuple[str, Any], ...]:
    defaults = ((name, attribute.default) for name, attribute in model.get_attributes().items())
    return tuple((name, default) for name, default in defaults if default is not None)


def _defaults(model: type[Item]) -> dict[str, Any]:
    return {name: default() if callable(default) else default for name, default in _given_defaults(model)}
