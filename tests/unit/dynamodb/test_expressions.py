"""Prepared expressions: their text, their parameters, and requests that combine an update with a condition."""

import pytest
from pynamodb.attributes import UnicodeAttribute
from pynamodb.constants import LIST, STRING

from chalicelib.dynamodb.attributes import IntegerAttribute, to_raw_list
from chalicelib.dynamodb.database import write_request
from chalicelib.dynamodb.expressions import PreparedCondition, PreparedUpdate, all_of, number, placeholder
from chalicelib.dynamodb.model import Item


class Account(Item):
    class Meta:
        table_name = "any"

    pk = UnicodeAttribute(hash_key=True)
    cents = IntegerAttribute()
    tries = IntegerAttribute(default=0)
    note = UnicodeAttribute(null=True)


def test_condition_holds_constants_and_parameters() -> None:
    condition = PreparedCondition((Account.note == "x") & (Account.cents >= placeholder("needed")))

    assert condition(needed=5) == (
        "(#0 = :0 AND #1 >= :needed)",
        {"#0": "note", "#1": "cents"},
        {":0": {"S": "x"}, ":needed": {"N": "5"}},
    )


def test_parameters_do_not_persist_between_calls() -> None:
    condition = PreparedCondition(Account.cents >= placeholder("needed"))

    values = [condition(needed=needed).values for needed in (5, -6)]

    assert values == [{":needed": {"N": "5"}}, {":needed": {"N": "-6"}}]


def test_one_parameter_may_be_used_twice() -> None:
    change = PreparedUpdate(
        Account.cents.add(placeholder("more")), Account.tries.set(Account.tries | placeholder("more"))
    )

    assert change(more=5) == (
        "SET #u_0 = if_not_exists (#u_0, :u_more) ADD #u_1 :u_more",
        {"#u_0": "tries", "#u_1": "cents"},
        {":u_more": {"N": "5"}},
    )


def test_parameters_of_other_types_are_serialized() -> None:
    change = PreparedUpdate(
        Account.note.set(placeholder("note", STRING)), number("marks").set(placeholder("marks", LIST, to_raw_list))
    )

    assert change(note="x", marks=("a", 1)).values == {
        ":u_note": {"S": "x"},
        ":u_marks": {"L": [{"S": "a"}, {"N": "1"}]},
    }


@pytest.mark.parametrize("parameters", [{}, {"needed": 1, "unused": 2}, {"need": 1}])
def test_missing_and_unknown_parameters_are_rejected(parameters: dict[str, int]) -> None:
    condition = PreparedCondition(Account.cents >= placeholder("needed"))

    with pytest.raises(TypeError, match=r"the expression takes \['needed'\], not"):
        condition(**parameters)


def test_update_and_condition_keep_their_own_parameters() -> None:
    change = PreparedUpdate(Account.cents.add(placeholder("cents")))
    condition = PreparedCondition(Account.cents >= placeholder("cents"))

    assert write_request("any", Account("1"), change(cents=-5), condition(cents=5)) == {
        "TableName": "any",
        "Key": {"pk": {"S": "1"}},
        "UpdateExpression": "ADD #u_0 :u_cents",
        "ConditionExpression": "#0 >= :cents",
        "ExpressionAttributeNames": {"#u_0": "cents", "#0": "cents"},
        "ExpressionAttributeValues": {":u_cents": {"N": "-5"}, ":cents": {"N": "5"}},
        "ReturnValuesOnConditionCheckFailure": "ALL_OLD",
    }


def test_all_of_leaves_out_absent_conditions() -> None:
    joined = all_of((None, Account.cents > 1, None, Account.cents < 9))

    assert joined is not None
    assert PreparedCondition(joined)().text == "(#0 > :0 AND #0 < :1)"
    assert all_of((None,)) is None
