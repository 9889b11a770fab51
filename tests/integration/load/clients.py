"""Clients of a running platform: kept-alive connections, and users with tokens."""

import http.client
import json
import socket
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.factories import PASSWORD

_PATIENCE_SECONDS: Final = 20.0


@dataclass(frozen=True, slots=True)
class Party:
    """A user with an access token."""

    id: str
    name: str
    token: str


@dataclass(frozen=True, slots=True)
class Reply:
    """The response to a request."""

    status: int
    content: Any
    replayed: bool

    @property
    def done(self) -> bool:
        """Return whether the operation succeeded, now or before."""
        return self.status < http.client.BAD_REQUEST


class Gone(Exception):
    """The server disconnected before it responded."""


class _Connection(http.client.HTTPConnection):
    """A connection without Nagle's algorithm: the body follows the header immediately."""

    sock: socket.socket

    def connect(self) -> None:
        """Open the connection."""
        super().connect()
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


class Client:
    """A kept-alive connection. A request to a busy platform (503) is repeated, as its `Retry-After` allows."""

    def __init__(self, port: int) -> None:
        self._connection = _Connection("127.0.0.1", port, timeout=60)

    def post(self, party: Party | None, path: str, body: Mapping[str, Any], key: str = "") -> Reply:
        """Send a request until the response is not 503.

        Raises:
            Gone: the connection broke.
        """
        until = time.monotonic() + _PATIENCE_SECONDS
        while True:
            reply = self._send(party, path, body, key)
            if reply.status != http.client.SERVICE_UNAVAILABLE or time.monotonic() > until:
                return reply
            time.sleep(0.05)

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    def _send(self, party: Party | None, path: str, body: Mapping[str, Any], key: str) -> Reply:
        headers = {"Content-Type": "application/json"}
        if party is not None:
            headers["Authorization"] = f"Bearer {party.token}"
        if key:
            headers["Idempotency-Key"] = key
        try:
            self._connection.request("POST", path, json.dumps(body), headers)
            response = self._connection.getresponse()
            content = json.loads(response.read())
        except (OSError, http.client.HTTPException, ValueError) as broken:
            raise Gone from broken
        return Reply(response.status, content, response.getheader("Idempotent-Replayed") == "true")


def register(client: Client, name: str, role: str, funds: str) -> Party:
    """Register a user with money."""
    body = {"username": name, "email": f"{name}@example.com", "password": PASSWORD, "role": role}
    user = done(client.post(None, "/api/users/register/", body))
    session = done(client.post(None, "/api/users/login/", {"username": name, "password": PASSWORD}))
    party = Party(user["id"], name, session["token"])
    done(client.post(party, "/api/wallets/deposit/", {"amount": funds}))
    return party


def done(reply: Reply) -> Any:
    """Return the content of a reply, which must be a success."""
    assert reply.done, reply
    return reply.content
