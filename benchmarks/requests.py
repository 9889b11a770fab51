"""CPU of each request in the application's process, in total and by layer, with round trips and units."""

import statistics
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final, Protocol, TypeVar

from benchmarks.application import Application, content
from benchmarks.layers import LAYERS, Stopwatch, watched
from benchmarks.pace import Spent, spent
from benchmarks.scenarios import Market, Scenario
from chalicelib.dynamodb.consumed_capacity import ConsumedCapacity, record_consumed_capacity
from local.lambda_context import LambdaContext

T = TypeVar("T")

_WARM_UP: Final = 10
_MICROSECONDS: Final = 1000


@dataclass(frozen=True, slots=True)
class Figures:
    """Medians of one scenario in microseconds: measured and steadied (see benchmarks.pace).

    ``layers`` are shares that add up to 1.
    """

    name: str
    cpu_us: float
    steady_us: float
    p90_us: float
    layers: Mapping[str, float]
    round_trips: float
    write_units: float
    read_units: float


@dataclass(frozen=True, slots=True)
class _Sample:
    spent: Spent
    round_trips: int
    write_units: float
    read_units: float


def measure(application: Application, market: Market, scenario: Scenario, times: int) -> Figures:
    """Send a scenario's requests: without the stopwatch for the total, then with it for the shares."""
    times = min(times, scenario.most or times)
    requests = Feed(application, market, scenario)
    for _ in range(min(_WARM_UP, times)):
        requests.sample()
    samples = [requests.sample() for _ in range(times)]
    with watched() as stopwatch:
        shares = list(_shares(requests, stopwatch, times))
    steady = sorted(sample.spent.steady_ns / _MICROSECONDS for sample in samples)
    layers = {layer: statistics.median(share.get(layer, 0) for share in shares) for layer in LAYERS}
    whole = sum(layers.values())
    return Figures(
        name=scenario.name,
        cpu_us=_median(samples, lambda sample: sample.spent.cpu_ns) / _MICROSECONDS,
        steady_us=statistics.median(steady),
        p90_us=steady[len(steady) * 9 // 10],
        layers={layer: part / whole for layer, part in layers.items()},
        round_trips=_median(samples, lambda sample: sample.round_trips),
        write_units=_median(samples, lambda sample: sample.write_units),
        read_units=_median(samples, lambda sample: sample.read_units),
    )


class Watch(Protocol):
    """An observer of the handling of a request."""

    def start(self) -> None:
        """Begin."""

    def stop(self) -> None:
        """End."""


class Feed:
    """Sends a scenario's requests one by one. Making the event is not measured, because API Gateway does it."""

    def __init__(self, application: Application, market: Market, scenario: Scenario) -> None:
        self._application = application
        self._requests = scenario.requests(market)
        self._last: Any = None

    def sample(self, watch: Watch | None = None) -> _Sample:
        """Send the next one and measure it."""
        took, meter = self._handle(lambda work: _measured(watch, work))
        return _Sample(took, meter.round_trips, meter.write_units, meter.read_units)

    def send(self) -> None:
        """Send the next one."""
        self._handle(lambda work: (work(), None))

    def skip(self) -> None:
        """Prepare the next one without sending it."""
        self._application.event(self._requests.send(self._last))

    def _handle(self, execute: Callable[[Callable[[], Any]], tuple[Any, T]]) -> T:
        request = self._requests.send(self._last)
        event, context, app = self._application.event(request), LambdaContext(), self._application.app
        response, measurement = execute(lambda: app(event, context))
        self._last = content(request, response)
        return measurement


def _measured(watch: Watch | None, work: Callable[[], T]) -> tuple[T, tuple[Spent, ConsumedCapacity]]:
    with record_consumed_capacity() as meter:
        response, took = spent(lambda: _watched(watch, work))
    return response, (took, meter)


def _watched(watch: Watch | None, work: Callable[[], T]) -> T:
    if watch is None:
        return work()
    watch.start()
    try:
        return work()
    finally:
        watch.stop()


def _shares(requests: Feed, stopwatch: Stopwatch, times: int) -> Iterator[dict[str, float]]:
    for _ in range(times):
        requests.sample(stopwatch)
        whole = sum(stopwatch.nanoseconds.values())
        yield {layer: spent / whole for layer, spent in stopwatch.nanoseconds.items()}


def _median(samples: Sequence[_Sample], figure: Callable[[_Sample], float]) -> float:
    return statistics.median(map(figure, samples))
