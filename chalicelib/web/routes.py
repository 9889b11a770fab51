"""The pages for people, and the files that they load: all packaged, nothing from another host."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache, wraps
from http import HTTPStatus

from chalice.app import Blueprint, Request, Response

from chalicelib.api import problems
from chalicelib.api.request import current_request
from chalicelib.shared.errors import AppError
from chalicelib.shared.settings import read_settings
from chalicelib.web import policies
from chalicelib.web.assets import packaged_assets

ASSET_LIFETIME_SECONDS = 31_536_000
"""One year: a changed file has another URL."""

pages = Blueprint(__name__)

Headers = dict[str, str | list[str]]
View = Callable[..., Response]


def opened_at(path: str) -> Callable[[View], View]:
    """Declare what GET opens at a path; the view takes the request, then the parameters of the path."""

    def declare(view: View) -> View:
        @wraps(view)
        def respond(**parameters: str) -> Response:
            request = current_request().raw
            try:
                return view(request, **parameters)
            except AppError as error:
                return problems.for_error(error, request.path)

        pages.route(path, methods=["GET"])(respond)
        return view

    return declare


def published_base(request: Request) -> str:
    """The path under which clients reach the platform, without a trailing slash.

    A gateway's stage (or a custom domain's mapping) stands before the path that the platform routes:
    requestContext carries the whole one. Empty when the platform is published at the root.
    """
    whole = str(request.context.get("path") or "").rstrip("/")
    routed = str(request.path).rstrip("/")
    if not routed:
        return whole
    return whole.removesuffix(routed) if whole.endswith(routed) else ""


def wants_page(request: Request) -> bool:
    """Whether the caller is a browser that opens a page, rather than a client that reads JSON."""
    return "text/html" in request.headers.get("accept", "")


def page(request: Request, name: str, policy: str = policies.CONSOLE) -> Response:
    """The answer with a page's HTML; browsers keep it, but ask each time whether it is still right."""
    tree = packaged_assets()
    etag = f'W/"{tree.version}-{_currency()}"'
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
    return Response(body=tree.page(name, published_base(request), _currency()), headers=headers)


def landing(request: Request) -> Response:
    """The front page for browsers; clients get the JSON root at the same path."""
    return page(request, "landing")


@opened_at("/static/{name}")
def static_file(request: Request, name: str) -> Response:
    """A packaged file. Raises AssetNotFound for a name of another deployment."""
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


@opened_at("/app")
def user_console(request: Request) -> Response:
    """The console of borrowers and lenders."""
    return page(request, "app")


@opened_at("/admin")
def operator_panel(request: Request) -> Response:
    """The operators' panel."""
    return page(request, "admin")


@opened_at("/api/swagger")
def swagger(request: Request) -> Response:
    """The document as a console to try calls in."""
    return page(request, "swagger", policies.SWAGGER)


@opened_at("/api/redoc")
def redoc(request: Request) -> Response:
    """The document as a reference to read."""
    return page(request, "redoc", policies.REDOC)


@lru_cache(maxsize=1)
def _currency() -> str:
    return read_settings().currency
