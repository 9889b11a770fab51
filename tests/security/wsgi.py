"""The gateway as a WSGI application, for tools that speak that protocol. No socket is opened."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any

from local.gateway import Gateway
from local.http_messages import HttpRequest

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]


def application(gateway: Gateway) -> Application:
    """Every request goes to the gateway as it came over the wire."""

    def answer(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        request = HttpRequest(environ["REQUEST_METHOD"], environ["REQUEST_URI"], tuple(_headers(environ)), body)
        response = gateway.respond(request)
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        start_response(status, [(name, str(value)) for name, value in response.headers])
        return [response.body]

    return answer


def _headers(environ: Environ) -> Iterable[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_") and name != "HTTP_ACCEPT_ENCODING":  # these tools read no compressed answers
            yield name[5:].replace("_", "-").title(), str(value)
    if environ.get("CONTENT_TYPE"):
        yield "Content-Type", str(environ["CONTENT_TYPE"])
