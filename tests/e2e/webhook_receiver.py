"""A receiver of webhooks on this machine, for the pages that show deliveries."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any


@dataclass
class Receiver:
    """A webhook receiver on this machine; it responds with ``status`` and records the ids that it gets."""

    url: str
    status: int = 200
    ids: list[str] = field(default_factory=list)


@contextmanager
def run_receiver() -> Iterator[Receiver]:
    """Run a receiver on a free port."""
    running = Receiver(url="")

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            running.ids.append(self.headers["webhook-id"])
            self.send_response(running.status)
            self.end_headers()
            self.wfile.write(b"processed")

        def log_message(self, format: str, *args: Any) -> None:
            """Log nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    running.url = f"http://127.0.0.1:{server.server_port}/hooks"
    thread = Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield running
    server.shutdown()
    server.server_close()
