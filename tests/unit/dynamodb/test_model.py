"""Items serialize as pynamodb's own models do."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynamodb.attributes import ListAttribute, MapAttribute, UnicodeAttribute
from pynamodb.exceptions import AttributeNullError
from pynamodb.models import Model

from chalicelib.dynamodb.attributes import IntegerAttribute, PlainListAttribute, TextMapAttribute
from chalicelib.dynamodb.database import write_request
from chalicelib.dynamodb.model import Item, item_absent, item_exists, version_unchanged


class Ours(Item):
    class Meta:
        table_name = "any"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="LOAN")
    cents = IntegerAttribute()
    note = UnicodeAttribute(null=True)
    tries = IntegerAttribute(default=0)
    rows = PlainListAttribute()
    result = TextMapAttribute(null=True)


class Versioned(Item):
    class Meta:
        table_name = "any"

    pk = UnicodeAttribute(hash_key=True)
    version = IntegerAttribute()


class Theirs(Model):
    class Meta:
        table_name = "any"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="LOAN")
    cents = IntegerAttribute()
    note = UnicodeAttribute(null=True)
    tries = IntegerAttribute(default=0)
    rows: ListAttribute[Any] = ListAttribute()
    result: MapAttribute[str, str] = MapAttribute(null=True)


_PLAIN = st.integers(-(10**12), 10**12) | st.text(max_size=8)
_VALUES = st.fixed_dictionaries(
    {
        "cents": st.integers(),
        "rows": st.lists(st.lists(_PLAIN, max_size=4) | _PLAIN, max_size=4),
    },
    optional={
        "note": st.none() | st.text(max_size=5),
        "tries": st.integers(0, 9),
        "result": st.dictionaries(st.text("abc", min_size=1), st.text(max_size=5), max_size=2),
    },
)


@given(st.text(min_size=1, max_size=5), st.none() | st.text(min_size=1, max_size=5), _VALUES)
def test_items_serialize_and_deserialize_as_pynamodb_models(pk: str, sk: str | None, values: dict[str, Any]) -> None:
    ours, theirs = Ours(pk, sk, **values), Theirs(pk, sk, **values)

    written = ours.serialize()
    read, read_by_theirs = Ours.from_raw_data(dict(written)), Theirs.from_raw_data(dict(written))

    assert written == theirs.serialize()
    assert read.serialize() == read_by_theirs.serialize() == written
    assert [getattr(read, name) for name in ("pk", "sk", "cents", "note", "tries", "rows")] == [
        getattr(read_by_theirs, name) for name in ("pk", "sk", "cents", "note", "tries", "rows")
    ]
    their_result = read_by_theirs.result
    assert read.result == (None if their_result is None else their_result.as_dict())


def test_absent_attributes_are_none_or_the_default() -> None:
    read = Ours.from_raw_data({"pk": {"S": "1"}, "note": {"NULL": True}})

    assert [getattr(read, name) for name in ("pk", "sk", "cents", "note", "tries")] == ["1", "LOAN", None, None, 0]


def test_missing_required_attribute_is_rejected() -> None:
    with pytest.raises(AttributeNullError, match="cents"):
        Ours("1", rows=[]).serialize()


def test_unknown_attribute_is_rejected() -> None:
    with pytest.raises(ValueError, match="no attribute amount"):
        Ours("1", amount=5)


@pytest.mark.parametrize("value", [1.5, True, None, {"a": 1}])
def test_plain_list_rejects_other_types(value: object) -> None:
    with pytest.raises(TypeError, match="a plain list can't hold"):
        PlainListAttribute().serialize([[value]])


def test_key_without_a_value_is_rejected() -> None:
    with pytest.raises(KeyError, match="pk"):
        Ours().key()


def test_new_item_requires_a_free_key() -> None:
    item = Ours("1", cents=5, rows=[])

    assert write_request("any", item, when=item_absent(Ours), is_put=True) == {
        "TableName": "any",
        "Item": item.serialize(),
        "ConditionExpression": "attribute_not_exists (#0)",
        "ExpressionAttributeNames": {"#0": "pk"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_existing_item_requires_its_key() -> None:
    assert write_request("any", Ours("1"), None, item_exists(Ours)) == {
        "TableName": "any",
        "Key": {"pk": {"S": "1"}, "sk": {"S": "LOAN"}},
        "ConditionExpression": "attribute_exists (#0)",
        "ExpressionAttributeNames": {"#0": "pk"},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_unchanged_item_requires_the_read_version() -> None:
    request = write_request("any", Versioned("1", version=8), when=version_unchanged(Versioned, 7), is_put=True)

    assert request["Item"]["version"] == {"N": "8"}
    assert request["ConditionExpression"] == "#0 = :version"
    assert request["ExpressionAttributeNames"] == {"#0": "version"}
    assert request["ExpressionAttributeValues"] == {":version": {"N": "7"}}


def test_unconditional_put_has_no_expressions() -> None:
    item = Versioned("1", version=1)

    assert write_request("any", item, is_put=True) == {"TableName": "any", "Item": item.serialize()}
