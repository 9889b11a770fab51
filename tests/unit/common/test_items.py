"""Our items are written and read as pynamodb's own models are."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pynamodb.attributes import ListAttribute, MapAttribute, UnicodeAttribute
from pynamodb.constants import STRING
from pynamodb.exceptions import AttributeNullError
from pynamodb.models import Model

from chalicelib.dynamodb.attributes import IntegerAttribute, PlainListAttribute, TextMapAttribute
from chalicelib.dynamodb.model import (
    Item,
    Placeholder,
    PreparedWrite,
    change_call,
    item_absent,
    put_call,
    version_unchanged,
)


class Ours(Item):
    class Meta:
        """Table."""

        table_name = "any"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="LOAN")
    cents = IntegerAttribute()
    note = UnicodeAttribute(null=True)
    tries = IntegerAttribute(default=0)
    rows = PlainListAttribute()
    result = TextMapAttribute(default=dict)


class Versioned(Item):
    class Meta:
        """Table."""

        table_name = "any"

    pk = UnicodeAttribute(hash_key=True)
    version = IntegerAttribute()


class Theirs(Model):
    class Meta:
        """Table."""

        table_name = "any"

    pk = UnicodeAttribute(hash_key=True)
    sk = UnicodeAttribute(range_key=True, default="LOAN")
    cents = IntegerAttribute()
    note = UnicodeAttribute(null=True)
    tries = IntegerAttribute(default=0)
    rows: ListAttribute[Any] = ListAttribute()
    result: MapAttribute[str, str] = MapAttribute(default=dict)


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
def test_an_item_is_written_and_read_as_by_pynamodb(pk: str, sk: str | None, values: dict[str, Any]) -> None:
    ours, theirs = Ours(pk, sk, **values), Theirs(pk, sk, **values)

    written = ours.serialize()
    read, read_by_theirs = Ours.from_raw_data(dict(written)), Theirs.from_raw_data(dict(written))

    assert written == theirs.serialize()
    assert read.serialize() == read_by_theirs.serialize() == written
    assert [getattr(read, name) for name in ("pk", "sk", "cents", "note", "tries", "rows")] == [
        getattr(read_by_theirs, name) for name in ("pk", "sk", "cents", "note", "tries", "rows")
    ]
    assert read.result == read_by_theirs.result.as_dict()


def test_what_an_index_leaves_out_is_none_or_the_default() -> None:
    read = Ours.from_raw_data({"pk": {"S": "1"}, "note": {"NULL": True}})

    assert [getattr(read, name) for name in ("pk", "sk", "cents", "note", "tries")] == ["1", "LOAN", None, None, 0]


def test_an_item_without_what_it_needs_is_not_written() -> None:
    with pytest.raises(AttributeNullError, match="cents"):
        Ours("1", rows=[]).serialize()


def test_an_attribute_that_does_not_exist_is_refused() -> None:
    with pytest.raises(ValueError, match="no attribute amount"):
        Ours("1", amount=5)


@pytest.mark.parametrize("value", [1.5, True, None, {"a": 1}])
def test_a_plain_list_holds_nothing_but_texts_and_whole_numbers(value: object) -> None:
    with pytest.raises(TypeError, match="a plain list holds no"):
        PlainListAttribute().serialize([[value]])


def test_a_put_holds_the_item_and_its_condition() -> None:
    item = Ours("1", cents=5, rows=[])

    call = put_call(item, Ours.pk.does_not_exist() | (Ours.cents < 7))

    assert call == {
        "TableName": "any",
        "Item": item.serialize(),
        "ConditionExpression": "(attribute_not_exists (#0) OR #1 < :0)",
        "ExpressionAttributeNames": {"#0": "pk", "#1": "cents"},
        "ExpressionAttributeValues": {":0": {"N": "7"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_a_change_names_the_key_and_shares_names_between_condition_and_update() -> None:
    actions = [Ours.cents.add(5), Ours.note.set("x")]

    call = change_call(Ours("1"), actions, Ours.cents >= 5)

    assert call == {
        "TableName": "any",
        "Key": {"pk": {"S": "1"}, "sk": {"S": "LOAN"}},
        "ConditionExpression": "#0 >= :0",
        "UpdateExpression": "SET #1 = :1 ADD #0 :2",
        "ExpressionAttributeNames": {"#0": "cents", "#1": "note"},
        "ExpressionAttributeValues": {":0": {"N": "5"}, ":1": {"S": "x"}, ":2": {"N": "5"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_a_change_without_a_key_is_refused() -> None:
    with pytest.raises(KeyError, match="pk"):
        change_call(Ours(), (), None)


def test_a_phrase_is_filled_with_the_numbers_that_it_has_slots_for() -> None:
    actions = [
        Ours.cents.add(Placeholder("more")),
        Ours.tries.set(Ours.tries | Placeholder("more")),
        Ours.note.set("x"),
    ]
    phrase = PreparedWrite(actions, Ours.cents >= Placeholder("needed"))

    calls = [phrase.change(Ours("1"), {"more": more, "needed": 3, "unused": 9}) for more in (5, -6)]

    assert calls[0] == {
        "TableName": "any",
        "Key": {"pk": {"S": "1"}, "sk": {"S": "LOAN"}},
        "ConditionExpression": "#0 >= :needed",
        "UpdateExpression": "SET #1 = if_not_exists (#1, :more), #2 = :2 ADD #0 :more",
        "ExpressionAttributeNames": {"#0": "cents", "#1": "tries", "#2": "note"},
        "ExpressionAttributeValues": {":needed": {"N": "3"}, ":more": {"N": "5"}, ":2": {"S": "x"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }
    assert calls[1]["ExpressionAttributeValues"][":more"] == {"N": "-6"}


def test_a_phrase_without_a_number_for_a_slot_is_refused() -> None:
    with pytest.raises(KeyError, match="more"):
        PreparedWrite([Ours.cents.add(Placeholder("more"))], None).change(Ours("1"), {})


def test_a_phrase_puts_a_whole_item_under_its_condition() -> None:
    item = Ours("1", cents=5, rows=[])
    phrase = PreparedWrite((), (Ours.note == Placeholder("said", STRING)) & (Ours.cents == Placeholder("had")))

    assert phrase.put(item, {"said": "yes", "had": 4}) == {
        "TableName": "any",
        "Item": item.serialize(),
        "ConditionExpression": "(#0 = :said AND #1 = :had)",
        "ExpressionAttributeNames": {"#0": "note", "#1": "cents"},
        "ExpressionAttributeValues": {":said": {"S": "yes"}, ":had": {"N": "4"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_an_item_is_new_where_its_key_is_not_taken() -> None:
    item = Ours("1", cents=5, rows=[])

    assert item_absent(Ours).put(item, {}) == put_call(item, Ours.pk.does_not_exist())


def test_an_item_is_unchanged_where_its_version_is_the_one_that_was_read() -> None:
    call = version_unchanged(Versioned).put(Versioned("1", version=8), {"was": 7})

    assert call["Item"]["version"] == {"N": "8"}
    assert call["ConditionExpression"] == "#0 = :was"
    assert call["ExpressionAttributeNames"] == {"#0": "version"}
    assert call["ExpressionAttributeValues"] == {":was": {"N": "7"}}
