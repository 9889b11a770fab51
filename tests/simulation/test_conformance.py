"""Documented behaviour of DynamoDB that local databases lack: the simulator has it."""

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


class SimulatedClient:
    """A client with its own simulator."""

    def __init__(self) -> None:
        self.clock = FixedClock(START)
        self.simulator = Simulator(tables_of(), lambda: self.clock().timestamp(), prefix="p2p-sim-")
        self.injector = FaultInjector(self.simulator)
        self.client: Any = boto3.client("dynamodb", region_name=REGION)
        self.injector.attach(self.client.meta.events)

    def put(self, **attributes: Any) -> None:
        """Put the item."""
        self.client.put_item(TableName=LOANS, Item={**KEY, **attributes})

    def get(self, **options: Any) -> Any:
        """Get the item."""
        return self.client.get_item(TableName=LOANS, Key=KEY, **options).get("Item")

    def add(self, cents: int) -> None:
        """Add to its amount without a condition."""
        self.client.update_item(
            TableName=LOANS,
            Key=KEY,
            UpdateExpression="SET amount = amount + :cents",
            ExpressionAttributeValues={":cents": {"N": str(cents)}},
        )

    def transfer(self, token: str, cents: int = 1, condition: str = "attribute_exists(pk)", **more: Any) -> Any:
        """Add to its amount in a transaction."""
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
def simulated() -> Iterator[SimulatedClient]:
    """A client, with pauses that take no time."""
    with simulated_time():
        yield SimulatedClient()


def amount(simulated: SimulatedClient) -> str:
    return str(simulated.get(ConsistentRead=True)["amount"]["N"])


def first_attempt(fault: Fault) -> Any:
    def plan(sent: SentRequest) -> Fault | None:
        return fault if sent.attempt == 1 else None

    return plan


def test_retried_update_counts_twice(simulated: SimulatedClient) -> None:
    simulated.put(amount={"N": "100"})
    simulated.injector.begin(first_attempt(Fault.LOST_RESPONSE))

    simulated.add(-10)

    assert amount(simulated) == "80"


def test_retried_transaction_counts_once(simulated: SimulatedClient) -> None:
    simulated.put(amount={"N": "100"})
    simulated.injector.begin(first_attempt(Fault.LOST_RESPONSE))

    simulated.transfer("token", -10)

    assert amount(simulated) == "90"


def test_client_token_expires_after_ten_minutes(simulated: SimulatedClient) -> None:
    simulated.put(amount={"N": "0"})
    simulated.transfer("token")
    simulated.transfer("token")
    assert amount(simulated) == "1"
    with pytest.raises(simulated.client.exceptions.IdempotentParameterMismatchException):
        simulated.transfer("token", 2)

    simulated.clock.advance(minutes=10)
    simulated.transfer("token")

    assert amount(simulated) == "2"


def test_cancelled_transaction_leaves_its_token_unused(simulated: SimulatedClient) -> None:
    with pytest.raises(ClientError):
        simulated.transfer("token")
    simulated.put(amount={"N": "5"})

    simulated.transfer("token")

    assert amount(simulated) == "6"


def test_sdk_does_not_retry_cancelled_transactions(simulated: SimulatedClient) -> None:
    simulated.put(amount={"N": "0"})
    simulated.injector.begin(first_attempt(Fault.CONFLICT))

    with pytest.raises(ClientError) as error:
        simulated.transfer("token")

    assert error.value.response["CancellationReasons"][0]["Code"] == "TransactionConflict"
    assert len(simulated.injector.sent) == 1


def test_cancellation_reasons_are_ordered_and_contain_items(simulated: SimulatedClient) -> None:
    simulated.put(amount={"N": "7"})
    check: Any = {"TableName": LOANS, "ConditionExpression": "attribute_not_exists(pk)"}
    other = {"pk": {"S": "LOAN#2"}, "sk": {"S": "LOAN"}}

    with pytest.raises(ClientError) as error:
        simulated.client.transact_write_items(
            TransactItems=[
                {"Put": {**check, "Item": other}},
                {"ConditionCheck": {**check, "Key": KEY, "ReturnValuesOnConditionCheckFailure": "ALL_OLD"}},
            ]
        )

    reasons: Any = error.value.response["CancellationReasons"]
    assert [reason["Code"] for reason in reasons] == ["None", "ConditionalCheckFailed"]
    assert reasons[1]["Item"]["amount"] == {"N": "7"}
    assert simulated.simulator.tables[LOANS].get(("LOAN#2", "LOAN")) is None


def test_prepared_item_conflicts_and_shows_its_old_value(
    simulated: SimulatedClient,
) -> None:
    simulated.put(amount={"N": "1"})
    seen: list[str] = []

    def other_requests(step: str) -> None:
        if step != "prepared" or seen:
            return
        seen.append(amount(simulated))
        for attempt in (lambda: simulated.add(1), lambda: simulated.transfer("second")):
            with pytest.raises(ClientError) as error:
                attempt()
            seen.append(error.value.response["Error"]["Code"])

    simulated.simulator.pause = other_requests
    simulated.transfer("first")

    assert seen == ["1", "TransactionConflictException", "TransactionCanceledException"]
    assert amount(simulated) == "2"


def test_capacity_of_transactions_and_index_changes(
    simulated: SimulatedClient,
) -> None:
    simulated.put(amount={"N": "1"}, status_shard={"S": "REQUESTED#0"}, status_sort={"S": "1"})

    counted = simulated.transfer("token")["ConsumedCapacity"][0]["CapacityUnits"]
    moved = simulated.client.update_item(
        TableName=LOANS,
        Key=KEY,
        UpdateExpression="SET status_shard = :shard",
        ExpressionAttributeValues={":shard": {"S": "FUNDED#0"}},
        ReturnConsumedCapacity="TOTAL",
    )["ConsumedCapacity"]["CapacityUnits"]

    assert counted == 2 + 1  # the item twice, and `by_status`, which shows the amount
    assert moved == 1 + 2


def test_eventually_consistent_reads_and_indexes_lag(simulated: SimulatedClient) -> None:
    simulated.simulator.max_lag = 1
    shard = {":shard": {"S": "REQUESTED#0"}}
    simulated.put(amount={"N": "1"}, status_shard=shard[":shard"], status_sort={"S": "1"})
    condition: Any = {"KeyConditionExpression": "status_shard = :shard", "ExpressionAttributeValues": shard}

    seen = {str(simulated.get()) for _ in range(30)}
    listed = {simulated.client.query(TableName=LOANS, IndexName="by_status", **condition)["Count"] for _ in range(30)}

    assert len(seen) == 2
    assert listed == {0, 1}
    assert {amount(simulated) for _ in range(30)} == {"1"}


def test_unchanged_item_has_no_stream_record(simulated: SimulatedClient) -> None:
    simulated.put(amount={"N": "1"})
    simulated.add(0)
    simulated.add(1)

    records = simulated.simulator.tables[LOANS].records(0)

    assert [record["eventName"] for record in records] == ["INSERT", "MODIFY"]
    assert records[1]["dynamodb"]["OldImage"]["amount"] == {"N": "1"}


def test_expired_items_are_deleted_late(simulated: SimulatedClient) -> None:
    table, expired = "p2p-sim-operations", str(int(START.timestamp()) - 1)
    simulated.client.put_item(TableName=table, Item={"pk": {"S": "LIMIT#x"}, "expires_at": {"N": expired}})

    assert simulated.simulator.expire(late_seconds=3600) == 0
    assert "Item" in simulated.client.get_item(TableName=table, Key={"pk": {"S": "LIMIT#x"}})
    simulated.clock.advance(days=2)
    assert simulated.simulator.expire(late_seconds=3600) == 1
    assert "Item" not in simulated.client.get_item(TableName=table, Key={"pk": {"S": "LIMIT#x"}})


@pytest.mark.parametrize("fault", [Fault.LOST_REQUEST, Fault.LOST_RESPONSE])
def test_sdk_gives_up_after_three_timeouts(simulated: SimulatedClient, fault: Fault) -> None:
    simulated.injector.begin(lambda _: fault)

    with pytest.raises(ReadTimeoutError):
        simulated.put()

    assert len(simulated.injector.sent) >= 3
    simulated.injector.begin()
    assert (simulated.get() is not None) == fault.has_effect


def test_transaction_has_up_to_100_different_items(simulated: SimulatedClient) -> None:
    put: Any = {"Put": {"TableName": LOANS, "Item": KEY}}
    many: Any = [
        {"Put": {"TableName": LOANS, "Item": {**KEY, "sk": {"S": f"OFFER#{number}"}}}} for number in range(101)
    ]

    with pytest.raises(ClientError, match="multiple operations on one item"):
        simulated.client.transact_write_items(TransactItems=[put, put])
    with pytest.raises(ClientError, match="less than or equal to 100"):
        simulated.client.transact_write_items(TransactItems=many)


def test_invalid_types_and_keys_are_rejected(simulated: SimulatedClient) -> None:
    simulated.put(amount={"S": "1"})

    with pytest.raises(ClientError, match="incorrect data type"):
        simulated.add(1)
    with pytest.raises(ClientError, match="key is empty"):
        simulated.client.get_item(TableName=LOANS, Key={"pk": {"S": ""}, "sk": {"S": "LOAN"}})


def test_unsigned_request_is_rejected(simulated: SimulatedClient) -> None:
    url = "https://dynamodb.us-east-1.amazonaws.com/"
    unsigned: Any = requests.Request("POST", url, data=b"{}").prepare()

    assert simulated.injector.respond(unsigned).status_code == 400


def test_size_of_a_number_matches_no_comparison(simulated: SimulatedClient) -> None:
    simulated.put(amount={"N": "5"})

    with pytest.raises(ClientError) as raised:
        simulated.transfer("size", condition="size(amount) > :cents")

    assert raised.value.response["Error"]["Code"] == "TransactionCanceledException"
    assert amount(simulated) == "5"
