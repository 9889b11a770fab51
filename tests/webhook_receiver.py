"""A receiver of webhooks in a process of its own, which verifies messages with the package `standardwebhooks`.

Each path `/hooks/<name>` is one receiver. A test sets its secrets and its next responses, and reads what it received.
"""

import json
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Final, cast
from urllib.request import Request, urlopen

from standardwebhooks import Webhook, WebhookVerificationError

HOST: Final = "127.0.0.1"
_CONTROL: Final = "/control/"
_HOOKS: Final = "/hooks/"
_POLL_SECONDS: Final = 0.02


@dataclass(frozen=True)
class Reply:
    """A response to one message.

    Args:
        status: the status code.
        body: the body.
        wait_seconds: how long it hangs before it responds.
        location: the header Location of a redirect.
    """

    status: int = 200
    body: str = "ok"
    wait_seconds: float = 0
    location: str = ""


@dataclass(frozen=True)
class Received:
    """A message as it arrived.

    Args:
        id: the header webhook-id.
        timestamp: the header webhook-timestamp.
        signatures: the number of signatures.
        valid: for each secret of the receiver, whether the message is valid for it.
        status: the status of the response.
        body: parsed from JSON.
        at: when it arrived, in seconds since 1970.
        port: the sender's port, which is the same as long as the connection is.
    """

    id: str
    timestamp: str
    signatures: int
    valid: tuple[bool, ...]
    status: int
    body: Any
    at: float
    port: int


class WebhookReceiver:
    """Controls a receiver in another process."""

    def __init__(self, port: int) -> None:
        self.origin = f"http://{HOST}:{port}"

    def url(self, name: str) -> str:
        return f"{self.origin}{_HOOKS}{name}"

    def expect(self, name: str, secrets: Sequence[str] = (), replies: Sequence[Reply] = ()) -> None:
        """Set the secrets of a receiver and its next responses; after these it responds with 200."""
        body = {"secrets": list(secrets), "replies": [asdict(reply) for reply in replies]}
        request = Request(f"{self.origin}{_CONTROL}{name}", json.dumps(body).encode(), method="PUT")
        with urlopen(request):
            pass

    def received(self, name: str) -> list[Received]:
        """Return the messages that a receiver got, in order."""
        with urlopen(f"{self.origin}{_CONTROL}{name}") as response:
            return [Received(**{**each, "valid": tuple(each["valid"])}) for each in json.load(response)]

    def wait_for(self, name: str, count: int, *, seconds: float = 10) -> list[Received]:
        """Return the messages of a receiver as soon as there are so many.

        Raises:
            TimeoutError: there are fewer.
        """
        give_up_at = time.monotonic() + seconds
        while len(messages := self.received(name)) < count:
            if time.monotonic() > give_up_at:
                raise TimeoutError(f"{len(messages)} of {count} messages arrived")
            time.sleep(_POLL_SECONDS)
        return messages


@contextmanager
def webhook_receiver() -> Iterator[WebhookReceiver]:
    """Run a receiver in another process."""
    command = [sys.executable, "-m", "tests.webhook_receiver"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout is not None
            yield WebhookReceiver(int(process.stdout.readline()))
        finally:
            process.terminate()


@dataclass
class _State:
    secrets: list[str] = field(default_factory=list)
    replies: list[Reply] = field(default_factory=list)
    received: list[Received] = field(default_factory=list)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 128

    def __init__(self) -> None:
        super().__init__((HOST, 0), _Handler)
        self.lock = threading.Lock()
        self.states: dict[str, _State] = {}

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Ignore senders that end a connection."""


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_GET(self) -> None:
        with self._server.lock:
            received = [asdict(each) for each in self._state(_CONTROL).received]
        self._respond(Reply(body=json.dumps(received)))

    def do_PUT(self) -> None:
        body = json.loads(self._body())
        with self._server.lock:
            state = self._state(_CONTROL)
            state.secrets, state.replies = body["secrets"], [Reply(**each) for each in body["replies"]]
        self._respond(Reply())

    def do_POST(self) -> None:
        body = self._body()
        with self._server.lock:
            state = self._state(_HOOKS)
            reply = state.replies.pop(0) if state.replies else Reply()
            state.received.append(
                Received(
                    id=self.headers["webhook-id"],
                    timestamp=self.headers["webhook-timestamp"],
                    signatures=len(self.headers["webhook-signature"].split(" ")),
                    valid=tuple(_is_valid(secret, body, dict(self.headers)) for secret in state.secrets),
                    status=reply.status,
                    body=json.loads(body),
                    at=time.time(),
                    port=self.client_address[1],
                )
            )
        self._respond(reply)

    def log_message(self, format: str, *args: object) -> None:
        """Write no log."""

    @property
    def _server(self) -> _Server:
        return cast(_Server, self.server)

    def _state(self, prefix: str) -> _State:
        return self._server.states.setdefault(self.path.removeprefix(prefix), _State())

    def _body(self) -> bytes:
        return self.rfile.read(int(self.headers["Content-Length"]))

    def _respond(self, reply: Reply) -> None:
        time.sleep(reply.wait_seconds)
        content = reply.body.encode()
        self.send_response(reply.status)
        if reply.location:
            self.send_header("Location", reply.location)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        self.wfile.write(content)


def _is_valid(secret: str, body: bytes, headers: dict[str, str]) -> bool:
    try:
        Webhook(secret).verify(body, {name.lower(): text for name, text in headers.items()})
    except WebhookVerificationError:
        return False
    return True


if __name__ == "__main__":
    server = _Server()
    sys.stdout.write(f"{server.server_address[1]}\n")
    sys.stdout.flush()
    server.serve_forever()
