"""Random programs of DynamoDB calls: few keys, so that calls concern the same items, and all kinds of expressions."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Any, Final

from hypothesis import strategies as st

Call = tuple[str, dict[str, Any]]
_PLACEHOLDERS: Final = re.compile(r"[#:][a-z]+")
_EXPRESSIONS: Final = ("ConditionExpression", "UpdateExpression", "KeyConditionExpression", "FilterExpression")
_NAMES: Final = {"#status": "status", "#rows": "rows", "#pk": "pk", "#sk": "sk", "#shard": "status_shard"}
_CONDITIONS: Final = (
    "attribute_exists(pk)",
    "attribute_not_exists(pk)",
    "attribute_not_exists(pk) OR amount < :low",
    "amount >= :low",
    "amount <> :low",
    "NOT amount < :low",
    "amount BETWEEN :zero AND :ten",
    "begins_with(#status, :text)",
    "contains(tags, :tag)",
    "contains(#status, :tag)",
    "attribute_type(amount, :kind)",
    "size(#status) > :low",
    "#status IN (:text, :tag)",
    "(amount = :low OR #status = :text) AND attribute_exists(amount)",
    "body.nested = :text",
    "attribute_not_exists(held) AND amount <= :high",
)
_UPDATES: Final = (
    "SET amount = :low",
    "SET amount = amount + :low",
    "SET amount = if_not_exists(amount, :zero) - :high",
    "SET #status = :text, held = if_not_exists(held, :high) REMOVE tags",
    "ADD amount :low",
    "ADD tags :tags",
    "DELETE tags :tags",
    "REMOVE amount, #status",
    "SET body.nested = :text",
    "SET #rows = list_append(if_not_exists(#rows, :empty), :rows)",
    "SET #rows[0] = :low",
    "SET #shard = :shard, status_sort = :text",
    "REMOVE #shard",
    "SET amount = held, held = amount",
    "ADD #status :low",
)
_FILTERS: Final = ("amount > :low", "attribute_exists(tags)", "#status = :text OR attribute_not_exists(#status)")
_SORTS: Final = ("LOAN", "OFFER#1", "OFFER#2", "SCHEDULE")
_RANGES: Final = ("begins_with(#sk, :start)", "#sk BETWEEN :first AND :last", "#sk >= :first", "#sk < :last")


@dataclass(frozen=True, slots=True)
class Names:
    """Table and number that keep a program apart from others."""

    table: str
    number: int

    def key(self, partition: str, sort: str) -> dict[str, Any]:
        """Return the key of an item."""
        return {"pk": {"S": f"{partition}#{self.number}"}, "sk": {"S": sort}}


@dataclass(frozen=True, slots=True)
class Template:
    """A call without the values of its placeholders."""

    operation: str
    partition: str
    sort: str
    parts: dict[str, Any]
    chosen: dict[str, Any]
    inner: tuple[Template, ...] = ()

    def call(self, names: Names) -> Call:
        """Return the call."""
        if self.operation == "TransactWriteItems":
            items = [{_KINDS[each.operation]: _transacted(each, names)} for each in self.inner]
            return self.operation, {"TransactItems": items, "ReturnConsumedCapacity": "TOTAL"}
        if self.operation == "BatchGetItem":
            keys = {each.sort: names.key(self.partition, each.sort) for each in self.inner}
            wanted = {names.table: {"Keys": list(keys.values()), "ConsistentRead": True}}
            return self.operation, {"RequestItems": wanted, "ReturnConsumedCapacity": "TOTAL"}
        return self.operation, self.arguments(names)

    def arguments(self, names: Names) -> dict[str, Any]:
        """Return the arguments of a call on one item or one query."""
        values = {
            **self.chosen,
            ":shard": {"S": f"SHARD#{names.number}"},
            ":pk": {"S": f"{self.partition}#{names.number}"},
        }
        given: dict[str, Any] = {"TableName": names.table, "ReturnConsumedCapacity": "TOTAL", **self.parts}
        key = names.key(self.partition, self.sort)
        if self.operation == "PutItem":
            given["Item"] = {**given["Item"], **key}
            if "status_shard" in given["Item"]:
                given["Item"]["status_shard"] = values[":shard"]
        elif self.operation != "Query":
            given["Key"] = key
        used = {found for part in _EXPRESSIONS if part in given for found in _PLACEHOLDERS.findall(given[part])}
        if any(mark.startswith("#") for mark in used):
            given["ExpressionAttributeNames"] = {mark: _NAMES[mark] for mark in used if mark.startswith("#")}
        if any(mark.startswith(":") for mark in used):
            given["ExpressionAttributeValues"] = {mark: values[mark] for mark in used if mark.startswith(":")}
        return given


_KINDS: Final = {"PutItem": "Put", "UpdateItem": "Update", "DeleteItem": "Delete", "GetItem": "ConditionCheck"}


def _transacted(template: Template, names: Names) -> dict[str, Any]:
    given = template.arguments(names)
    for name in ("ReturnConsumedCapacity", "ReturnValues", "ConsistentRead"):
        given.pop(name, None)
    return given


_number = st.sampled_from(["0", "1", "2", "5", "-3", "10.50"]).map(lambda text: {"N": text})
_text = st.sampled_from(["a", "ab", "OPEN", "é" * 600]).map(lambda text: {"S": text})
_values = st.fixed_dictionaries(
    {
        ":low": _number,
        ":high": _number,
        ":zero": st.just({"N": "0"}),
        ":ten": st.just({"N": "10"}),
        ":text": _text,
        ":tag": st.sampled_from(["a", "b"]).map(lambda text: {"S": text}),
        ":tags": st.sampled_from([["a"], ["a", "b"], ["c"]]).map(lambda tags: {"SS": tags}),
        ":kind": st.sampled_from(["N", "S"]).map(lambda text: {"S": text}),
        ":empty": st.just({"L": []}),
        ":rows": _number.map(lambda number: {"L": [number, {"BOOL": True}]}),
        ":start": st.sampled_from(["OFFER", "L", "X"]).map(lambda text: {"S": text}),
        ":first": st.sampled_from(_SORTS[:2]).map(lambda text: {"S": text}),
        ":last": st.sampled_from(_SORTS[2:]).map(lambda text: {"S": text}),
    }
)
_attributes = st.fixed_dictionaries(
    {},
    optional={
        "amount": _number,
        "held": _number,
        "status": _text,
        "tags": st.just({"SS": ["a", "c"]}),
        "rows": st.just({"L": [{"N": "1"}, {"NULL": True}]}),
        "body": st.just({"M": {"nested": {"S": "a"}}}),
        "status_shard": st.just({"S": "its own"}),
        "status_sort": _text,
        "requested_rate": _number,
    },
)
_conditions: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}), st.sampled_from(_CONDITIONS).map(lambda text: {"ConditionExpression": text})
)
_returned = st.sampled_from(["NONE", "ALL_OLD"]).map(lambda wanted: {"ReturnValues": wanted})
_old = st.just({"ReturnValuesOnConditionCheckFailure": "ALL_OLD"})


def _merged(*parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    return st.tuples(*parts).map(lambda found: {key: value for part in found for key, value in part.items()})


def _call(operation: str, *parts: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[Template]:
    return st.builds(
        Template,
        st.just(operation),
        st.sampled_from(["LOAN", "USER"]),
        st.sampled_from(_SORTS),
        _merged(*parts),
        _values,
    )


_put = _call("PutItem", _attributes.map(lambda item: {"Item": item}), _conditions, _returned, _old)
_update = _call(
    "UpdateItem",
    st.sampled_from(_UPDATES).map(lambda text: {"UpdateExpression": text}),
    _conditions,
    st.sampled_from(["NONE", "ALL_NEW"]).map(lambda wanted: {"ReturnValues": wanted}),
    _old,
)
_delete = _call("DeleteItem", _conditions, _returned, _old)
_get = _call("GetItem", st.booleans().map(lambda yes: {"ConsistentRead": yes}))
_check = _call("GetItem", st.sampled_from(_CONDITIONS).map(lambda text: {"ConditionExpression": text}), _old)
_paging = st.fixed_dictionaries({"ScanIndexForward": st.booleans()}, optional={"Limit": st.integers(1, 3)})
_filters: st.SearchStrategy[dict[str, Any]] = st.one_of(
    st.just({}), st.sampled_from(_FILTERS).map(lambda text: {"FilterExpression": text})
)
_query = _call(
    "Query",
    st.one_of(st.just(""), st.sampled_from(_RANGES).map(lambda text: f" AND {text}")).map(
        lambda text: {"KeyConditionExpression": f"#pk = :pk{text}"}
    ),
    _paging,
    _filters,
    st.booleans().map(lambda yes: {"ConsistentRead": yes}),
)
_by_status = _call(
    "Query",
    st.just({"KeyConditionExpression": "#shard = :shard", "IndexName": "by_status"}),
    _paging,
)
_operations = st.lists(st.one_of(_put, _update, _delete, _check), min_size=1, max_size=4)


def _call_of_many(operation: str, inner: st.SearchStrategy[list[Template]]) -> st.SearchStrategy[Template]:
    return inner.map(lambda parts: Template(operation, "LOAN", "", {}, {}, tuple(parts)))


programs: Final = st.lists(
    st.one_of(
        _put,
        _update,
        _delete,
        _get,
        _query,
        _by_status,
        _call_of_many("TransactWriteItems", _operations),
        _call_of_many("BatchGetItem", st.lists(_get, min_size=1, max_size=4)),
    ),
    min_size=3,
    max_size=12,
)
