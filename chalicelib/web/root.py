"""The root of the API: where everything is, whether it runs, and its own description."""

from __future__ import annotations

import json
from functools import lru_cache
from typing import Final

from chalice.app import Blueprint, Request, Response

from chalicelib.api.fields import NoBody, NoQuery, ResponseModel
from chalicelib.api.openapi import document
from chalicelib.api.request import current_request
from chalicelib.api.routing import REGISTRY, AccessLevel, RateLimitPolicy, Reply, RequestContext, endpoint
from chalicelib.shared.version import VERSION
from chalicelib.web.routes import landing, opened_at, published_base, wants_page

root = Blueprint(__name__)

LINKS: Final = {
    "health": "/health",
    "schema": "/api/schema/",
    "swagger": "/api/swagger/",
    "redoc": "/api/redoc/",
    "app": "/app/",
    "admin": "/admin/",
    "users": "/api/users/",
    "wallets": "/api/wallets/",
    "loans": "/api/loans/",
}


class RootResponse(ResponseModel):
    """What this is, and where to go on."""

    name: str
    version: str
    links: dict[str, str]


class HealthResponse(ResponseModel):
    """The platform answers."""

    status: str


@opened_at("/")
def show_root(request: Request) -> Response:
    """A page for browsers, JSON for clients."""
    if wants_page(request):
        return landing(request)
    base = published_base(request)
    links = {name: base + path for name, path in LINKS.items()}
    body = RootResponse(name="Peer-to-peer lending", version=VERSION, links=links).model_dump_json()
    return Response(body, headers={"Content-Type": "application/json", "Vary": "Accept"})


@endpoint(
    root,
    "GET",
    "/health",
    "Whether the platform answers",
    answer=HealthResponse,
    access=AccessLevel.ANYONE,
    limited=RateLimitPolicy.NEVER,
)
def show_health(call: RequestContext[NoBody, NoQuery]) -> HealthResponse:
    """It touches no database: a load balancer asks often."""
    return HealthResponse(status="ok")


@endpoint(
    root,
    "GET",
    "/api/schema",
    "This API as an OpenAPI 3.1 document",
    access=AccessLevel.ANYONE,
    limited=RateLimitPolicy.NEVER,
)
def show_schema(call: RequestContext[NoBody, NoQuery]) -> Reply:
    """Made from the same declarations that validate requests."""
    return Reply(None, text=_document(published_base(current_request().raw)))


@lru_cache(maxsize=4)
def _document(base: str) -> str:
    return json.dumps(document(REGISTRY, version=VERSION, server=base or "/"), ensure_ascii=False)
