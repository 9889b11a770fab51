"""Routes of the root, the health check and the OpenAPI document."""

import json
from functools import lru_cache
from typing import Final

from chalice.app import Request, Response

from chalicelib.api.auth import AccessLevel
from chalicelib.api.fields import NoBody, NoQuery, ResponseModel
from chalicelib.api.openapi import document
from chalicelib.api.rate_limiting.limits import RateLimitPolicy
from chalicelib.api.routing import REGISTRY, RequestContext, Router, TextResponse
from chalicelib.container import get_container
from chalicelib.notifications.domain.email import MailNotConfigured
from chalicelib.shared.errors import Unavailable
from chalicelib.shared.settings import TRIAL_STAGES
from chalicelib.shared.version import VERSION
from chalicelib.web.routes import landing, page_route, published_base, wants_page

router: Final = Router(__name__, get_container)

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
    "events": "/api/events/",
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


@router.endpoint(
    "GET",
    "/health",
    "Check health",
    response=HealthResponse,
    access=AccessLevel.ANYONE,
    rate_limit=RateLimitPolicy.NEVER,
)
def show_health(context: RequestContext[NoBody, NoQuery]) -> HealthResponse:
    """Respond without reading the database, so that load balancers can call this often."""
    return HealthResponse(status="ok")


@router.endpoint(
    "GET",
    "/health/ready",
    "Check readiness",
    response=HealthResponse,
    access=AccessLevel.ANYONE,
    rate_limit=RateLimitPolicy.NEVER,
)
def show_readiness(context: RequestContext[NoBody, NoQuery]) -> HealthResponse:
    """Respond with 503 while the database does not respond, or deposits, withdrawals or emails are not configured.

    Each request costs one read of half a unit. The stages local and dev need no sender of emails.
    """
    container = get_container()
    if not container.database.is_reachable():
        raise Unavailable("The database does not respond.")
    container.payment_provider.require_ready()
    if not container.settings.sends_emails and container.settings.stage not in TRIAL_STAGES:
        raise MailNotConfigured
    return HealthResponse(status="ready")


@router.endpoint(
    "GET",
    "/api/schema",
    "Get the OpenAPI document",
    access=AccessLevel.ANYONE,
    rate_limit=RateLimitPolicy.NEVER,
)
def show_schema(context: RequestContext[NoBody, NoQuery]) -> TextResponse:
    """Return the document generated from the models that validate requests."""
    return TextResponse(_document(published_base(context.request.raw)))


@lru_cache(maxsize=4)
def _document(base: str) -> str:
    return json.dumps(document(REGISTRY, version=VERSION, server=base or "/"), ensure_ascii=False)
