"""DynamoDB's condition, key, filter and projection expressions: parsed once, evaluated on items."""

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tools.dynamodb_simulator.values import Item, Value, compare, invalid, is_equal, kind_of, size_of

Steps = tuple[str | int, ...]
_TOKEN: Final = re.compile(r"\s*(<=|>=|<>|[=<>(),.\[\]+\-]|[#:]?[A-Za-z0-9_]+)")
_PLACEHOLDER: Final = re.compile(r"[#:][A-Za-z0-9_]+")
_COMPARATORS: Final = frozenset({"=", "<>", "<", "<=", ">", ">="})


@dataclass(frozen=True, slots=True)
class Scope:
    """Item, names and values that an expression is evaluated on."""

    item: Item
    names: Mapping[str, str]
    values: Mapping[str, Value]


Operand = Callable[[Scope], Value | None]
Test = Callable[[Scope], bool]


def tokens_of(text: str) -> list[str]:
    """Split an expression into tokens.

    Raises:
        ServiceError: the expression contains an invalid character.
    """
    found, position = [], 0
    text = text.rstrip()
    while position < len(text):
        match = _TOKEN.match(text, position)
        if match is None:
            raise invalid(f"Invalid expression: Syntax error; token: {text[position:][:10]!r}")
        found.append(match.group(1))
        position = match.end()
    return found


def require_placeholders_used(arguments: Mapping[str, Any], expressions: Sequence[str]) -> None:
    """Reject names and values that are given and not used, or used and not given."""
    used = {found for text in expressions for found in _PLACEHOLDER.findall(text)}
    given = {*arguments.get("ExpressionAttributeNames", ()), *arguments.get("ExpressionAttributeValues", ())}
    if given - used:
        raise invalid(f"Value provided in expression unused in expressions: keys: {sorted(given - used)}")
    if used - given:
        raise invalid(f"Invalid expression: attribute name or value not defined: {sorted(used - given)}")


class Parser:
    """Cursor over tokens that parses what all expressions have in common: paths and operands."""

    def __init__(self, text: str) -> None:
        self._tokens = tokens_of(text)
        self._at = 0

    @property
    def next(self) -> str:
        """The next token; empty at the end."""
        return self._tokens[self._at] if self._at < len(self._tokens) else ""

    def take(self, expected: str | None = None) -> str:
        """Consume the next token, which must be ``expected`` if that is given."""
        token = self.next
        if not token or (expected is not None and token.upper() != expected):
            raise invalid(f"Invalid expression: Syntax error; token: {token or '<EOF>'!r}")
        self._at += 1
        return token

    def accept(self, token: str) -> bool:
        """Consume a token if it is the next one; return whether it was."""
        if self.next.upper() == token:
            self._at += 1
            return True
        return False

    def list_of(self, parse: Callable[[], Any]) -> list[Any]:
        """Parse one or more parts separated by commas."""
        found = [parse()]
        while self.accept(","):
            found.append(parse())
        return found

    def path(self) -> Steps:
        """Parse a document path; its names may be placeholders."""
        steps: list[str | int] = [self.take()]
        while self.next in (".", "["):
            if self.accept("."):
                steps.append(self.take())
            else:
                self.take("[")
                steps.append(int(self.take()))
                self.take("]")
        return tuple(steps)

    def operand(self) -> Operand:
        """Parse a value, a path, or the size of the value at a path."""
        if self.next.startswith(":"):
            name = self.take()
            return lambda scope: scope.values[name]
        if self.next == "size":
            self.take()
            self.take("(")
            measured = self.path()
            self.take(")")
            return lambda scope: _size_at(scope, measured)
        steps = self.path()
        return lambda scope: value_at(scope, steps)


class _ConditionParser(Parser):
    """Parser of conditions: OR, AND, NOT, comparisons and functions."""

    def whole(self) -> Test:
        """Parse the whole expression."""
        test = self._any()
        if self.next:
            raise invalid(f"Invalid expression: Syntax error; token: {self.next!r}")
        return test

    def _any(self) -> Test:
        tests = [self._all()]
        while self.accept("OR"):
            tests.append(self._all())
        return tests[0] if len(tests) == 1 else lambda scope: any(test(scope) for test in tests)

    def _all(self) -> Test:
        tests = [self._one()]
        while self.accept("AND"):
            tests.append(self._one())
        return tests[0] if len(tests) == 1 else lambda scope: all(test(scope) for test in tests)

    def _one(self) -> Test:
        if self.accept("NOT"):
            negated = self._one()
            return lambda scope: not negated(scope)
        if self.accept("("):
            inner = self._any()
            self.take(")")
            return inner
        function = _FUNCTIONS.get(self.next)
        if function is None:
            return self._comparison()
        self.take()
        self.take("(")
        operands = self.list_of(self.operand)
        self.take(")")
        return lambda scope: function(*(operand(scope) for operand in operands))

    def _comparison(self) -> Test:
        left = self.operand()
        word = self.take().upper()
        if word in _COMPARATORS:
            right = self.operand()
            return lambda scope: compare(left(scope), word, right(scope))
        if word == "BETWEEN":
            low = self.operand()
            self.take("AND")
            high = self.operand()
            return lambda scope: _between(left(scope), low(scope), high(scope))
        if word == "IN":
            self.take("(")
            choices = self.list_of(self.operand)
            self.take(")")
            return lambda scope: any(compare(left(scope), "=", choice(scope)) for choice in choices)
        raise invalid(f"Invalid expression: Syntax error; token: {word!r}")


@lru_cache(maxsize=4096)
def condition(text: str) -> Test:
    """Parse a condition."""
    return _ConditionParser(text).whole()


@lru_cache(maxsize=512)
def projection(text: str) -> tuple[Steps, ...]:
    """Parse the paths of a projection."""
    parser = Parser(text)
    return tuple(parser.list_of(parser.path))


def projected(item: Item, text: str | None, names: Mapping[str, str]) -> Item:
    """Return an item with the top-level attributes that a projection names; without a projection, the whole item."""
    if not text:
        return item
    wanted = {resolved(steps, names)[0] for steps in projection(text)}
    return {name: value for name, value in item.items() if name in wanted}


def resolved(steps: Steps, names: Mapping[str, str]) -> Steps:
    """Replace the placeholders of a path."""
    return tuple(names[step] if isinstance(step, str) and step.startswith("#") else step for step in steps)


def value_at(scope: Scope, steps: Steps) -> Value | None:
    """Return the value at a path; None if there is none."""
    found: Any = {"M": scope.item}
    for step in resolved(steps, scope.names):
        if isinstance(step, int):
            inside = found.get("L", ())
            found = inside[step] if step < len(inside) else None
        else:
            found = found.get("M", {}).get(step)
        if found is None:
            return None
    return dict(found)


def _size_at(scope: Scope, steps: Steps) -> Value | None:
    """Return the size of a value; None, which no comparison matches, of a number, a boolean or NULL."""
    value = value_at(scope, steps)
    if value is None or kind_of(value) in ("N", "BOOL", "NULL"):
        return None
    kind = kind_of(value)
    return {"N": str(size_of(value) if kind == "B" else len(value[kind]))}


def _between(value: Value | None, low: Value | None, high: Value | None) -> bool:
    if compare(low, ">", high):
        raise invalid("The BETWEEN operator requires upper bound to be greater than or equal to lower bound")
    return compare(value, ">=", low) and compare(value, "<=", high)


def _begins_with(value: Value | None, prefix: Value | None) -> bool:
    if value is None or prefix is None or "S" not in value:
        return False
    return str(value["S"]).startswith(prefix["S"])


def _contains(value: Value | None, wanted: Value | None) -> bool:
    if value is None or wanted is None:
        return False
    kind = kind_of(value)
    if kind == "S":
        return "S" in wanted and wanted["S"] in value["S"]
    if kind == "L":
        return any(is_equal(each, wanted) for each in value["L"])
    return kind == kind_of(wanted) + "S" and wanted[kind[0]] in value[kind]


def _has_type(value: Value | None, kind: Value | None) -> bool:
    return value is not None and kind is not None and kind_of(value) == kind["S"]


_FUNCTIONS: Final[Mapping[str, Callable[..., bool]]] = {
    "attribute_exists": lambda value: value is not None,
    "attribute_not_exists": lambda value: value is None,
    "attribute_type": _has_type,
    "begins_with": _begins_with,
    "contains": _contains,
}
