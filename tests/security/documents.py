"""The OpenAPI document as schemathesis reads it through WSGI, and the checks of every response."""

import importlib
from collections.abc import Callable, Iterable
from http import HTTPStatus
from typing import Any, Final

import pytest
import schemathesis
from schemathesis.checks import CHECKS, load_all_checks

from local.gateway import Gateway
from local.http_messages import HttpRequest
from tests.http_client import HttpClient

Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]
NEED_MORE_THAN_A_SCHEMA: Final = frozenset({"positive_data_acceptance", "max_response_time"})
"""Domain rules reject requests that the schema allows, such as a withdrawal above the balance; time is irrelevant."""


@pytest.fixture
def document(http: HttpClient) -> Any:
    """The OpenAPI document of the application."""
    return schemathesis.openapi.from_wsgi("/api/schema/", application(Gateway(importlib.import_module("app").app)))


def checks_of(operation: Any) -> list[Any]:
    """All checks of schemathesis. Unknown and empty query parameters are ignored by contract, not rejected."""
    load_all_checks()
    omitted = NEED_MORE_THAN_A_SCHEMA | (set() if operation.body else {"negative_data_rejection"})
    return [CHECKS.get_one(name) for name in CHECKS.get_all_names() if name not in omitted]


def application(gateway: Gateway) -> Application:
    """A WSGI application that passes each request to the gateway, without a socket."""

    def respond(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        request = HttpRequest(environ["REQUEST_METHOD"], environ["REQUEST_URI"], tuple(_headers(environ)), body)
        response = gateway.respond(request)
        status = f"{response.status} {HTTPStatus(response.status).phrase}"
        start_response(status, [(name, str(value)) for name, value in response.headers])
        return [response.body]

    return respond


def _headers(environ: Environ) -> Iterable[tuple[str, str]]:
    for name, value in environ.items():
        if name.startswith("HTTP_") and name != "HTTP_ACCEPT_ENCODING":  # these tools read no compressed responses
            yield name[5:].replace("_", "-").title(), str(value)
    if environ.get("CONTENT_TYPE"):
        yield "Content-Type", str(environ["CONTENT_TYPE"])
