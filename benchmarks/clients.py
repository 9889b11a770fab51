"""Many concurrent clients over HTTP, against the local server and its database in other processes."""

from __future__ import annotations

import json
import statistics
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from benchmarks.application import machine_line
from benchmarks.local_server import RunningServer, ServerUser, running_server, send
from benchmarks.pages import table
from chalicelib.api.signing_keys import SigningKeys
from chalicelib.api.tokens import AccessTokens
from chalicelib.shared.actor import Actor, Role
from chalicelib.shared.clock import utc_now
from chalicelib.shared.ids import new_id
from chalicelib.shared.settings import Settings
from tests.factories import deposit, funded_loan

_CLIENTS: Final = (1, 8, 32)
_SECONDS: Final = 1.5
_LEAST_TRIPS: Final = 2


@dataclass(slots=True)
class Site:
    """A running server, its log, and the means to sign users in."""

    server: RunningServer
    log: Path
    tokens: AccessTokens

    def user(self, role: Role, balance: str) -> ServerUser:
        """A new user; ``balance`` is deposited."""
        token = self.tokens.issue(Actor(new_id(utc_now()), f"bench_{role.value.lower()}", role)).text
        return deposit(ServerUser(self.server.connect(), token), balance)


@dataclass(slots=True)
class Observations:
    """Response times and statuses that some clients have seen."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


RequestParts = tuple[str, str, str, object]
"""Token, method, path, body."""


def measured() -> str:
    """Throughput, latency and retries of a read, of deposits, and of contended writes."""
    heads = ("request", "clients", "a second", "p50 ms", "p99 ms", "responses", "decided again")
    with _site() as site:
        rows = [row for name, requests in _kinds(site) for row in _rows(site, name, requests)]
    note = (
        "*Decided again*: requests that needed more round trips than one without contention. "
        "Server, database and clients share the two cores."
    )
    return f"{_SECONDS} seconds each. {machine_line()}.\n\n{table(heads, rows)}\n\n{note}"


def _kinds(site: Site) -> Iterator[tuple[str, Callable[[int], RequestParts]]]:
    savers = [site.user(Role.LENDER, "100.00").token for _ in range(max(_CLIENTS))]
    money = {"amount": "1.00"}
    yield "history of 20", lambda number: (savers[number], "GET", "/api/wallets/transactions/", None)
    yield "deposit, a wallet each", lambda number: (savers[number], "POST", "/api/wallets/deposit/", money)
    yield "deposit, all into one wallet", lambda _: (savers[0], "POST", "/api/wallets/deposit/", money)
    borrower, at = _hot_loan(site)
    yield "pay, all for one loan", lambda _: (borrower, "POST", f"{at}pay/", money)


def _hot_loan(site: Site) -> tuple[str, str]:
    borrower, lender = site.user(Role.BORROWER, "90000.00"), site.user(Role.LENDER, "200000.00")
    loan = funded_loan(borrower, lender, amount="100000.00", months=12)
    return borrower.token, f"/api/loans/{loan['id']}/"


def _rows(site: Site, name: str, requests: Callable[[int], RequestParts]) -> Iterator[list[str]]:
    for clients in _CLIENTS:
        begins = site.log.stat().st_size
        observations = _run_clients(site, requests, clients)
        again = sum(trips > _LEAST_TRIPS for trips in _trips(site.log, begins))
        milliseconds = sorted(seconds * 1000 for seconds in observations.seconds)
        yield [
            name,
            str(clients),
            f"{len(milliseconds) / _SECONDS:.0f}",
            f"{statistics.median(milliseconds):.1f}",
            f"{milliseconds[len(milliseconds) * 99 // 100]:.1f}",
            ", ".join(f"{count} × {status}" for status, count in sorted(observations.statuses.items())),
            str(again),
        ]


def _run_clients(site: Site, requests: Callable[[int], RequestParts], clients: int) -> Observations:
    observations, until = Observations(), time.monotonic() + _SECONDS
    threads = [
        threading.Thread(target=_client, args=(site.server, requests(n), until, observations)) for n in range(clients)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return observations


def _client(server: RunningServer, parts: RequestParts, until: float, observations: Observations) -> None:
    connection = server.connect()
    while (began := time.monotonic()) < until:
        status, _ = send(connection, *parts)
        observations.seconds.append(time.monotonic() - began)
        observations.statuses[status] += 1
    connection.close()


def _trips(log: Path, begins: int) -> Iterator[int]:
    """Round trips of the requests that were logged since."""
    with log.open(encoding="utf-8") as lines:
        lines.seek(begins)
        for line in lines:
            record = json.loads(line)
            if record.get("message") == "request":
                yield int(record["round_trips"])


@contextmanager
def _site() -> Iterator[Site]:
    """`make run` with a data folder of its own."""
    with running_server() as server:
        keys = SigningKeys.of(Settings(signing_key_file=str(server.folder / "signing.key")), utc_now)
        yield Site(server, server.folder / "logs" / "platform.log", AccessTokens(keys, utc_now, Settings()))
