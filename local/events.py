"""Build the events that API Gateway sends to a function behind a REST API with proxy integration.

Source: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
"""

from __future__ import annotations

import base64
import hashlib
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import parse_qsl

from local.http_messages import Headers, HttpRequest

Event = dict[str, Any]

_ACCOUNT: Final = "000000000000"
_API: Final = "local"
_DOMAIN: Final = "localhost"
_UNKNOWN_CALLER: Final = (
    "accessKey", "accountId", "caller", "cognitoAuthenticationProvider", "cognitoAuthenticationType",
    "cognitoIdentityId", "cognitoIdentityPoolId", "principalOrgId", "user", "userArn",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Match:
    """A declared resource and the path parameters of a request to it, still percent-encoded."""

    resource: str
    parameters: Mapping[str, str]


@dataclass(slots=True)
class _Node:
    """The declared resources below some first segments of a path."""

    literals: dict[str, _Node] = field(default_factory=dict)
    parameters: dict[str, _Node] = field(default_factory=dict)
    resource: str | None = None

    def add(self, segment: str) -> _Node:
        """Return the node below a declared segment."""
        is_parameter = segment.startswith("{") and segment.endswith("}")
        children, name = (self.parameters, segment[1:-1]) if is_parameter else (self.literals, segment)
        return children.setdefault(name, _Node())

    def find(self, segments: Sequence[str]) -> Match | None:
        """Return the match of the remaining segments."""
        if not segments:
            return None if self.resource is None else Match(self.resource, {})
        first, rest = segments[0], segments[1:]
        if first in self.literals and (found := self.literals[first].find(rest)):
            return found
        for name, node in self.parameters.items() if first else ():
            if found := node.find(rest):
                return Match(found.resource, {name: first, **found.parameters})
        return None


class ResourceTable:
    """Find the declared resource of a path as API Gateway does: a literal segment takes precedence over a parameter."""

    def __init__(self, resources: Sequence[str]) -> None:
        self._root = _Node()
        for resource in resources:
            node = self._root
            for segment in _segments(resource):
                node = node.add(segment)
            node.resource = "/" + "/".join(_segments(resource))

    def match(self, path: str) -> Match | None:
        """Return the resource of a path, with or without a trailing slash; None if no resource is declared for it."""
        return self._root.find(_segments(path))


def proxy_event(request: HttpRequest, match: Match, *, stage: str, binary_types: Sequence[str]) -> Event:
    """Return the event of a request. Absent parameters and bodies are None, never empty."""
    path, _, query_string = request.target.partition("?")
    headers = _with_forwarding(request)
    query = parse_qsl(query_string, keep_blank_values=True)
    body, encoded = _body(request, binary_types)
    return {
        "resource": match.resource,
        "path": path,
        "httpMethod": request.method,
        "headers": dict(headers),
        "multiValueHeaders": _grouped(headers),
        "queryStringParameters": dict(query) or None,
        "multiValueQueryStringParameters": _grouped(query) or None,
        "pathParameters": dict(match.parameters) or None,
        "stageVariables": None,
        "requestContext": _context(request, match.resource, path, stage),
        "body": body,
        "isBase64Encoded": encoded,
    }


def _segments(path: str) -> tuple[str, ...]:
    trimmed = path[:-1] if path.endswith("/") else path
    return tuple(trimmed.split("/")[1:])


def _with_forwarding(request: HttpRequest) -> Headers:
    """Return the headers of the request and those that the gateway adds."""
    passed = [(name, value) for name, value in request.headers if name.lower() != "x-forwarded-for"]
    before = [value for name, value in request.headers if name.lower() == "x-forwarded-for"]
    port = {name.lower(): value for name, value in request.headers}.get("host", "").partition(":")[2]
    return (
        *passed,
        ("X-Forwarded-For", ", ".join([*before, request.source_ip])),
        ("X-Forwarded-Port", port or "80"),
        ("X-Forwarded-Proto", "http"),
        ("X-Amzn-Trace-Id", f"Root=1-{int(time.time()):08x}-{uuid.uuid4().hex[:24]}"),
    )


def _grouped(pairs: Sequence[tuple[str, str]]) -> dict[str, list[str]]:
    grouped: dict[str, list[str]] = {}
    for name, value in pairs:
        grouped.setdefault(name, []).append(value)
    return grouped


def _body(request: HttpRequest, binary_types: Sequence[str]) -> tuple[str | None, bool]:
    if not request.body:
        return None, False
    if "*/*" in binary_types or _media_type(request.headers) in binary_types:
        return base64.b64encode(request.body).decode("ascii"), True
    return request.body.decode("utf-8", errors="replace"), False


def _media_type(headers: Headers) -> str:
    given = [value for name, value in headers if name.lower() == "content-type"]
    return given[-1].partition(";")[0].strip().lower() if given else ""


def _context(request: HttpRequest, resource: str, path: str, stage: str) -> Event:
    now = time.time()
    agent = next((value for name, value in request.headers if name.lower() == "user-agent"), None)
    return {
        "accountId": _ACCOUNT,
        "apiId": _API,
        "domainName": _DOMAIN,
        "domainPrefix": _API,
        "extendedRequestId": uuid.uuid4().hex[:15] + "=",
        "httpMethod": request.method,
        "identity": {**dict.fromkeys(_UNKNOWN_CALLER), "sourceIp": request.source_ip, "userAgent": agent},
        "path": path,  # as behind a custom domain: without the stage
        "protocol": request.protocol,
        "requestId": str(uuid.uuid4()),
        "requestTime": time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime(now)),
        "requestTimeEpoch": int(now * 1000),
        "resourceId": hashlib.sha256(resource.encode()).hexdigest()[:6],
        "resourcePath": resource,
        "stage": stage,
    }
