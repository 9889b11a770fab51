"""Many clients at once over HTTP: the local server with its engine, in other processes, for a few seconds."""

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
from typing import Any, Final

from benchmarks.local_server import RunningServer, request, running_server, send
from benchmarks.pages import table
from benchmarks.stage import machine_line
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


@dataclass(frozen=True, slots=True)
class SiteUser:
    """A signed-in user of the server."""

    site: Site
    token: str

    def call(self, method: str, path: str, body: object = None) -> Any:
        """Send a request that must succeed; the content of its response."""
        return request(self.site.server.connect(), self.token, method, path, body)


@dataclass(slots=True)
class Site:
    """A running server and whoever calls it."""

    server: RunningServer
    log: Path
    tokens: AccessTokens

    def user(self, role: Role, balance: str) -> SiteUser:
        """A new user; ``balance`` is deposited."""
        token = self.tokens.issue(Actor(new_id(utc_now()), f"bench_{role.value.lower()}", role)).text
        return deposit(SiteUser(self, token), balance)


@dataclass(slots=True)
class Crowd:
    """What some clients have seen."""

    seconds: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)


Wish = tuple[str, str, str, object]
"""Token, method, path, body."""


def measured() -> str:
    """Throughput, waiting times and repeated attempts of a read, of deposits, and of what is fought over."""
    heads = ("request", "clients", "a second", "p50 ms", "p99 ms", "answers", "decided again")
    with _site() as site:
        rows = [row for name, wishes in _kinds(site) for row in _rows(site, name, wishes)]
    told = (
        "*Decided again*: requests that needed more round trips than one that meets nobody. "
        "Server, engine and clients share the two cores."
    )
    return f"{_SECONDS} seconds each. {machine_line()}.\n\n{table(heads, rows)}\n\n{told}"


def _kinds(site: Site) -> Iterator[tuple[str, Callable[[int], Wish]]]:
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


def _rows(site: Site, name: str, wishes: Callable[[int], Wish]) -> Iterator[list[str]]:
    for clients in _CLIENTS:
        begins = site.log.stat().st_size
        crowd = _let_loose(site, wishes, clients)
        again = sum(trips > _LEAST_TRIPS for trips in _trips(site.log, begins))
        milliseconds = sorted(seconds * 1000 for seconds in crowd.seconds)
        yield [
            name,
            str(clients),
            f"{len(milliseconds) / _SECONDS:.0f}",
            f"{statistics.median(milliseconds):.1f}",
            f"{milliseconds[len(milliseconds) * 99 // 100]:.1f}",
            ", ".join(f"{count} × {status}" for status, count in sorted(crowd.statuses.items())),
            str(again),
        ]


def _let_loose(site: Site, wishes: Callable[[int], Wish], clients: int) -> Crowd:
    crowd, until = Crowd(), time.monotonic() + _SECONDS
    threads = [threading.Thread(target=_client, args=(site.server, wishes(n), until, crowd)) for n in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return crowd


def _client(server: RunningServer, wish: Wish, until: float, crowd: Crowd) -> None:
    connection = server.connect()
    while (began := time.monotonic()) < until:
        status, _ = send(connection, *wish)
        crowd.seconds.append(time.monotonic() - began)
        crowd.statuses[status] += 1
    connection.close()


def _trips(log: Path, begins: int) -> Iterator[int]:
    """Round trips of the requests that were logged since."""
    with log.open(encoding="utf-8") as lines:
        lines.seek(begins)
        for line in lines:
            told = json.loads(line)
            if told.get("message") == "request":
                yield int(told["round_trips"])


@contextmanager
def _site() -> Iterator[Site]:
    """`make run` with a folder of its own, until the measuring is over."""
    with running_server() as server:
        keys = SigningKeys.of(Settings(signing_key_file=str(server.folder / "signing.key")), utc_now)
        yield Site(server, server.folder / "logs" / "platform.log", AccessTokens(keys, utc_now, Settings()))
