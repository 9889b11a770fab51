"""Items: pynamodb models with a direct conversion to and from DynamoDB's notation.

pynamodb sets, reads and converts each attribute through descriptors that also serve nested maps. Items here are flat.
"""

from collections.abc import Callable, Mapping
from functools import cache
from typing import Any, Final, NamedTuple, Self

from pynamodb.attributes import Attribute
from pynamodb.constants import NULL
from pynamodb.exceptions import AttributeNullError
from pynamodb.indexes import Index, Projection
from pynamodb.models import Model

from chalicelib.dynamodb.attributes import RawItem, RawValue
from chalicelib.dynamodb.expressions import Expression, PreparedCondition, placeholder

DECLARED_IN_TEMPLATE: Final = Projection()
"""The projection of every index: pynamodb requires one, but never uses it. infra/template.yaml alone declares them."""


class _AttributeCodec(NamedTuple):
    """The conversion of one attribute. ``name`` is that in the model, ``stored_name`` that in the item."""

    name: str
    stored_name: str
    kind: str
    serialize: Callable[[Any], Any]
    attribute: Attribute[Any]


class Item(Model):
    """A model without discriminator and without pynamodb's version attribute."""

    def __init__(self, hash_key: Any = None, range_key: Any = None, **attributes: Any) -> None:
        model = type(self)
        unknown = attributes.keys() - model.get_attributes().keys()
        if unknown:
            raise ValueError(f"{model.__name__} has no attribute {', '.join(sorted(unknown))}")
        keys = zip(key_attributes(model), (hash_key, range_key), strict=False)
        given = {key.name: value for key, value in keys if value is not None}
        self.attribute_values = {**_defaults(model), **attributes, **given}

    def key(self) -> RawItem:
        """Return the primary key in DynamoDB's notation.

        Raises:
            KeyError: the item has no value for a part of its key.
        """
        values = self.attribute_values
        return {key.stored_name: {key.kind: key.serialize(values[key.name])} for key in key_attributes(type(self))}

    def serialize(self, null_check: bool = True) -> dict[str, Any]:
        """Return the whole item in DynamoDB's notation.

        Raises:
            AttributeNullError: a value is missing, and its attribute isn't optional.
        """
        raw: dict[str, RawValue] = {}
        values = self.attribute_values
        for codec in _codecs(type(self)):
            value = values.get(codec.name)
            serialized = None if value is None else codec.serialize(value)
            if serialized is not None:
                raw[codec.stored_name] = {codec.kind: serialized}
            elif null_check and not codec.attribute.null:
                raise AttributeNullError(codec.name)
        return raw

    @classmethod
    def from_raw_data(cls, data: Mapping[str, RawValue]) -> Self:
        """Make an item from DynamoDB's notation. Attributes that it lacks have their default, or None."""
        item = cls.__new__(cls)
        item.attribute_values = values = dict(_defaults(cls))
        for codec in _codecs(cls):
            raw = data.get(codec.stored_name)
            if raw and NULL not in raw:
                attribute = codec.attribute
                values[codec.name] = attribute.deserialize(
                    raw[codec.kind] if codec.kind in raw else attribute.get_value(raw)
                )
        return item


@cache
def key_attributes(model: type[Item]) -> tuple[_AttributeCodec, ...]:
    """The model's hash key and, if it has one, its range key."""
    keys = [codec for codec in _codecs(model) if codec.attribute.is_hash_key or codec.attribute.is_range_key]
    return tuple(sorted(keys, key=lambda codec: codec.attribute.is_range_key))


def index_hash_key(index: Index[Any]) -> Any:
    """The hash key of an index, for conditions."""
    return next(attribute for attribute in index.Meta.attributes.values() if attribute.is_hash_key)


@cache
def item_absent(model: type[Item]) -> Expression:
    return PreparedCondition(hash_key(model).does_not_exist())()


@cache
def item_exists(model: type[Item]) -> Expression:
    return PreparedCondition(hash_key(model).exists())()


def version_unchanged(model: type[Item], version: int) -> Expression:
    """The condition that the item still has the version that was read."""
    return _version_condition(model)(version=version)


@cache
def _version_condition(model: type[Item]) -> PreparedCondition:
    stored: Any = model.get_attributes()["version"]
    return PreparedCondition(stored == placeholder("version"))


def hash_key(model: type[Item]) -> Any:
    return key_attributes(model)[0].attribute


@cache
def _codecs(model: type[Item]) -> tuple[_AttributeCodec, ...]:
    return tuple(
        _AttributeCodec(name, attribute.attr_name, attribute.attr_type, attribute.serialize, attribute)
        for name, attribute in model.get_attributes().items()
    )


@cache
def _defaults(model: type[Item]) -> dict[str, Any]:
    """The constant defaults of a model's attributes."""
    declared = ((name, attribute.default) for name, attribute in model.get_attributes().items())
    return {name: default for name, default in declared if default is not None}
