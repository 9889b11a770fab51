"""An API client without sockets: it goes through the gateway that the local server uses."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from local.gateway import Gateway
from local.http_messages import HttpRequest
from tests.response_contract import response_contract


@dataclass(frozen=True, slots=True)
class Response:
    """An HTTP response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        """The body as JSON."""
        return json.loads(self.body)

    @property
    def media_type(self) -> str:
        """The media type without its parameters."""
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def code(self) -> str:
        """The stable code of a problem document."""
        return str(self.json["code"])


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Sends requests as one caller; ``signed_in`` gives a client for another."""

    gateway: Gateway
    token: str | None = None
    source_ip: str = "127.0.0.1"
    is_validating: bool = False
    """If true, responses are validated against the OpenAPI document."""

    def signed_in(self, token: str) -> HttpClient:
        """The same client with an access token."""
        return replace(self, token=token)

    def get(self, path: str, **options: Any) -> Response:
        """GET."""
        return self.send("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> Response:
        """POST with a JSON body."""
        return self.send("POST", path, body, **options)

    def patch(self, path: str, body: object = None, **options: Any) -> Response:
        """PATCH with a JSON body."""
        return self.send("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Response:
        """DELETE."""
        return self.send("DELETE", path, **options)

    def send(
        self,
        method: str,
        path: str,
        body: object = None,
        *,
        key: str | None = None,
        headers: Mapping[str, str] | None = None,
        raw: bytes | None = None,
    ) -> Response:
        """Send one request.

        Args:
            method: the HTTP method.
            path: the path with its query.
            body: what is sent as JSON; None sends no body.
            key: the Idempotency-Key.
            headers: further headers; they win over those made here.
            raw: a body that is sent as it is, instead of ``body``.
        """
        sent: dict[str, str] = {"Host": "localhost", "Accept": "application/json"}
        if body is not None or raw is not None:
            sent["Content-Type"] = "application/json"
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            sent["Idempotency-Key"] = key
        content = raw if raw is not None else b"" if body is None else json.dumps(body, default=str).encode()
        request = HttpRequest(
            method, path, tuple({**sent, **(headers or {})}.items()), content, source_ip=self.source_ip
        )
        received = self.gateway.respond(request)
        response = Response(received.status, {name.lower(): value for name, value in received.headers}, received.body)
        if self.is_validating:
            document = response.json if response.media_type.endswith("json") else None
            response_contract().check(method, path, response.status, response.media_type, document)
        return response
