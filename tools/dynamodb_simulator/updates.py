"""Update expressions: all right-hand sides are evaluated on the old item before any change is made."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

from tools.dynamodb_simulator.expressions import Operand, Parser, Scope, Steps, resolved, value_at
from tools.dynamodb_simulator.values import Item, Value, invalid, kind_of, stored, sum_of

_CLAUSES: Final = ("SET", "REMOVE", "ADD", "DELETE")
_REMOVED: Final[Value] = {}


@dataclass(frozen=True, slots=True)
class _Change:
    path: Steps
    result: Callable[[Scope, Value | None], Value]
    """Computes the new value from the old item and the old value; an empty one removes the attribute."""


class _UpdateParser(Parser):
    def changes(self) -> tuple[_Change, ...]:
        """Parse the changes of all clauses."""
        parsers: Mapping[str, Callable[[], _Change]] = {
            "SET": self._set,
            "REMOVE": self._remove,
            "ADD": self._add,
            "DELETE": self._delete,
        }
        found: list[_Change] = []
        while self.next:
            clause = self.take().upper()
            if clause not in _CLAUSES:
                raise invalid(f"Invalid UpdateExpression: Syntax error; token: {clause!r}")
            found += self.list_of(parsers[clause])
        return tuple(found)

    def _set(self) -> _Change:
        path = self.path()
        self.take("=")
        first = self._value()
        if self.next not in ("+", "-"):
            return _Change(path, lambda scope, _: _require_value(first(scope)))
        sign = 1 if self.take() == "+" else -1
        second = self._value()
        return _Change(path, lambda scope, _: sum_of(_require_value(first(scope)), _require_value(second(scope)), sign))

    def _remove(self) -> _Change:
        return _Change(self.path(), lambda _scope, _old: _REMOVED)

    def _add(self) -> _Change:
        path, added = self.path(), self.operand()
        return _Change(path, lambda scope, old: _sum_or_union(old, _require_value(added(scope))))

    def _delete(self) -> _Change:
        path, removed = self.path(), self.operand()
        return _Change(path, lambda scope, old: _set_difference(old, _require_value(removed(scope))))

    def _value(self) -> Operand:
        if self.next not in ("if_not_exists", "list_append"):
            return self.operand()
        function = self.take()
        self.take("(")
        first = self._value()
        self.take(",")
        second = self._value()
        self.take(")")
        if function == "if_not_exists":
            return lambda scope: first(scope) or second(scope)
        return lambda scope: {"L": [*_require_value(first(scope))["L"], *_require_value(second(scope))["L"]]}


@lru_cache(maxsize=2048)
def _parsed(text: str) -> tuple[_Change, ...]:
    return _UpdateParser(text).changes()


def updated(key: Item, old: Item | None, text: str, scope: Scope) -> Item:
    """Return the item after an update.

    Raises:
        ServiceError: the update changes a key, changes a path twice, or calculates with a value that isn't a number.
    """
    changes = [(resolved(change.path, scope.names), change) for change in _parsed(text)]
    paths = [path for path, _ in changes]
    if any(path[0] in key for path in paths):
        raise invalid("One or more parameter values were invalid: Cannot update attribute. This is part of the key")
    if len(set(paths)) < len(paths):
        raise invalid("Invalid UpdateExpression: Two document paths overlap with each other")
    item: Any = {"M": {**(old or key)}}
    for path, change in changes:
        item = _with_value(item, path, change.result(scope, value_at(scope, path)))
    result: Item = item["M"]
    return result


def _with_value(value: Any, path: Steps, new: Value) -> Any:
    """Return a copy of a value with ``new`` at a path."""
    step, rest = path[0], path[1:]
    if isinstance(step, str):
        if "M" not in value:
            raise invalid("The document path provided in the update expression is invalid for update")
        inside = dict(value["M"])
        if rest:
            if step not in inside:
                raise invalid("The document path provided in the update expression is invalid for update")
            inside[step] = _with_value(inside[step], rest, new)
        elif new:
            inside[step] = stored(new)
        else:
            inside.pop(step, None)
        return {"M": inside}
    elements = list(value.get("L", ()))
    if step >= len(elements):
        return {"L": [*elements, stored(new)]} if new else value
    elements[step : step + 1] = [_with_value(elements[step], rest, new)] if rest else [stored(new)] if new else []
    return {"L": elements}


def _require_value(value: Value | None) -> Value:
    if value is None:
        raise invalid("The provided expression refers to an attribute that does not exist in the item")
    return value


def _sum_or_union(old: Value | None, added: Value) -> Value:
    kind = kind_of(added)
    if kind == "N":
        return sum_of(old or {"N": "0"}, added)
    if kind not in ("SS", "NS", "BS") or (old is not None and kind_of(old) != kind):
        raise invalid("An operand in the update expression has an incorrect data type")
    return {kind: sorted({*(old or {kind: ()})[kind], *added[kind]})}


def _set_difference(old: Value | None, removed: Value) -> Value:
    kind = kind_of(removed)
    if kind not in ("SS", "NS", "BS") or (old is not None and kind_of(old) != kind):
        raise invalid("An operand in the update expression has an incorrect data type")
    left = sorted(set((old or {kind: ()})[kind]) - set(removed[kind]))
    return {kind: left} if left else _REMOVED
