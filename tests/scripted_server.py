"""A server whose responses a test scripts byte by byte, in plain text or TLS."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Final

from tests.certificates import Certificates

Piece = bytes | None
"""A part of a response; None closes the connection."""
_HOST: Final = "127.0.0.1"


@dataclass
class ScriptedServer:
    """Responds to each request with the next script; ``requests`` have the numbers of their connections."""

    scripts: list[Sequence[Piece]]
    port: int = 0
    requests: list[tuple[int, bytes]] = field(default_factory=list)
    connections: int = 0
    ended: threading.Event = field(default_factory=threading.Event)  # set after a connection was closed

    def serve(self, listener: socket.socket, wrap: Callable[[socket.socket], socket.socket]) -> None:
        with suppress(OSError):
            while True:
                accepted, _ = listener.accept()
                self.connections += 1
                number = self.connections
                with suppress(OSError), wrap(accepted) as connection:
                    self._converse(number, connection)
                self.ended.set()

    def _converse(self, number: int, connection: socket.socket) -> None:
        while self.scripts and (request := _request(connection)):
            self.requests.append((number, request))
            for piece in self.scripts.pop(0):
                if piece is None:
                    return
                connection.sendall(piece)
        connection.recv(1)  # until the client closes


@contextmanager
def scripted(*scripts: Sequence[Piece], tls: Certificates | None = None) -> Iterator[ScriptedServer]:
    """Run a server with one script for each request."""
    server = ScriptedServer(list(scripts))
    with socket.create_server((_HOST, 0)) as listener:
        server.port = listener.getsockname()[1]
        thread = threading.Thread(target=server.serve, args=(listener, _wrapping(tls)), daemon=True)
        thread.start()
        yield server
        listener.shutdown(socket.SHUT_RDWR)
    thread.join(timeout=5)


def ok(body: bytes, *headers: str) -> bytes:
    """Return a response of 200 with its length."""
    lines = ["HTTP/1.1 200 OK", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


def _wrapping(tls: Certificates | None) -> Callable[[socket.socket], socket.socket]:
    if tls is None:
        return lambda plain: plain
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tls.certificate, tls.key)
    return lambda plain: context.wrap_socket(plain, server_side=True)


def _request(connection: socket.socket) -> bytes:
    """Return one request; empty if the client has closed the connection."""
    taken = b""
    while b"\r\n\r\n" not in taken:
        piece = connection.recv(65_536)
        if not piece:
            return b""
        taken += piece
    head, _, body = taken.partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    while len(body) < length:
        body += connection.recv(65_536)
    return head + b"\r\n\r\n" + body
