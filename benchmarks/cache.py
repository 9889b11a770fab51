"""`make bench-cache`: the cost of four reads without a cache, with an in-process cache, and with Redis.

Requests go to the application one after the other. The database and Redis are other processes, so the CPU time is
that of the application alone.
"""

import argparse
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from benchmarks.application import Application, Request, database_with_tables, machine_line, running_application
from benchmarks.growth import repeat
from benchmarks.pages import table
from chalicelib.shared.actor import Role
from chalicelib.shared.settings import IN_PROCESS
from local.external_programs import REDIS
from tests.factories import funded_loan, open_loan

_OPEN_LOANS: Final = 20
_SETTLED_SECONDS: Final = 2.1


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=500)
    times = parser.parse_args(arguments).requests
    rows: list[list[str]] = []
    with (
        tempfile.TemporaryDirectory(prefix="p2p-cache-") as name,
        database_with_tables(),
        _redis(Path(name)) as (url, version),
    ):
        folder = Path(name)
        with running_application(folder) as application:
            requests = _requests(application)
        for cache, cache_url in (("off", ""), ("in process", IN_PROCESS), ("Redis", url)):
            with running_application(folder, cache_url=cache_url) as application:
                rows += _rows(application, cache, requests, times)
    heads = ("request", "cache", "round trips", "read units", "steady ms CPU", "ms")
    print(f"{table(heads, rows)}\n\nMedians of {times} requests after the first. {version}; {machine_line()}.")
    return 0


@contextmanager
def _redis(folder: Path) -> Iterator[tuple[str, str]]:
    """Start a server; yield its URL and version."""
    program = str(REDIS.path())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    version = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()
    try:
        time.sleep(0.5)
        yield f"redis://127.0.0.1:{port}/0", f"{version[0]} {version[2]}"
    finally:
        server.terminate()
        server.wait()


def _requests(application: Application) -> dict[str, Request]:
    """Make open loans and a running one; return the measured requests by name."""
    borrower, lender = application.user(Role.BORROWER), application.user(Role.LENDER, "5000.00")
    running = f"/api/loans/{funded_loan(borrower, lender, months=12, purpose='A new roof')['id']}/"
    for _ in range(_OPEN_LOANS):
        open_loan(borrower, months=12, purpose="A new roof")
    return {
        f"{_OPEN_LOANS} open loans": Request("GET", "/api/loans/available/", lender),
        "loan": Request("GET", running, lender),
        "schedule, 12 rows": Request("GET", f"{running}schedule/", borrower),
        "wallet": Request("GET", "/api/wallets/", lender),
    }


def _rows(application: Application, cache: str, requests: dict[str, Request], times: int) -> Iterator[list[str]]:
    for request in requests.values():
        application.send(request)
    time.sleep(_SETTLED_SECONDS)  # a list is not cached within two seconds of its first read
    for name, request in requests.items():
        capacity, cpu_ns, wall_ns = repeat(application, request, times)
        units = (str(capacity.round_trips), f"{capacity.read_units:g}")
        yield [name, cache, *units, f"{cpu_ns / 1e6:.2f}", f"{wall_ns / 1e6:.2f}"]


if __name__ == "__main__":
    sys.exit(main())
