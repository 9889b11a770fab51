"""Attribute values in DynamoDB's notation: order, equality and size, as the service defines them."""

import base64
from collections.abc import Iterable, Mapping
from decimal import Context, Decimal
from functools import lru_cache
from typing import Any, Final

Value = Mapping[str, Any]
Item = Mapping[str, Value]

_DIGITS: Final = Context(prec=38)
_SETS: Final = frozenset({"SS", "NS", "BS"})
_ORDERED: Final = frozenset({"S", "N", "B"})


class ServiceError(Exception):
    """Error response of the service."""

    def __init__(self, code: str, message: str = "", **members: Any) -> None:
        self.code = code
        self.message = message
        self.members = members
        super().__init__(f"{code}: {message}")


def invalid(message: str) -> ServiceError:
    """Return the response to an invalid request."""
    return ServiceError("ValidationException", message)


def kind_of(value: Value) -> str:
    """Return the type of a value, such as ``S``."""
    return next(iter(value))


def number_text(number: Decimal) -> str:
    """Format a number as the service does: without exponent and superfluous zeros."""
    if number == 0:
        return "0"
    return format(number.normalize(_DIGITS), "f")


def sum_of(left: Value, right: Value, sign: int = 1) -> Value:
    """Add two numbers; subtract if ``sign`` is -1."""
    if kind_of(left) != "N" or kind_of(right) != "N":
        raise invalid("An operand in the update expression has an incorrect data type")
    return {"N": number_text(_DIGITS.add(Decimal(left["N"]), sign * Decimal(right["N"])))}


def comparable(value: Value) -> Any:
    """Return the sort key of a value among values of its type."""
    kind = kind_of(value)
    if kind == "N":
        return Decimal(value["N"])
    if kind == "B":
        return base64.b64decode(value["B"])
    return str(value["S"]).encode()


def compare(left: Value | None, comparator: str, right: Value | None) -> bool:
    """Compare two values. For a missing attribute, or one of another type, only ``<>`` holds."""
    if left is None or right is None:
        return comparator == "<>"
    if comparator in ("=", "<>"):
        return is_equal(left, right) == (comparator == "=")
    kind = kind_of(left)
    if kind != kind_of(right) or kind not in _ORDERED:
        return False
    first, second = comparable(left), comparable(right)
    results = {"<": first < second, "<=": first <= second, ">": first > second, ">=": first >= second}
    return bool(results[comparator])


def is_equal(left: Value, right: Value) -> bool:
    """Return whether two values are equal: numbers by value, sets without order."""
    kind = kind_of(left)
    if kind != kind_of(right):
        return False
    one, other = left[kind], right[kind]
    if kind == "N":
        return Decimal(one) == Decimal(other)
    if kind in _SETS:
        return set(one) == set(other)
    if kind == "L":
        return len(one) == len(other) and all(is_equal(a, b) for a, b in zip(one, other, strict=True))
    if kind == "M":
        return one.keys() == other.keys() and all(is_equal(one[name], other[name]) for name in one)
    return bool(one == other)


def stored(value: Value) -> Value:
    """Return a value as the service stores it: numbers in their shortest form."""
    kind = kind_of(value)
    content = value[kind]
    if kind == "N":
        return {"N": number_text(Decimal(content))}
    if kind == "L":
        return {"L": [stored(each) for each in content]}
    if kind == "M":
        return {"M": {name: stored(each) for name, each in content.items()}}
    if kind in _SETS:
        if not content:
            raise invalid("One or more parameter values were invalid: An set may not be empty")
        return {kind: sorted(set(content))}
    return value


def size_of(value: Value) -> int:
    """Return the size of a value in bytes.

    Source: Amazon DynamoDB Developer Guide, "DynamoDB item sizes and formats".
    """
    kind = kind_of(value)
    content = value[kind]
    if kind == "S":
        return _size_of_text(content)
    if kind == "N":
        return _size_of_number(content)
    if kind == "B":
        return len(base64.b64decode(content))
    if kind == "L":
        return 3 + sum(1 + size_of(each) for each in content)
    if kind == "M":
        return 3 + sum(1 + len(name.encode()) + size_of(each) for name, each in content.items())
    if kind in _SETS:
        return sum(size_of({kind[0]: each}) for each in content)
    return 1


def item_size(item: Item) -> int:
    """Return the size of an item in bytes: its names and its values."""
    return sum(_size_of_text(name) + size_of(value) for name, value in item.items())


def units(sizes: Iterable[int], *, per: int) -> int:
    """Return the number of units of ``per`` bytes that the sizes need together; at least one."""
    return max(1, -(-sum(sizes) // per))


@lru_cache(maxsize=65_536)
def _size_of_text(text: str) -> int:
    return len(text.encode())


@lru_cache(maxsize=65_536)
def _size_of_number(text: str) -> int:
    number = Decimal(text)
    if number == 0:
        return 1
    digits = len(number.normalize(_DIGITS).as_tuple().digits)
    return (digits + 1) // 2 + 1 + (number < 0)
