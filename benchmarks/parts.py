"""The parts of the benchmark. Each returns its measurements as Markdown."""

import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Final

from benchmarks import clients, dollars, events, growth, imports, instructions, laptop, profiles, statements, workers
from benchmarks.application import database_with_tables, machine_line, running_application
from benchmarks.layers import LAYERS
from benchmarks.pages import table
from benchmarks.requests import Figures, measure
from benchmarks.scenarios import Market, scenarios

DEFAULT_TIMES: Final = 200


def requests(times: int) -> str:
    """Every route through the handler, a loan's total cost, and prices by memory size."""
    with tempfile.TemporaryDirectory(prefix="p2p-benchmarks-") as folder:
        found = {figures.name: figures for figures in _measured(Path(folder), times)}
    heads = ("call", "ms CPU", "steady", "p90", *LAYERS, "trips / writes / reads", "floor", "dollars a million")
    floors = {scenario.name: scenario.example.floor for scenario in scenarios()}
    rows = [_row(figures, floors[figures.name]) for figures in found.values()]
    caption = (
        f"Medians of {times} requests, in ms of CPU of the application's process, from the second column on steadied. "
        f"{machine_line()}."
    )
    return "\n\n".join(
        (
            caption,
            table(heads, rows),
            dollars.life(found),
            "### Memory\n\nTime and dollars a million for Lambda on arm64, computed from the CPU above:",
            dollars.by_memory(found),
        )
    )


def _measured(folder: Path, times: int) -> Iterator[Figures]:
    with database_with_tables(), running_application(folder) as application:
        market = Market(application)
        for scenario in scenarios():
            print(f"  {scenario.name}", file=sys.stderr)
            yield measure(application, market, scenario, times)


def _row(figures: Figures, floor: str) -> list[str]:
    milliseconds = figures.steady_us / 1000
    parts = [f"{milliseconds * figures.layers[layer]:.2f}" for layer in LAYERS]
    units = f"{figures.round_trips:g} / {figures.write_units:g} / {figures.read_units:g}"
    cost = dollars.priced(figures)
    times = (figures.cpu_us, figures.steady_us, figures.p90_us)
    shown = [f"`{figures.name}`", *(f"{time / 1000:.2f}" for time in times), *parts]
    return [*shown, units, floor, f"{cost.database + cost.compute:.2f}"]


PARTS: Final[Mapping[str, Callable[[int], str]]] = {
    "requests": requests,
    "instructions": lambda _: instructions.measured(),
    "profiles": lambda _: profiles.measured(),
    "imports": lambda _: imports.measured(),
    "clients": lambda _: clients.measured(),
    "laptop": laptop.measured,
    "events": events.measured,
    "workers": lambda _: workers.measured(),
    "growth": lambda _: growth.measured(),
    "statements": lambda _: statements.measured(),
}


def usual() -> list[str]:
    """The parts that are measured by default: those that this machine can measure."""
    possible = {"instructions": instructions.is_possible, "laptop": laptop.is_possible, "events": laptop.is_possible}
    return [part for part in PARTS if part not in possible or possible[part]()]
