"""Processor time of the most expensive requests by library and by function."""

import cProfile
import pstats
import sys
import sysconfig
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from benchmarks.application import Application, database_with_tables, machine_line, running_application
from benchmarks.pages import table
from benchmarks.requests import Feed, measure
from benchmarks.scenarios import Market, Scenario, scenarios
from local.environment import ROOT

MONEY: Final = (
    "POST /api/wallets/deposit/",
    "POST /api/wallets/withdraw/",
    "POST /api/loans/{id}/accept-offer/",
    "POST /api/loans/{id}/fund/",
    "POST /api/loans/{id}/pay/",
    "GET /api/wallets/transactions/ (20 entries)",
)
"""Always shown, because they have a target."""
_HASHES_PASSWORDS: Final = ("/register", "/login", "/password")
"""Slow by design: the hash takes nearly all their time."""
_MOST_EXPENSIVE: Final = 10
_SAMPLES: Final = 15
_PROFILED: Final = 60
_MOST_NAMED: Final = 6
_LEAST_SHARE: Final = 0.025
_IN_C: Final = {
    "pydantic_core": "pydantic",
    "_socket": "socket",
    "_ssl": "socket",
    "select": "socket",
    "_hash": "hashes",
}


@dataclass(frozen=True, slots=True)
class Profile:
    """Shares of the processor time of one kind of request, by library and by function; each adds up to 1."""

    name: str
    libraries: Counter[str]
    functions: Counter[str]


class _Profiler:
    """cProfile of processor time as a `Watch`."""

    def __init__(self) -> None:
        self.profile = cProfile.Profile(time.thread_time)
        self.start, self.stop = self.profile.enable, self.profile.disable


def measured() -> str:
    """The ten most expensive requests, and those that have a target."""
    with (
        tempfile.TemporaryDirectory(prefix="p2p-benchmarks-") as folder,
        database_with_tables(),
        running_application(Path(folder)) as application,
    ):
        market = Market(application)
        profiles = [_profiled(application, market, each) for each in _chosen(application, market)]
    heads = ("call", "by library", "the largest functions, without what they call")
    rows = [(f"`{each.name}`", _summary(each.libraries), _summary(each.functions)) for each in profiles]
    return (
        f"Shares of the processor time of {_PROFILED} requests each. cProfile overstates calls of Python "
        f"functions compared with C code. {machine_line()}.\n\n{table(heads, rows)}"
    )


def _chosen(application: Application, market: Market) -> Iterator[Scenario]:
    """The most expensive first, then the others that have a target."""
    candidates = [each for each in scenarios() if not each.route.name.endswith(_HASHES_PASSWORDS)]
    cost = {each.name: measure(application, market, each, _SAMPLES).steady_us for each in candidates}
    candidates.sort(key=lambda each: -cost[each.name])
    yield from candidates[:_MOST_EXPENSIVE]
    yield from (each for each in candidates[_MOST_EXPENSIVE:] if each.name in MONEY)


def _profiled(application: Application, market: Market, scenario: Scenario) -> Profile:
    print(f"  {scenario.name}", file=sys.stderr)
    feed, profiler = Feed(application, market, scenario), _Profiler()
    for _ in range(_SAMPLES):
        feed.sample()
    for _ in range(min(_PROFILED, scenario.most or _PROFILED)):
        feed.sample(profiler)
    return _shares(scenario.name, pstats.Stats(profiler.profile))


def _shares(name: str, stats: Any) -> Profile:
    libraries: Counter[str] = Counter()
    functions: Counter[str] = Counter()
    for (file, _, function), (_, _, own, _, _) in stats.stats.items():
        library, module = _library(file, function)
        libraries[library] += own
        functions[f"{module} `{function.strip('<>').removeprefix('built-in method ')}`"] += own
    whole = sum(libraries.values())
    shares = (Counter({key: own / whole for key, own in found.items()}) for found in (libraries, functions))
    return Profile(name, *shares)


def _library(file: str, function: str) -> tuple[str, str]:
    """The library of a function (our own by feature, C code by its extension) and its module."""
    if file == "~":
        name = next((name for module, name in _IN_C.items() if module in function), "Python's own C")
        return name, name
    path = Path(file).with_suffix("")
    if "site-packages" in path.parts:
        parts = path.parts[path.parts.index("site-packages") + 1 :]
        return parts[0], ".".join(parts)
    if path.is_relative_to(ROOT):
        parts = path.relative_to(ROOT).parts[1:]
        return (parts or ("app",))[0], ".".join(parts) or "app"
    if path.is_relative_to(sysconfig.get_path("stdlib")):
        return "standard library", path.name
    return "generated code", "generated code"


def _summary(shares: Counter[str]) -> str:
    return ", ".join(f"{name} {share:.0%}" for name, share in shares.most_common(_MOST_NAMED) if share > _LEAST_SHARE)
