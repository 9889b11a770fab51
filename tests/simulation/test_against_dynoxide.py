"""The simulator and a real database give the same responses to random programs, call by call."""

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
_COMPARED: Final = ("Item", "Items", "Attributes", "Count", "ScannedCount", "LastEvaluatedKey", "Responses")


@pytest.fixture(scope="session")
def injector(storage: Storage) -> FaultInjector:
    """A simulator with tables of the same names."""
    return FaultInjector(Simulator(tables_of(), lambda: 1_768_469_400.0, prefix=storage.prefix))


@pytest.fixture(scope="session")
def simulated(injector: FaultInjector) -> Any:
    """A client of the simulator."""
    client = boto3.client("dynamodb", region_name=REGION)
    injector.attach(client.meta.events)
    return client


def response_of(client: Any, call: Call) -> Any:
    """Return a response without what differs between services."""
    operation, arguments = call
    try:
        response = client._make_api_call(operation, arguments)
    except ClientError as error:
        reasons = error.response.get("CancellationReasons", ())
        parts = [(reason["Code"], _ordered(reason.get("Item"))) for reason in reasons]
        return error.response["Error"]["Code"], parts, _ordered(error.response.get("Item"))
    compared = {name: _ordered(response[name]) for name in _COMPARED if name in response}
    return compared, _units(operation, arguments, response)


def _ordered(value: Any) -> Any:
    """Sort sets, which have no order."""
    if isinstance(value, dict):
        return {name: sorted(part) if name == "SS" else _ordered(part) for name, part in value.items()}
    if isinstance(value, list):
        return [_ordered(part) for part in value]
    return value


def _units(operation: str, arguments: dict[str, Any], response: dict[str, Any]) -> Any:
    """Return capacity units, except of writes that may change an index, whose changed keys dynoxide counts once."""
    if "shard" in str(arguments) or operation == "TransactWriteItems":
        return None
    consumed = response["ConsumedCapacity"]
    return [part["CapacityUnits"] for part in ([consumed] if isinstance(consumed, dict) else consumed)]


def play(templates: list[Template], storage: Storage, simulated: Any) -> int:
    """Run a program on both and compare the responses; return the number of calls."""
    names = Names(f"{storage.prefix}loans", next(_NUMBERS))
    for template in templates:
        call = template.call(names)
        expected, found = response_of(storage.client, call), response_of(simulated, call)
        if template.operation == "BatchGetItem":
            expected, found = _without_order(expected), _without_order(found)
        assert found == expected, call
    return len(templates)


def _without_order(response: Any) -> Any:
    """Sort the items of a batch, which have no order."""
    compared, units = response
    return {
        table: sorted(json.dumps(item, sort_keys=True) for item in items)
        for table, items in compared["Responses"].items()
    }, units


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow])
@given(program=programs)
def test_simulator_agrees_with_dynoxide(
    storage: Storage, injector: FaultInjector, simulated: Any, counts: Counts, program: list[Template]
) -> None:
    injector.begin()  # requests are counted, and bounded, for each program

    calls = play(program, storage, simulated)

    counts.add("Calls with the same response as dynoxide", calls, calls)
