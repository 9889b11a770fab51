"""The gateway as a WSGI application (PEP 3333)."""

from collections.abc import Callable, Iterable, Iterator
from http import HTTPStatus
from typing import Any, Final

from local.http_messages import HttpRequest, HttpResponse

Respond = Callable[[HttpRequest], HttpResponse]
Environ = dict[str, Any]
StartResponse = Callable[[str, list[tuple[str, str]]], object]
Application = Callable[[Environ, StartResponse], Iterable[bytes]]

_WITHOUT_BODY: Final = frozenset({HTTPStatus.NO_CONTENT, HTTPStatus.NOT_MODIFIED})
_OF_THE_CONNECTION: Final = frozenset(
    {"connection", "content-length", "date", "keep-alive", "transfer-encoding", "upgrade"}
)
_OF_THE_BODY: Final = {"CONTENT_TYPE": "Content-Type", "CONTENT_LENGTH": "Content-Length"}


def wsgi_application(respond: Respond) -> Application:
    """Return an application that passes each request to ``respond``, which is called from many threads."""

    def application(environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        response = respond(_request(environ))
        headers = [(name, value) for name, value in response.headers if name.lower() not in _OF_THE_CONNECTION]
        has_body = response.status not in _WITHOUT_BODY
        if has_body:
            headers.append(("Content-Length", str(len(response.body))))
        start_response(f"{response.status} {_phrase(response.status)}", headers)
        return [response.body] if has_body and environ["REQUEST_METHOD"] != "HEAD" else []

    return application


def _request(environ: Environ) -> HttpRequest:
    body: bytes = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
    return HttpRequest(
        environ["REQUEST_METHOD"],
        _origin_form(environ["REQUEST_URI"]),
        tuple(_headers(environ)),
        body,
        environ["REMOTE_ADDR"],
        environ["SERVER_PROTOCOL"],
    )


def _headers(environ: Environ) -> Iterator[tuple[str, str]]:
    """Yield the headers of the request. The server has joined the values of repeated ones with commas."""
    for name, value in environ.items():
        if name.startswith("HTTP_"):
            yield name.removeprefix("HTTP_").replace("_", "-").title(), value
        elif name in _OF_THE_BODY and value:
            yield _OF_THE_BODY[name], value


def _origin_form(target: str) -> str:
    """Return the path and query of a request target, which a proxy may have sent as a whole URL."""
    scheme, found, rest = target.partition("://")
    if target.startswith("/") or not found or not scheme.isalpha():
        return target
    return "/" + rest.partition("/")[2]


def _phrase(status: int) -> str:
    try:
        return HTTPStatus(status).phrase
    except ValueError:
        return ""
