"""Routes of the pages and of the static files that they load."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import timedelta
from functools import lru_cache, wraps
from http import HTTPStatus

from chalice.app import Blueprint, Request, Response

from chalicelib.api import problems
from chalicelib.api.request import CURRENT_REQUEST
from chalicelib.container import get_container
from chalicelib.shared.clock import rfc3339, utc_now
from chalicelib.shared.errors import AppError, NotFound
from chalicelib.shared.settings import read_settings
from chalicelib.web import policies
from chalicelib.web.assets import packaged_assets
from chalicelib.web.mail_page import mail_list

ASSET_LIFETIME_SECONDS = 31_536_000
"""One year, since a changed file has another URL."""

_EXAMPLE_CONTACT = "mailto:security@example.com"
_SECURITY_TXT_LIFETIME = timedelta(days=180)
_MAX_EMAILS = 200

pages = Blueprint(__name__)

Headers = dict[str, str | list[str]]
View = Callable[..., Response]


def page_route(path: str) -> Callable[[View], View]:
    """Register a view for GET requests to a path; it takes the request and the parameters of the path."""

    def declare(view: View) -> View:
        @wraps(view)
        def respond(**parameters: str) -> Response:
            request = CURRENT_REQUEST.get().raw
            try:
                return view(request, **parameters)
            except AppError as error:
                return problems.for_error(error, request.path)

        pages.route(path, methods=["GET"])(respond)
        return view

    return declare


def published_base(request: Request) -> str:
    """Return the path below which clients reach the platform, without a trailing slash; empty for the root.

    A gateway's stage or a custom domain's mapping precedes the routed path. The request context has the whole path.
    """
    whole = str(request.context.get("path") or "").rstrip("/")
    routed = str(request.path).rstrip("/")
    if not routed:
        return whole
    return whole.removesuffix(routed) if whole.endswith(routed) else ""


def wants_page(request: Request) -> bool:
    """Return True for a browser that opens a page, False for a client that reads JSON."""
    return "text/html" in request.headers.get("accept", "")


def page(request: Request, name: str, policy: str = policies.CONSOLE) -> Response:
    """Return the response with a page's HTML, which browsers cache but revalidate each time."""
    tree = packaged_assets()
    values = _values() | {"days_ahead": _days_ahead()}
    etag = f'W/"{tree.version}-{"-".join(values.values())}"'
    headers: Headers = {
        "Content-Type": "text/html; charset=utf-8",
        "Content-Security-Policy": policy,
        "Cache-Control": "no-cache",
        "ETag": etag,
        "Vary": "Accept",
        "Cross-Origin-Opener-Policy": "same-origin",
    }
    if request.headers.get("if-none-match") == etag:
        return Response(body="", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body=tree.page(name, published_base(request), values), headers=headers)


def landing(request: Request) -> Response:
    return page(request, "landing")


@page_route("/static/{name}")
def static_file(request: Request, name: str) -> Response:
    """Serve a static file.

    Raises:
        AssetNotFound: The name is another deployment's, or there is no such file.
    """
    asset = packaged_assets().asset(name)
    headers: Headers = {
        "Content-Type": asset.media_type,
        "Cache-Control": f"public, max-age={ASSET_LIFETIME_SECONDS}, immutable",
        "ETag": asset.etag,
        "Vary": "Accept-Encoding",
    }
    if request.headers.get("if-none-match") == asset.etag:
        return Response(body="", status_code=HTTPStatus.NOT_MODIFIED, headers=headers)
    return Response(body=asset.text, headers=headers)


@page_route("/app")
def user_console(request: Request) -> Response:
    return page(request, "app")


@page_route("/admin")
def operator_panel(request: Request) -> Response:
    return page(request, "admin")


@page_route("/api/swagger")
def swagger(request: Request) -> Response:
    return page(request, "swagger", policies.SWAGGER)


@page_route("/api/redoc")
def redoc(request: Request) -> Response:
    return page(request, "redoc", policies.REDOC)


@page_route("/dev/mail")
def sent_emails(request: Request) -> Response:
    """List the emails that a laptop has sent, newest first: as JSON for programs, otherwise as a page.

    Raises:
        NotFound: the stage is not the local one.
    """
    container = get_container()
    if not container.settings.is_local:
        raise NotFound
    emails = container.email_files.sent(limit=_MAX_EMAILS)
    headers: Headers = {"Cache-Control": "no-store", "Vary": "Accept"}
    if "application/json" in request.headers.get("accept", ""):
        items = [
            {
                "to": email.to,
                "subject": email.subject,
                "text": email.text,
                "html": email.html,
                "created_at": rfc3339(email.created_at),
            }
            for email in emails
        ]
        body = json.dumps({"items": items}, ensure_ascii=False)
        return Response(body, headers={**headers, "Content-Type": "application/json"})
    headers |= {"Content-Type": "text/html; charset=utf-8", "Content-Security-Policy": policies.CONSOLE}
    html = packaged_assets().page("mail", published_base(request), {"emails": mail_list(emails)})
    return Response(html, headers=headers)


@page_route("/.well-known/security.txt")
def security_txt(request: Request) -> Response:
    """Say where to report vulnerabilities (RFC 9116). The file expires 180 days after the day of the request.

    Raises:
        NotFound: the deployment names no address.
    """
    settings = read_settings()
    contact = settings.security_contact or (_EXAMPLE_CONTACT if settings.is_local else "")
    if not contact:
        raise NotFound
    expires = utc_now().replace(hour=0, minute=0, second=0, microsecond=0) + _SECURITY_TXT_LIFETIME
    lines = (f"Contact: {contact}", f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en", "")
    headers: Headers = {"Content-Type": "text/plain; charset=utf-8", "Cache-Control": "public, max-age=86400"}
    return Response(body="\n".join(lines), headers=headers)


@lru_cache(maxsize=1)
def _values() -> dict[str, str]:
    """Return the settings on which pages depend: currency, stage, payment provider, limits of loans and offers."""
    settings = read_settings()
    return {
        "currency": settings.currency,
        "stage": settings.stage,
        "payments": settings.payment_provider.value,
        "min_loan": str(settings.min_loan_amount),
        "max_loan": str(settings.max_loan_amount),
        "min_offer": str(settings.min_offer_amount),
    }


def _days_ahead() -> str:
    """Return how many days the test clock is ahead of real time; 0 where there is none."""
    if not read_settings().is_local:
        return "0"
    return str(round((get_container().clock() - utc_now()) / timedelta(days=1)))
