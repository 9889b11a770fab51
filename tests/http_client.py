"""An API client without sockets: it calls the gateway of the local server."""

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
    """A response; header names are in lower case."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)

    @property
    def media_type(self) -> str:
        return self.headers.get("content-type", "").partition(";")[0]

    @property
    def code(self) -> str:
        """Return the code of a problem document."""
        return str(self.json["code"])


@dataclass(frozen=True, slots=True)
class HttpClient:
    """Sends requests of one user; ``signed_in`` returns a client for another."""

    gateway: Gateway
    token: str | None = None
    source_ip: str = "127.0.0.1"
    is_validating: bool = False  # against the OpenAPI document

    def signed_in(self, token: str) -> HttpClient:
        return replace(self, token=token)

    def get(self, path: str, **options: Any) -> Response:
        return self.send("GET", path, **options)

    def post(self, path: str, body: object = None, **options: Any) -> Response:
        return self.send("POST", path, body, **options)

    def patch(self, path: str, body: object = None, **options: Any) -> Response:
        return self.send("PATCH", path, body, **options)

    def delete(self, path: str, **options: Any) -> Response:
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
            path: Path with its query.
            body: Content that is sent as JSON, or a text of XML; None sends no body.
            key: Idempotency-Key.
            headers: Further headers; they replace those set here.
            raw: Body that is sent unchanged, instead of ``body``.
        """
        sent: dict[str, str] = {"Host": "localhost", "Accept": "application/json"}
        if body is not None or raw is not None:
            sent["Content-Type"] = "application/xml" if isinstance(body, str) else "application/json"
        if self.token is not None:
            sent["Authorization"] = f"Bearer {self.token}"
        if key is not None:
            sent["Idempotency-Key"] = key
        text = body if isinstance(body, str) else "" if body is None else json.dumps(body, default=str)
        content = raw if raw is not None else text.encode()
        request = HttpRequest(
            method, path, tuple({**sent, **(headers or {})}.items()), content, source_ip=self.source_ip
        )
        sent_back = self.gateway.respond(request)
        lower_case = {name.lower(): value for name, value in sent_back.headers}
        response = Response(sent_back.status, lower_case, sent_back.body)
        if self.is_validating:
            document = response.json if response.media_type.endswith("json") else None
            response_contract().check(method, path, response.status, response.media_type, document)
        return response
