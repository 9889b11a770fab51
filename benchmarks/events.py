"""Events of a fresh `make run`, delivered to endpoints of a receiver in another process: throughput, lag, and hangs."""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self

from benchmarks.application import machine_line
from benchmarks.laptop import cpu_time
from benchmarks.local_server import RunningServer, ServerUser, running_server
from benchmarks.pages import table
from tests.factories import PASSWORD, deposit
from tests.webhook_receiver import Received, Reply, WebhookReceiver, webhook_receiver

_ENDPOINTS: Final = 50
_CLIENTS: Final = 4
_PACE_SECONDS: Final = 0.1
_PACED_EVENTS: Final = 600
_HANG_SECONDS: Final = 8.0
_PATIENCE_SECONDS: Final = 1800.0
_POLL_SECONDS: Final = 1.0
_SETTLED: Final = "transfer.settled"
_OK: Final = 200


@dataclass(frozen=True, slots=True)
class Lag:
    """Seconds from the time of events, which they get just before they are committed, to their receipt."""

    median: float
    p95: float
    longest: float

    @classmethod
    def of(cls, messages: Sequence[Received]) -> Self:
        """Return the lag of messages, each counted at its first arrival."""
        first: dict[str, float] = {}
        for message in messages:
            arrived = message.at - datetime.fromisoformat(message.body["created_at"]).timestamp()
            first[message.id] = min(arrived, first.get(message.id, arrived))
        found = sorted(first.values())
        return cls(statistics.median(found), found[int(len(found) * 0.95)], found[-1])

    def columns(self) -> list[str]:
        return [f"{seconds:.2f} s" for seconds in (self.median, self.p95, self.longest)]


class Users:
    """Users with one endpoint each. A deposit is an event of one of them.

    Args:
        server: the platform.
        receiver: has one name for each endpoint.
    """

    def __init__(self, server: RunningServer, receiver: WebhookReceiver) -> None:
        self._server = server
        self._receiver = receiver
        self.names = [f"user_{number}" for number in range(_ENDPOINTS)]
        visitor = ServerUser(server.connect())
        self._tokens = [self._register(visitor, name) for name in self.names]

    def commit(self, events: int, *, is_paced: bool) -> float:
        """Deposit for all users in turn; return the seconds that it took."""
        began = time.monotonic()

        def work(client: int) -> None:
            connection = self._server.connect()
            for number in range(client, events, _CLIENTS):
                if is_paced:
                    time.sleep(max(0.0, began + number * _PACE_SECONDS - time.monotonic()))
                deposit(ServerUser(connection, self._tokens[number % _ENDPOINTS]), "1.00")
            connection.close()

        with ThreadPoolExecutor(_CLIENTS) as pool:
            list(pool.map(work, range(_CLIENTS)))
        return time.monotonic() - began

    def received(self, name: str) -> list[Received]:
        """Return the messages about deposits."""
        return [each for each in self._receiver.received(name) if each.body["type"] == _SETTLED]

    def wait_for(self, events: int, names: Sequence[str]) -> list[Received]:
        """Return the messages of some endpoints, as soon as each has accepted its share of ``events``.

        Raises:
            RuntimeError: they do not arrive.
        """
        share = events // _ENDPOINTS
        give_up_at = time.monotonic() + _PATIENCE_SECONDS
        waiting, found = list(names), list[Received]()
        while waiting:
            messages = self.received(waiting[-1])
            if len({each.id for each in messages if each.status == _OK}) >= share:
                found += messages
                waiting.pop()
            elif time.monotonic() > give_up_at:
                raise RuntimeError(f"{len(messages)} of {share} messages arrived")
            else:
                time.sleep(_POLL_SECONDS)
        return found

    def _register(self, visitor: ServerUser, name: str) -> str:
        credentials = {"username": name, "password": PASSWORD}
        account = {**credentials, "email": f"{name}@example.com", "role": "LENDER"}
        visitor.call("POST", "/api/users/register/", account)
        token: str = visitor.call("POST", "/api/users/login/", credentials)["token"]
        body = {"url": self._receiver.url(name), "event_types": [_SETTLED]}
        ServerUser(visitor.connection, token).call("POST", "/api/webhook-endpoints/", body)
        return token


def measured(times: int) -> str:
    """Report the figures as Markdown; each endpoint gets ``times`` events as fast as they can be committed."""
    heads = ("events", "committed a second", "delivered a second", "lag: median", "95th percentile", "longest")
    rows = [_flood(times * _ENDPOINTS), *_paced()]
    caption = (
        f"{_ENDPOINTS} users with one endpoint each; each event is a deposit, with its notification and email. The lag "
        "is the time from the commit to the receipt, in another process on this machine. First as many deposits as "
        f"the server accepts from {_CLIENTS} clients, then ten a second. {machine_line()}."
    )
    return "\n\n".join((caption, table(heads, [row for row, _ in rows]), *(note for _, note in rows if note)))


def _flood(events: int) -> tuple[list[str], str]:
    """Commit events as fast as possible, and wait until all have arrived."""
    with running_server() as server, webhook_receiver() as receiver:
        users = Users(server, receiver)
        print(f"  {events} events", file=sys.stderr)
        before, began = cpu_time(server.pid), time.time()
        seconds = users.commit(events, is_paced=False)
        messages = users.wait_for(events, users.names)
        spent = cpu_time(server.pid) - before
        last = max(message.at for message in messages) - began
    row = [f"{events:,}", f"{events / seconds:.0f}", f"{events / last:.0f}", *Lag.of(messages).columns()]
    note = (
        f"The {events:,} events took {last:.0f} s from the first commit to the last receipt, and "
        f"{1000 * spent.total / events:.1f} ms CPU each, with the deposit ({1000 * spent.database / events:.1f} of it "
        f"the database). {len(messages) - events} messages were duplicates."
    )
    return row, note


def _paced() -> list[tuple[list[str], str]]:
    """Ten events a second, first with endpoints that respond, then while one of them hangs."""
    with running_server() as server, webhook_receiver() as receiver:
        users = Users(server, receiver)
        print("  ten a second", file=sys.stderr)
        seconds = users.commit(_PACED_EVENTS, is_paced=True)
        healthy = Lag.of(users.wait_for(_PACED_EVENTS, users.names))
        hanging, others = users.names[0], users.names[1:]
        earlier = {each.id for name in users.names for each in users.received(name)}
        receiver.expect(hanging, replies=[Reply(wait_seconds=_HANG_SECONDS)] * _PACED_EVENTS)
        print("  one hangs", file=sys.stderr)
        users.commit(_PACED_EVENTS, is_paced=True)
        messages = users.wait_for(2 * _PACED_EVENTS, others)
        attempts = [each for each in users.received(hanging) if each.id not in earlier]
    rate, slow = f"{_PACED_EVENTS / seconds:.0f}", Lag.of([each for each in messages if each.id not in earlier])
    cost = 5 * len(attempts) / seconds
    note = (
        f"The hanging endpoint got {len(attempts)} attempts of 5 s in {seconds:.0f} s, which kept {cost:.1f} of 8 "
        "workers busy. It gets one message at a time and pauses for 5 s after each failure."
    )
    return [
        ([f"{_PACED_EVENTS}, all respond", rate, rate, *healthy.columns()], ""),
        ([f"{_PACED_EVENTS}, one of {_ENDPOINTS} hangs: the others", rate, rate, *slow.columns()], note),
    ]
