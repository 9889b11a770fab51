"""`make bench-cache`: what listing, detail and wallet cost without a cache, with one in the process, with Redis.

Requests go through the gateway into the application, as under `make run`, one after the other; the engine and Redis
are processes of their own, so the CPU time is the application's alone. Units are those that the engine reports.
"""

from __future__ import annotations

import argparse
import importlib
import io
import json
import os
import platform as machine
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import Any, Final

import boto3

from chalicelib import container as wiring
from chalicelib.api.signing_keys import SigningKeys
from chalicelib.api.tokens import AccessTokens
from chalicelib.dynamodb.consumed_capacity import record_consumed_capacity
from chalicelib.observability.logging import logger
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import utc_now
from chalicelib.shared.ids import new_id
from chalicelib.shared.settings import IN_PROCESS, Limit, Settings
from local.database_binary import VERSION, find_database_binary
from local.database_process import DatabaseProcess
from local.external_programs import REDIS
from local.gateway import Gateway
from local.http_messages import HttpRequest
from local.tables import create_tables
from tests.factories import deposit, funded_loan, open_loan

_PREFIX: Final = "p2p-benchmarks-"
_NO_LIMIT: Final = Limit(0, 1)
_OPEN_LOANS: Final = 20
_SETTLED_SECONDS: Final = 2.1
_WARM_UP: Final = 20
Send = Callable[[str, str, str, object], Any]


@dataclass(frozen=True, slots=True)
class Cost:
    """Means of one kind of request, and the median of its time."""

    round_trips: float
    read_units: float
    cpu_ms: float
    wall_ms: float


def main(arguments: Sequence[str] | None = None) -> int:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=500)
    given = parser.parse_args(arguments)
    os.environ.update(
        AWS_ACCESS_KEY_ID="benchmarks", AWS_SECRET_ACCESS_KEY="benchmarks", AWS_DEFAULT_REGION="us-east-1"
    )
    logger().handlers[0].setStream(io.StringIO())  # type: ignore[attr-defined]  # a stream handler: lines are made, not shown
    print("| request | cache | round trips | read units | ms CPU | ms |")
    print("|---|---|---|---|---|---|")
    with tempfile.TemporaryDirectory(prefix="p2p-cache-") as folder, DatabaseProcess(find_database_binary()) as engine:
        os.environ["AWS_ENDPOINT_URL_DYNAMODB"] = engine.endpoint
        create_tables(boto3.client("dynamodb"), _PREFIX)
        settings = _settings(Path(folder))
        paths = _market(settings)
        with _redis(Path(folder)) as (url, server):
            for name, cache_url in (("off", ""), ("in process", IN_PROCESS), ("Redis", url)):
                _measure(replace(settings, cache_url=cache_url), name, paths, given.requests)
    print(f"\nMeans (the last column: medians) of {given.requests} requests, no cache misses but the first. ", end="")
    print(f"dynoxide {VERSION}, {server}, Python {sys.version.split()[0]}, {os.cpu_count()} cores, {machine.machine()}")
    return 0


def _settings(folder: Path) -> Settings:
    return Settings(
        table_prefix=_PREFIX,
        signing_key_file=str(folder / "signing.key"),
        throttle_rate=_NO_LIMIT,
        throttle_auth=_NO_LIMIT,
        throttle_user=_NO_LIMIT,
        throttle_anon=_NO_LIMIT,
    )


@contextmanager
def _redis(folder: Path) -> Iterator[tuple[str, str]]:
    """A server of our own: its URL, and its version."""
    program = str(REDIS.path())
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    command = [program, "--port", str(port), "--bind", "127.0.0.1", "--save", "", "--dir", str(folder)]
    server = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    said = subprocess.run([program, "--version"], capture_output=True, text=True, check=True).stdout.split()
    try:
        time.sleep(0.5)
        yield f"redis://127.0.0.1:{port}/0", f"{said[0]} {said[2]}"
    finally:
        server.terminate()
        server.wait()


@contextmanager
def _application(settings: Settings) -> Iterator[Send]:
    """Sends requests to the application on a platform with these settings."""
    built = wiring.Container(settings)
    wiring.install_container(built)
    gateway = Gateway(importlib.import_module("app").app)

    def send(token: str, method: str, path: str, body: object = None) -> Any:
        headers = (("Host", "localhost"), ("Content-Type", "application/json"), ("Authorization", f"Bearer {token}"))
        content = b"" if body is None else json.dumps(body).encode()
        answer = gateway.respond(HttpRequest(method, path, headers, content, source_ip="127.0.0.1"))
        if answer.status >= 400:
            raise SystemExit(f"{method} {path}: {answer.status} {answer.body.decode()}")
        return json.loads(answer.body)

    yield send
    built.cache.close()
    built.database.client.close()


@dataclass(frozen=True, slots=True)
class _User:
    send: Send
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        return self.send(self.token, method, path, body)


def _market(settings: Settings) -> dict[str, tuple[str, str]]:
    """Make open loans and a running one; return token and path of each measured request."""
    tokens = AccessTokens(SigningKeys.of(settings, utc_now), utc_now, settings)
    actors = (Actor(new_id(utc_now()), f"bench_{role.value.lower()}", role) for role in (Role.BORROWER, Role.LENDER))
    with _application(settings) as send:
        borrower, lender = (_User(send, tokens.issue(actor).text) for actor in actors)
        deposit(lender, "5000.00")
        running = f"/api/loans/{funded_loan(borrower, lender, months=12, purpose='A new roof')['id']}/"
        for _ in range(_OPEN_LOANS):
            open_loan(borrower, months=12, purpose="A new roof")
    return {
        f"{_OPEN_LOANS} open loans": (lender.token, "/api/loans/available/"),
        "loan": (lender.token, running),
        "schedule, 12 rows": (borrower.token, f"{running}schedule/"),
        "wallet": (lender.token, "/api/wallets/"),
    }


def _measure(settings: Settings, cache: str, paths: dict[str, tuple[str, str]], requests: int) -> None:
    with _application(settings) as send:
        for token, path in paths.values():
            send(token, "GET", path, None)
        time.sleep(_SETTLED_SECONDS)  # a list is not kept within two seconds of the first look at it
        for request, (token, path) in paths.items():
            for _ in range(_WARM_UP):
                send(token, "GET", path, None)
            cost = _cost_of(partial(send, token, "GET", path, None), requests)
            figures = f"{cost.round_trips:.1f} | {cost.read_units:.1f} | {cost.cpu_ms:.2f} | {cost.wall_ms:.2f}"
            print(f"| {request} | {cache} | {figures} |", flush=True)


def _cost_of(send: Callable[[], object], requests: int) -> Cost:
    times: list[float] = []
    cpu = time.process_time()
    with record_consumed_capacity() as meter:
        for _ in range(requests):
            began = time.perf_counter()
            send()
            times.append((time.perf_counter() - began) * 1000)
    cpu_ms = (time.process_time() - cpu) * 1000
    return Cost(meter.round_trips / requests, meter.read_units / requests, cpu_ms / requests, statistics.median(times))


if __name__ == "__main__":
    sys.exit(main())
