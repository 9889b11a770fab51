"""Condition and update expressions: composed once from pynamodb's, filled with parameters for each write."""

from collections.abc import Callable, Iterable
from typing import Any, Final, NamedTuple

from pynamodb.constants import NUMBER
from pynamodb.expressions.condition import Condition
from pynamodb.expressions.operand import Path, Value
from pynamodb.expressions.update import Action, Update

from chalicelib.dynamodb.attributes import IntegerAttribute, RawItem

_UPDATE_NAMESPACE: Final = "u_"
"""Keeps an update's placeholders apart from those of the condition in the same request."""


class Expression(NamedTuple):
    """An expression with the names and values that its placeholders stand for."""

    text: str
    names: dict[str, str]
    values: RawItem


class _Placeholder(Value):
    """A value that is given with each write."""

    def __init__(self, name: str, kind: str = NUMBER, serialize: Callable[[Any], Any] = str) -> None:
        super().__init__({kind: ""})
        self.name = name
        self.kind = kind
        self.convert = serialize

    def serialize(self, placeholder_names: dict[str, str], expression_attribute_values: dict[str, Any]) -> str:
        text = f":{self.name}"
        expression_attribute_values[text] = self
        return text


def placeholder(name: str, kind: str = NUMBER, serialize: Callable[[Any], Any] = str) -> Any:
    """Stand for a value that is given with each write. Within one expression, equal names stand for one value.

    Args:
        name: the name of the parameter.
        kind: the DynamoDB type of the value.
        serialize: converts the parameter to DynamoDB's notation.
    """
    return _Placeholder(name, kind, serialize)


class _PreparedExpression:
    def __init__(self, source: Condition | Update, namespace: str) -> None:
        names: dict[str, str] = {}
        values: dict[str, Any] = {}
        text = source.serialize(names, values) or ""
        self._text = text.replace("#", f"#{namespace}").replace(":", f":{namespace}")
        self._names = {f"#{namespace}{short[1:]}": name for name, short in names.items()}
        named = [(f":{namespace}{short[1:]}", value) for short, value in values.items()]
        self._constants = {full: value for full, value in named if not isinstance(value, _Placeholder)}
        self._placeholders = [
            (full, value.name, value.kind, value.convert) for full, value in named if isinstance(value, _Placeholder)
        ]
        self._parameters = {name for _, name, _, _ in self._placeholders}

    def __call__(self, **parameters: Any) -> Expression:
        """Fill in the parameters.

        Raises:
            TypeError: a parameter is missing, or there is no placeholder of its name.
        """
        if parameters.keys() != self._parameters:
            raise TypeError(f"the expression takes {sorted(self._parameters)}, not {sorted(parameters)}")
        values = {full: {kind: convert(parameters[name])} for full, name, kind, convert in self._placeholders}
        return Expression(self._text, self._names, {**self._constants, **values})


class PreparedCondition(_PreparedExpression):
    def __init__(self, condition: Condition) -> None:
        super().__init__(condition, "")


class PreparedUpdate(_PreparedExpression):
    def __init__(self, *actions: Action) -> None:
        super().__init__(Update(*actions), _UPDATE_NAMESPACE)


def all_of(conditions: Iterable[Condition | None]) -> Condition | None:
    """Join conditions by "and", without those that are None; None if there are none."""
    joined: Condition | None = None
    for condition in conditions:
        if condition is not None:
            joined = condition if joined is None else joined & condition
    return joined


def number(name: str) -> Any:
    """Refer to a number of an item by the attribute's stored name, for attributes that no model declares."""
    return Path(IntegerAttribute(attr_name=name))
