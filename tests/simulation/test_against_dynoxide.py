"""The double and a real engine answer random programs alike, call by call."""

import json
from itertools import count
from typing import Any, Final

import boto3
import pytest
from botocore.exceptions import ClientError
from hypothesis import HealthCheck, given, settings

from local.tables import tables_of
from tests.engines import REGION, Storage
from tests.simulation.counts import Counts
from tests.simulation.programs import Call, Names, Template, programs
from tools.dynamodb_simulator.fault_injector import FaultInjector
from tools.dynamodb_simulator.simulator import Simulator

_NUMBERS: Final = count(1)
_ANSWERED: Final = ("Item", "Items", "Attributes", "Count", "ScannedCount", "LastEvaluatedKey", "Responses")


@pytest.fixture(scope="session")
def simulated(storage: Storage) -> Any:
    """A client whose every request the double answers, with tables of the same names."""
    client = boto3.client("dynamodb", region_name=REGION)
    FaultInjector(Simulator(tables_of(), lambda: 1_768_469_400.0, prefix=storage.prefix)).attach(client.meta.events)
    return client


def answer_of(client: Any, call: Call) -> Any:
    """An answer without what only a service can know."""
    operation, arguments = call
    try:
        answer = client._make_api_call(operation, arguments)
    except ClientError as refused:
        reasons = refused.response.get("CancellationReasons", ())
        parts = [(reason["Code"], _ordered(reason.get("Item"))) for reason in reasons]
        return refused.response["Error"]["Code"], parts, _ordered(refused.response.get("Item"))
    shown = {name: _ordered(answer[name]) for name in _ANSWERED if name in answer}
    return shown, _units(operation, arguments, answer)


def _ordered(value: Any) -> Any:
    """Sets have no order, and neither have the items of a batch."""
    if isinstance(value, dict):
        return {name: sorted(part) if name == "SS" else _ordered(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_ordered(part) for part in value]
    return value


def _units(operation: str, arguments: dict[str, Any], answer: dict[str, Any]) -> Any:
    """Capacity units, but for writes that may change an index: there the engine counts a changed key once."""
    if "shard" in str(arguments) or operation == "TransactWriteItems":
        return None
    consumed = answer["ConsumedCapacity"]
    return [part["CapacityUnits"] for part in ([consumed] if isinstance(consumed, dict) else consumed)]


def play(templates: list[Template], storage: Storage, simulated: Any) -> int:
    """Play a program on both; gives how many calls it had."""
    names = Names(f"{storage.prefix}loans", next(_NUMBERS))
    for template in templates:
        call = template.call(names)
        expected, found = answer_of(storage.client, call), answer_of(simulated, call)
        if template.operation == "BatchGetItem":
            expected, found = _without_order(expected), _without_order(found)
        assert found == expected, call
    return len(templates)


def _without_order(answer: Any) -> Any:
    shown, units = answer
    return {
        table: sorted(json.dumps(item, sort_keys=True) for item in items) for table, items in shown["Responses"].items()
    }, units


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(program=programs)
def test_double_and_engine_answer_alike(
    storage: Storage, simulated: Any, counts: Counts, program: list[Template]
) -> None:
    calls = play(program, storage, simulated)

    counts.tell("Calls answered as by dynoxide", calls, calls)
