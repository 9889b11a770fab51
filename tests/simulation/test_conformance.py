"""What DynamoDB is known to do and engines do not, or do otherwise: the double does it."""

from collections.abc import Iterator
from typing import Any, Final

import boto3
import pytest
import requests
from botocore.exceptions import ClientError, ReadTimeoutError

from chalicelib.shared.clock import FixedClock
from local.tables import tables_of
from tests.engines import REGION
from tests.simulation.environment import START
from tools.dynamodb_simulator.fault_injector import Fault, FaultInjector, SentRequest
from tools.dynamodb_simulator.simulator import Simulator
from tools.dynamodb_simulator.virtual_time import simulated_time

LOANS: Final = "p2p-sim-loans"
KEY: Final = {"pk": {"S": "LOAN#1"}, "sk": {"S": "LOAN"}}
UNITS: Final = {"ReturnConsumedCapacity": "TOTAL"}


class Bench:
    """A client on a double of its own."""

    def __init__(self) -> None:
        self.clock = FixedClock(START)
        self.simulator = Simulator(tables_of(), lambda: self.clock().timestamp(), prefix="p2p-sim-")
        self.injector = FaultInjector(self.simulator)
        self.client: Any = boto3.client("dynamodb", region_name=REGION)
        self.injector.attach(self.client.meta.events)

    def put(self, **attributes: Any) -> None:
        """Put the one item."""
        self.client.put_item(TableName=LOANS, Item={**KEY, **attributes})

    def get(self, **options: Any) -> Any:
        """Get it."""
        return self.client.get_item(TableName=LOANS, Key=KEY, **options).get("Item")

    def add(self, cents: int) -> None:
        """Add to its amount, under no condition."""
        self.client.update_item(
            TableName=LOANS,
            Key=KEY,
            UpdateExpression="SET amount = amount + :cents",
            ExpressionAttributeValues={":cents": {"N": str(cents)}},
        )

    def transfer(self, token: str, cents: int = 1, condition: str = "attribute_exists(pk)", **more: Any) -> Any:
        """Add in a transaction."""
        update: Any = {
            "TableName": LOANS,
            "Key": KEY,
            "UpdateExpression": "SET amount = amount + :cents",
            "ConditionExpression": condition,
            "ExpressionAttributeValues": {":cents": {"N": str(cents)}},
            **more,
        }
        items: Any = [{"Update": update}]
        return self.client.transact_write_items(TransactItems=items, ClientRequestToken=token, **UNITS)


@pytest.fixture
def benchmarks() -> Iterator[Bench]:
    """A client, with pauses that take no time."""
    with simulated_time():
        yield Bench()


def amount(benchmarks: Bench) -> str:
    return str(benchmarks.get(ConsistentRead=True)["amount"]["N"])


def first_attempt(fault: Fault) -> Any:
    def plan(sent: SentRequest) -> Fault | None:
        return fault if sent.attempt == 1 else None

    return plan


def test_the_sdk_repeats_an_update_whose_answer_was_lost_and_it_counts_twice(benchmarks: Bench) -> None:
    benchmarks.put(amount={"N": "100"})
    benchmarks.injector.begin(first_attempt(Fault.LOST_RESPONSE))

    benchmarks.add(-10)

    assert amount(benchmarks) == "80"


def test_a_transaction_with_its_token_counts_once_whatever_is_lost(benchmarks: Bench) -> None:
    benchmarks.put(amount={"N": "100"})
    benchmarks.injector.begin(first_attempt(Fault.LOST_RESPONSE))

    benchmarks.transfer("token", -10)

    assert amount(benchmarks) == "90"


def test_a_token_is_forgotten_after_ten_minutes_and_binds_its_parameters(benchmarks: Bench) -> None:
    benchmarks.put(amount={"N": "0"})
    benchmarks.transfer("token")
    benchmarks.transfer("token")
    assert amount(benchmarks) == "1"
    with pytest.raises(benchmarks.client.exceptions.IdempotentParameterMismatchException):
        benchmarks.transfer("token", 2)

    benchmarks.clock.advance(minutes=10)
    benchmarks.transfer("token")

    assert amount(benchmarks) == "2"


def test_a_cancelled_transaction_leaves_its_token_free(benchmarks: Bench) -> None:
    with pytest.raises(ClientError):
        benchmarks.transfer("token")
    benchmarks.put(amount={"N": "5"})

    benchmarks.transfer("token")

    assert amount(benchmarks) == "6"


def test_the_sdk_never_repeats_a_cancelled_transaction(benchmarks: Bench) -> None:
    benchmarks.put(amount={"N": "0"})
    benchmarks.injector.begin(first_attempt(Fault.CONFLICT))

    with pytest.raises(ClientError) as refused:
        benchmarks.transfer("token")

    assert refused.value.response["CancellationReasons"][0]["Code"] == "TransactionConflict"
    assert len(benchmarks.injector.sent) == 1


def test_reasons_stand_in_the_order_of_the_operations_with_the_old_value(benchmarks: Bench) -> None:
    benchmarks.put(amount={"N": "7"})
    check: Any = {"TableName": LOANS, "ConditionExpression": "attribute_not_exists(pk)"}
    other = {"pk": {"S": "LOAN#2"}, "sk": {"S": "LOAN"}}

    with pytest.raises(ClientError) as refused:
        benchmarks.client.transact_write_items(
            TransactItems=[
                {"Put": {**check, "Item": other}},
                {"ConditionCheck": {**check, "Key": KEY, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
            ]
        )

    reasons: Any = refused.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"]["amount"] == {"N": "7"}
    assert benchmarks.simulator.tables[LOANS].get(("LOAN#2", "LOAN")) is None


def test_an_item_that_a_transaction_has_prepared_refuses_others_and_still_shows_its_old_value(
    benchmarks: Bench,
) -> None:
    benchmarks.put(amount={"N": "1"})
    seen: list[str] = []

    def others_come(step: str) -> None:
        if step != "prepared" or seen:
            return
        seen.append(amount(benchmarks))
        for attempt in (lambda: benchmarks.add(1), lambda: benchmarks.transfer("second")):
            with pytest.raises(ClientError) as refused:
                attempt()
            seen.append(refused.value.response["Error"]["Code"])

    benchmarks.simulator.pause = others_come
    benchmarks.transfer("first")

    assert seen == ["1", "TransactionConflictException", "TransactionCanceledException"]
    assert amount(benchmarks) == "2"


def test_transactions_cost_two_units_a_kilobyte_and_indexes_one_or_two_where_their_key_changes(
    benchmarks: Bench,
) -> None:
    benchmarks.put(amount={"N": "1"}, status_shard={"S": "REQUESTED#0"}, status_sort={"S": "1"})

    counted = benchmarks.transfer("token")["ConsumedCapacity"][0]["CapacityUnits"]
    moved = benchmarks.client.update_item(
        TableName=LOANS,
        Key=KEY,
        UpdateExpression="SET status_shard = :shard",
        ExpressionAttributeValues={":shard": {"S": "FUNDED#0"}},
        ReturnConsumedCapacity="TOTAL",
    )["ConsumedCapacity"]["CapacityUnits"]

    assert counted == 2 + 1  # the item twice, and `by_status`, which shows the amount
    assert moved == 1 + 2


def test_reads_that_are_not_consistent_and_indexes_may_show_what_was(benchmarks: Bench) -> None:
    benchmarks.simulator.max_lag = 1
    shard = {":shard": {"S": "REQUESTED#0"}}
    benchmarks.put(amount={"N": "1"}, status_shard=shard[":shard"], status_sort={"S": "1"})
    condition: Any = {"KeyConditionExpression": "status_shard = :shard", "ExpressionAttributeValues": shard}

    seen = {str(benchmarks.get()) for _ in range(30)}
    listed = {benchmarks.client.query(TableName=LOANS, IndexName="by_status", **condition)["Count"] for _ in range(30)}

    assert len(seen) == 2
    assert listed == {0, 1}
    assert {amount(benchmarks) for _ in range(30)} == {"1"}


def test_an_update_that_changes_nothing_leaves_no_record_in_the_stream(benchmarks: Bench) -> None:
    benchmarks.put(amount={"N": "1"})
    benchmarks.add(0)
    benchmarks.add(1)

    records = benchmarks.simulator.tables[LOANS].records(0)

    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY"]
    assert records[1]["dynamodb"]["OldImage"]["amount"] == {"N": "1"}


def test_expired_items_are_there_until_the_service_gets_to_them(benchmarks: Bench) -> None:
    table, expired = "p2p-sim-operations", str(int(START.timestamp()) - 1)
    benchmarks.client.put_item(TableName=table, Item={"pk": {"S": "LIMIT#x"}, "expires_at": {"N": expired}})

    assert benchmarks.simulator.expire(late_seconds=3600) == 0
    assert "Item" in benchmarks.client.get_item(TableName=table, Key={"pk": {"S": "LIMIT#x"}})
    benchmarks.clock.advance(days=2)
    assert benchmarks.simulator.expire(late_seconds=3600) == 1
    assert "Item" not in benchmarks.client.get_item(TableName=table, Key={"pk": {"S": "LIMIT#x"}})


@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.LOST_RESPONSE])
def test_a_timeout_that_lasts_ends_after_three_attempts(benchmarks: Bench, fault: Fault) -> None:
    benchmarks.injector.begin(lambda _: fault)

    with pytest.raises(ReadTimeoutError):
        benchmarks.put()

    assert len(benchmarks.injector.sent) >= 3
    benchmarks.injector.begin()
    assert (benchmarks.get() is not None) == fault.has_effect


def test_an_item_stands_once_in_a_transaction_of_at_most_a_hundred(benchmarks: Bench) -> None:
    put: Any = {"Put": {"TableName": LOANS, "Item": KEY}}
    many: Any = [
        {"Put": {"TableName": LOANS, "Item": {**KEY, "sk": {"S": f"OFFER#{number}"}}}} for number in range(101)
    ]

    with pytest.raises(ClientError, match="multiple operations on one item"):
        benchmarks.client.transact_write_items(TransactItems=[put, put])
    with pytest.raises(ClientError, match="less than or equal to 100"):
        benchmarks.client.transact_write_items(TransactItems=many)


def test_a_number_is_not_added_to_a_string_and_a_key_is_not_empty(benchmarks: Bench) -> None:
    benchmarks.put(amount={"S": "1"})

    with pytest.raises(ClientError, match="incorrect data type"):
        benchmarks.add(1)
    with pytest.raises(ClientError, match="key is empty"):
        benchmarks.client.get_item(TableName=LOANS, Key={"pk": {"S": ""}, "sk": {"S": "LOAN"}})


def test_a_request_that_is_not_signed_gets_no_answer(benchmarks: Bench) -> None:
    url = "https://dynamodb.us-east-1.amazonaws.com/"
    unsigned: Any = requests.Request("POST", url, data=b"{}").prepare()

    assert benchmarks.injector.respond(unsigned).status_code == 400
