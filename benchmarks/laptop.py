"""`make run`: processor time of all its processes per request, while idle, and the delay of its events."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final, Self

from benchmarks.local_server import Connection, RunningServer, request, running_server
from benchmarks.pace import steadying
from benchmarks.pages import table
from benchmarks.stage import machine_line

# The limiters work as in every run, but never refuse.
_HIGH_LIMITS: Final = {f"THROTTLE_{name}": "1000000/min" for name in ("RATE", "AUTH", "USER", "ANON")}
_ROUNDS: Final = 5
_START_SECONDS: Final = 5.0
_SETTLING_SECONDS: Final = 2.0
_PACE_SECONDS: Final = 0.1
_IDLE_SECONDS: Final = 20.0
_QUIET: Final = 0.01  # of a core, more than twice what an idle server takes
_DELAYS: Final = 20
_PATIENCE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.02
_INSTALMENTS: Final = 12
_TICKS_PER_SECOND: Final = os.sysconf("SC_CLK_TCK")
_PROC: Final = Path("/proc")


@dataclass(frozen=True, slots=True)
class CpuTime:
    """Processor time in seconds, user and system, of the server's process and of its children."""

    server: float
    database: float

    @property
    def total(self) -> float:
        """The time of all processes."""
        return self.server + self.database

    def __sub__(self, earlier: CpuTime) -> CpuTime:
        return CpuTime(self.server - earlier.server, self.database - earlier.database)

    def scaled(self, factor: float) -> CpuTime:
        """The time multiplied by a factor."""
        return CpuTime(self.server * factor, self.database * factor)


@dataclass(frozen=True, slots=True)
class Spent:
    """Processor time per request, as it was and steadied (see benchmarks.pace)."""

    cpu: CpuTime
    steady: CpuTime

    @classmethod
    def of(cls, work: Callable[[], CpuTime], times: int) -> Self:
        """Do work that sends ``times`` requests and returns what they took."""
        found, factor = steadying(work)
        return cls(found.scaled(1 / times), found.scaled(factor / times))


@dataclass(slots=True)
class Client:
    """The demo accounts of a running server, signed in on one connection."""

    connection: Connection
    borrower: str
    lender: str
    instalments: list[str] = field(default_factory=list)
    """The loan of each unpaid instalment."""

    def post(self, token: str, path: str, body: object = None) -> Any:
        """Send a POST that must succeed."""
        return request(self.connection, token, "POST", path, body)

    def get(self, token: str, path: str) -> Any:
        """Send a GET that must succeed."""
        return request(self.connection, token, "GET", path)

    def deposit(self) -> None:
        """Deposit a dollar."""
        self.post(self.lender, "/api/wallets/deposit/", {"amount": "1.00"})

    def pay(self) -> None:
        """Pay one instalment."""
        self.post(self.borrower, f"{self.instalments.pop()}pay/", {})

    def read_history(self) -> None:
        """Read the newest 20 entries of a wallet."""
        self.get(self.lender, "/api/wallets/transactions/")

    def prepare_payments(self, count: int) -> None:
        """Fund as many loans as it takes to have ``count`` instalments to pay."""
        while len(self.instalments) < count:
            loan = self.request_loan()
            offer = self.post(self.lender, f"{loan}offer/", {"annual_interest_rate": "12.00"})
            self.post(self.borrower, f"{loan}accept-offer/", {"offer_id": offer["id"]})
            self.post(self.lender, f"{loan}fund/", {})
            self.instalments += [loan] * _INSTALMENTS

    def request_loan(self) -> str:
        """Request 1,000.00; return the path of the loan."""
        terms = {"amount": "1000.00", "annual_interest_rate": "12.00", "term_months": _INSTALMENTS}
        return f"/api/loans/{self.post(self.borrower, '/api/loans/', terms)['id']}/"


def is_possible() -> bool:
    """Whether this machine tells the processor time of other processes (Linux)."""
    return (_PROC / "self" / "stat").exists()


def measured(times: int) -> str:
    """Report the figures of a fresh `make run` as Markdown; each request is sent ``times`` times at each pace."""
    with running_server(_HIGH_LIMITS) as server:
        client = _signed_in(server)
        time.sleep(_START_SECONDS)
        idle = _idle(server)
        rows = list(_rows(server, client, max(1, times // _ROUNDS), idle))
        delays = sorted(_delays(client))
    heads = ("request", "ms CPU", "steady", "server", "database", "10 a second: ms CPU", "steady")
    caption = (
        f"Medians of {_ROUNDS} rounds with {times} requests in total, in ms of processor time of all processes. First "
        "one request after the other, until their events are handled; server and database are steadied. Then ten "
        f"requests a second, with all that goes on between them. {machine_line()}."
    )
    idleness = (
        f"Idle: {100 * idle.total:.2f} % of one core (server {100 * idle.server:.2f}, "
        f"database {100 * idle.database:.2f}) over {_IDLE_SECONDS:.0f} seconds."
    )
    events = (
        "From the response to a loan request until an auto-invest rule has offered on it (stream, queue, worker): "
        f"median {statistics.median(delays):.2f} s, longest of {_DELAYS} {delays[-1]:.2f} s."
    )
    return "\n\n".join((caption, table(heads, rows), idleness, events))


def _signed_in(server: RunningServer) -> Client:
    connection = server.connect()

    def token(username: str) -> str:
        body = {"username": username, "password": "testpass123"}
        return str(request(connection, "", "POST", "/api/users/login/", body)["token"])

    client = Client(connection, token("john_borrower"), token("sarah_lender"))
    for account in (client.borrower, client.lender):
        client.post(account, "/api/wallets/deposit/", {"amount": "100000.00"})
    return client


def _idle(server: RunningServer) -> CpuTime:
    """Processor time per second while nothing is asked."""
    before, began = cpu_time(server.pid), time.monotonic()
    time.sleep(_IDLE_SECONDS)
    return (cpu_time(server.pid) - before).scaled(1 / (time.monotonic() - began))


def _rows(server: RunningServer, client: Client, times: int, idle: CpuTime) -> Iterator[list[str]]:
    kinds: dict[str, Callable[[], None]] = {
        "deposit": client.deposit,
        "pay an instalment": client.pay,
        "history of 20": client.read_history,
    }
    rounds: dict[str, list[tuple[Spent, Spent]]] = {name: [] for name in kinds}
    for number in range(_ROUNDS):
        print(f"  round {number + 1}", file=sys.stderr)
        client.prepare_payments(2 * times)
        _settled(server, idle)
        for name, send in kinds.items():
            rounds[name].append((_back_to_back(server, send, times, idle), _paced(server, send, times)))
            _settled(server, idle)
    for name, found in rounds.items():
        in_a_row, paced = [first for first, _ in found], [second for _, second in found]
        steady = [spent.steady for spent in in_a_row]
        columns = (
            [spent.cpu.total for spent in in_a_row],
            [each.total for each in steady],
            [each.server for each in steady],
            [each.database for each in steady],
            [spent.cpu.total for spent in paced],
            [spent.steady.total for spent in paced],
        )
        yield [name, *(f"{1000 * statistics.median(column):.2f}" for column in columns)]


def _back_to_back(server: RunningServer, send: Callable[[], None], times: int, idle: CpuTime) -> Spent:
    """Processor time per request, one after the other, with its events.

    While only events are waited for, the time that an idle server takes is not counted.
    """

    def work() -> CpuTime:
        before = cpu_time(server.pid)
        for _ in range(times):
            send()
        seconds = _settled(server, idle)
        return cpu_time(server.pid) - before - idle.scaled(seconds)

    return Spent.of(work, times)


def _paced(server: RunningServer, send: Callable[[], None], times: int) -> Spent:
    """Processor time per request at ten requests a second."""

    def work() -> CpuTime:
        before, began = cpu_time(server.pid), time.monotonic()
        for number in range(times):
            time.sleep(max(0.0, began + number * _PACE_SECONDS - time.monotonic()))
            send()
        time.sleep(max(0.0, began + times * _PACE_SECONDS - time.monotonic()))
        return cpu_time(server.pid) - before

    return Spent.of(work, times)


def _settled(server: RunningServer, idle: CpuTime) -> float:
    """Wait until the server is as quiet as an idle one; return the seconds that it took."""
    began = time.monotonic()
    while True:
        before = cpu_time(server.pid).total
        time.sleep(_SETTLING_SECONDS)
        if cpu_time(server.pid).total - before <= _SETTLING_SECONDS * (2 * idle.total + _QUIET):
            return time.monotonic() - began


def _delays(client: Client) -> Iterator[float]:
    """Seconds from the response to a loan request to the effect of a rule on that loan."""
    rule = {"amount_per_loan": "50.00", "min_rate": "5.00", "max_term": _INSTALMENTS, "max_exposure": "50000.00"}
    client.post(client.lender, "/api/loans/auto-invest/", rule)
    time.sleep(_SETTLING_SECONDS)
    for number in range(_DELAYS):
        loan = client.request_loan().split("/")[-2]
        began = time.monotonic()
        while not _is_matched(client, loan):
            if time.monotonic() - began > _PATIENCE_SECONDS:
                raise RuntimeError(f"loan {loan} was not matched within {_PATIENCE_SECONDS} seconds")
            time.sleep(_POLL_SECONDS)
        yield time.monotonic() - began
        time.sleep(0.1 * (number % 10))  # commits come at all moments between two reads of a stream


def _is_matched(client: Client, loan: str) -> bool:
    rules = client.get(client.lender, "/api/loans/auto-invest/")["items"]
    return any(effect["loan_id"] == loan for rule in rules for effect in rule["effects"])


def cpu_time(pid: int) -> CpuTime:
    """Processor time of a process and of all its descendants that still run."""
    return CpuTime(_cpu_seconds(pid), sum(_cpu_seconds(child) for child in _descendants(pid)))


def _descendants(pid: int) -> Iterator[int]:
    for listed in (_PROC / str(pid) / "task").glob("*/children"):
        for child in map(int, listed.read_text().split()):
            yield child
            yield from _descendants(child)


def _cpu_seconds(pid: int) -> float:
    fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    user_ticks, system_ticks = fields[11:13]  # fields 14 and 15 of proc(5); the name came before
    return (int(user_ticks) + int(system_ticks)) / _TICKS_PER_SECOND
