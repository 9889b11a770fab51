"""`make run`: processor time of all its processes per request, while idle, and the delay of its events."""

from __future__ import annotations

import os
import statistics
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import cycle
from pathlib import Path
from typing import Final, Self

from benchmarks.application import machine_line
from benchmarks.local_server import Connection, RunningServer, ServerUser, running_server
from benchmarks.pace import steadying
from benchmarks.pages import table
from tests.factories import PASSWORD, deposit, funded_loan, open_loan, pay
from tests.marketplace import INSTALMENTS

_PAIRS: Final = 12
_ENTRIES: Final = 20
_ROUNDS: Final = 5
_START_SECONDS: Final = 5.0
_SETTLING_SECONDS: Final = 2.0
_PACE_SECONDS: Final = 0.1
_IDLE_SECONDS: Final = 20.0
_QUIET: Final = 0.01  # of a core, more than twice what an idle server takes
_DELAYS: Final = 10
_PATIENCE_SECONDS: Final = 30.0
_POLL_SECONDS: Final = 0.05
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
class Pair:
    """A borrower and a lender; ``instalments`` has the loan of each unpaid one."""

    borrower: ServerUser
    lender: ServerUser
    instalments: list[str] = field(default_factory=list)


class Client:
    """Accounts of a running server, used in turn on one connection, so that none reaches its rate limit."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pairs = [Pair(self._user("BORROWER", number), self._user("LENDER", number)) for number in range(_PAIRS)]
        self._turns = cycle(self._pairs)
        for _ in range(_ENTRIES * _PAIRS):
            self.deposit()

    def deposit(self) -> None:
        """Deposit a dollar."""
        deposit(next(self._turns).lender, "1.00")

    def pay(self) -> None:
        """Pay one instalment."""
        pair = next(self._turns)
        pay(pair.borrower, pair.instalments.pop())

    def read_history(self) -> None:
        """Read the newest 20 entries of a wallet."""
        next(self._turns).lender.call("GET", "/api/wallets/transactions/")

    def prepare_payments(self, count: int) -> None:
        """Fund as many loans as it takes to pay ``count`` instalments."""
        for pair in self._pairs:
            while len(pair.instalments) * _PAIRS < count + _PAIRS:
                pair.instalments += [funded_loan(pair.borrower, pair.lender, months=INSTALMENTS)["id"]] * INSTALMENTS

    def delays(self) -> Iterator[float]:
        """Yield seconds from the response to a loan request until a rule has offered on that loan."""
        pair = self._pairs[0]
        rule = {"amount_per_loan": "50.00", "min_rate": "5.00", "max_term": INSTALMENTS, "max_exposure": "5000.00"}
        pair.lender.call("POST", "/api/loans/auto-invest/", rule)
        for number in range(_DELAYS):
            time.sleep(_SETTLING_SECONDS + 0.1 * number)  # commits come at all moments between two reads of a stream
            loan = open_loan(pair.borrower, months=INSTALMENTS)["id"]
            began = time.monotonic()
            while not self._is_offered_on(pair, loan):
                if time.monotonic() - began > _PATIENCE_SECONDS:
                    raise RuntimeError(f"no offer on loan {loan} within {_PATIENCE_SECONDS} seconds")
                time.sleep(_POLL_SECONDS)
            yield time.monotonic() - began

    def _is_offered_on(self, pair: Pair, loan: str) -> bool:
        rules = pair.lender.call("GET", "/api/loans/auto-invest/")["items"]
        return any(effect["loan_id"] == loan for rule in rules for effect in rule["effects"])

    def _user(self, role: str, number: int) -> ServerUser:
        """Open an account, sign in, and deposit."""
        name, visitor = f"{role.lower()}_{number}", ServerUser(self._connection)
        credentials = {"username": name, "password": PASSWORD}
        visitor.call("POST", "/api/users/register/", {**credentials, "email": f"{name}@example.com", "role": role})
        token = visitor.call("POST", "/api/users/login/", credentials)["token"]
        return deposit(ServerUser(self._connection, token), "100000.00")


def is_possible() -> bool:
    """Return whether this machine reports the processor time of other processes (Linux)."""
    return (_PROC / "self" / "stat").exists()


def measured(times: int) -> str:
    """Report the figures of a fresh `make run` as Markdown; each request is sent ``times`` times at each pace."""
    with running_server({}) as server:
        client = Client(server.connect())
        time.sleep(_START_SECONDS)
        idle = _idle(server)
        rows = list(_rows(server, client, max(1, times // _ROUNDS), idle))
        delays = sorted(client.delays())
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
