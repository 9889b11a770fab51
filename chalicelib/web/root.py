"""Routes of the root, the health check and the OpenAPI document."""

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
from chalicelib.web.routes import landing, page_route, published_base, wants_page

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
    """Name and version of the platform, and links to its resources."""

    name: str
    version: str
    links: dict[str, str]


class HealthResponse(ResponseModel):
    """Result of the health check."""

    status: str


@page_route("/")
def show_root(request: Request) -> Response:
    """Serve the landing page to browsers and links to API clients."""
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
    "Check the health of the platform",
    answer=HealthResponse,
    access=AccessLevel.ANYONE,
    limited=RateLimitPolicy.NEVER,
)
def show_health(call: RequestContext[NoBody, NoQuery]) -> HealthResponse:
    """Responds without reading the database, so that load balancers can call it often."""
    return HealthResponse(status="ok")


@endpoint(
    root,
    "GET",
    "/api/schema",
    "Get the OpenAPI 3.1 document of this API",
    access=AccessLevel.ANYONE,
    limited=RateLimitPolicy.NEVER,
)
def show_schema(call: RequestContext[NoBody, NoQuery]) -> Reply:
    """Generated from the declarations that validate requests."""
    return Reply(None, text=_document(published_base(current_request().raw)))


@lru_cache(maxsize=4)
def _document(base: str) -> str:
    return json.dumps(document(REGISTRY, version=VERSION, server=base or "/"), ensure_ascii=False)
