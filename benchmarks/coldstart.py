"""`make bench-coldstart`: what a cold start costs, before and after packaging has trimmed and compiled the bundle.

Each run is a fresh process of the functions' own Python that sees the bundle and the standard library, may not write
compiled files (as in Lambda), and imports `app`. CPU time is what Lambda's processor has to do; the median counts.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import zipfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.pace import pace_us, steadying
from infra.bundle import pack, size_of, trim
from infra.package import BUILD, PLAIN

_HEADS: Final = (
    "bundle",
    "MB packed",
    "MB unpacked",
    "import, ms CPU",
    "steady",
    "import, ms",
    "first request, ms CPU",
    "MB memory",
)
_RUN: Final = """
import json, os, resource, sys, time
sys.path.insert(0, sys.argv[1])
os.environ.update(STAGE="local", AWS_DEFAULT_REGION="us-east-1", PYDANTIC_DISABLE_PLUGINS="__all__")
began, cpu = time.perf_counter(), time.process_time()
import app
imported, cpu_imported = time.perf_counter(), time.process_time()
event = {
    "httpMethod": "GET", "path": "/health", "resource": "/health", "headers": {}, "multiValueHeaders": {},
    "pathParameters": None, "queryStringParameters": None, "multiValueQueryStringParameters": None,
    "stageVariables": None, "body": None, "isBase64Encoded": False,
    "requestContext": {"httpMethod": "GET", "resourcePath": "/health", "path": "/health", "requestId": "1",
                       "identity": {"sourceIp": "127.0.0.1"}},
}
sys.stdout = sys.stderr
answer = app.app(event, type("Context", (), {"aws_request_id": "1", "function_name": "benchmarks"})())
assert answer["statusCode"] == 200, answer
sys.stdout = sys.__stdout__
print(json.dumps({
    "wall": (imported - began) * 1000,
    "cpu": (cpu_imported - cpu) * 1000,
    "first": (time.process_time() - cpu_imported) * 1000,
    "memory": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
}))
"""


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure the three bundles and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--build", type=Path, default=BUILD / "dev-host", help="a build for this machine")
    parser.add_argument("--runs", type=int, default=15)
    given = parser.parse_args(arguments)
    print(f"Python {sys.version.split()[0]}, median of {given.runs} cold starts, reference work {pace_us():.0f} µs\n")
    print(f"| {' | '.join(_HEADS)} |\n{'|---' * len(_HEADS)}|")
    with tempfile.TemporaryDirectory(prefix="p2p-coldstart-") as work:
        for name, archive in _bundles(given.build, Path(work)):
            with _unpacked(archive, Path(work) / "task") as folder:
                print(_row(name, archive, _measured(folder, given.runs)), flush=True)
    return 0


def _bundles(build: Path, work: Path) -> Iterator[tuple[str, Path]]:
    yield "as Chalice packs it", build / PLAIN
    trimmed = work / "trimmed.zip"
    with _unpacked(build / PLAIN, work / "trimming") as folder:
        trim(folder)
        pack(folder, trimmed)
    yield "trimmed", trimmed
    yield "trimmed and compiled", build / "deployment.zip"


@contextmanager
def _unpacked(archive: Path, folder: Path) -> Iterator[Path]:
    with (
        tempfile.TemporaryDirectory(prefix=folder.name, dir=folder.parent) as place,
        zipfile.ZipFile(archive) as opened,
    ):
        opened.extractall(place)
        yield Path(place)


def _measured(folder: Path, runs: int) -> dict[str, float]:
    idempotency_key = [sys.executable, "-I", "-S", "-B", "-c", _RUN, str(folder)]
    _run(idempotency_key)  # the first reads from the disk what the others find in memory
    found = [_run(idempotency_key) for _ in range(runs)]
    return {name: statistics.median(run[name] for run in found) for name in found[0]}


def _run(command: Sequence[str]) -> dict[str, float]:
    ran, factor = steadying(lambda: subprocess.run(command, capture_output=True, text=True, check=True))
    result: dict[str, float] = json.loads(ran.stdout)
    return {**result, "steady": result["cpu"] * factor}


def _row(name: str, archive: Path, found: dict[str, float]) -> str:
    size = size_of(archive)
    figures = (found["cpu"], found["steady"], found["wall"], found["first"], found["memory"])
    return (
        f"| {name} | {size.packed / 1e6:.1f} | {size.unpacked / 1e6:.1f} | "
        + " | ".join(f"{n:.0f}" for n in figures)
        + " |"
    )


if __name__ == "__main__":
    sys.exit(main())
