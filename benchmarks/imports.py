"""CPU time, memory and modules of an application import in a fresh interpreter."""

import json
import statistics
import subprocess
import sys
from typing import Final

from benchmarks.application import machine_line
from benchmarks.pace import steadying
from benchmarks.pages import table

_RUNS: Final = 11
_RUN: Final = """
import json, os, resource, sys, time
os.environ.update(STAGE="local", AWS_DEFAULT_REGION="us-east-1")
sys.modules["cryptography"] = None  # the bundle has none
cpu = time.process_time()
import app
imported = time.process_time()
from chalicelib.container import platform
platform()
print(json.dumps({
    "import": (imported - cpu) * 1000,
    "container": (time.process_time() - imported) * 1000,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    "modules": len(sys.modules),
}))
"""


def measured() -> str:
    """The import from this checkout, with compiled files; `make bench-coldstart` measures the packaged bundle."""
    runs = [_once() for _ in range(_RUNS + 1)][1:]
    middle = {name: statistics.median(run[name] for run in runs) for name in runs[0]}
    row = [f"{middle[name]:.0f}" for name in ("import", "steady", "container", "memory", "modules")]
    heads = ("import, ms CPU", "steady", "container with its client, ms CPU", "MB memory", "modules")
    return f"Medians of {_RUNS} fresh interpreters. {machine_line()}.\n\n{table(heads, [row])}"


def _once() -> dict[str, float]:
    command = [sys.executable, "-c", _RUN]
    ran, factor = steadying(lambda: subprocess.run(command, capture_output=True, text=True, check=True))
    found: dict[str, float] = json.loads(ran.stdout)
    return {**found, "steady": found["import"] * factor}
