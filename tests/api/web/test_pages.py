"""Pages and static files over HTTP: media types, content security policies, caching, unknown files."""

import re

import pytest

from chalicelib.web.assets import packaged_assets
from tests.http_client import HttpClient

PAGES = ["/app", "/admin", "/api/swagger", "/api/redoc"]
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
MAX_RESPONSE_BYTES = 6_000_000


@pytest.mark.parametrize("path", [*PAGES, *(f"{path}/" for path in PAGES)])
def test_pages_open_with_and_without_trailing_slash(http: HttpClient, path: str) -> None:
    response = http.get(path, headers=BROWSER)

    assert response.status == 200
    assert response.headers["content-type"] == "text/html; charset=utf-8"
    assert response.body.startswith(b"<!DOCTYPE html>")


def test_root_negotiates_html_or_json(http: HttpClient) -> None:
    page = http.get("/", headers=BROWSER)
    document = http.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert document.headers["content-type"] == "application/json"
    assert {page.headers["vary"], document.headers["vary"]} == {"Accept"}


@pytest.mark.parametrize("path", ["/", *PAGES])
def test_policies_allow_only_packaged_scripts(http: HttpClient, path: str) -> None:
    response = http.get(path, headers=BROWSER)
    policy = response.headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))

    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert ("'unsafe-inline'" in directives["style-src"]) == (path == "/api/redoc")
    assert re.search(rb"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", response.body) is None


@pytest.mark.parametrize("path", ["/", "/app", "/admin"])
def test_own_pages_require_trusted_types(http: HttpClient, path: str) -> None:
    policy = http.get(path, headers=BROWSER).headers["content-security-policy"]

    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy


@pytest.mark.parametrize("path", ["/", *PAGES])
def test_files_referenced_by_pages_are_served(http: HttpClient, path: str) -> None:
    page = http.get(path, headers=BROWSER).body.decode()
    named = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert named != []
    assert {name: http.get(name).status for name in named} == dict.fromkeys(named, 200)


def test_pages_are_revalidated_and_not_sent_again(http: HttpClient) -> None:
    first = http.get("/app", headers=BROWSER)
    again = http.get("/app", headers={**BROWSER, "If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("path", ["/app", "/admin"])
def test_pages_name_the_payment_provider_and_the_stage(http: HttpClient, path: str) -> None:
    page = http.get(path, headers=BROWSER).body.decode()

    assert 'data-stage="local" data-payments="instant"' in page
    assert re.search(r'data-days-ahead="-?\d+"', page)


@pytest.mark.parametrize("name", sorted(packaged_assets().names))
def test_static_files_are_immutable_under_hashed_names(http: HttpClient, name: str) -> None:
    response = http.get(f"/static/{packaged_assets().version}-{name}")
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}

    assert response.status == 200
    assert response.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert response.headers["content-type"].startswith(types[name[name.rindex(".") :]])
    assert response.headers["x-content-type-options"] == "nosniff"
    assert 0 < len(response.body) < MAX_RESPONSE_BYTES


def test_cached_static_files_are_not_sent_again(http: HttpClient) -> None:
    path = f"/static/{packaged_assets().version}-app.css"
    etag = http.get(path).headers["etag"]

    again = http.get(path, headers={"If-None-Match": etag})

    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "name", ["app.css", "000000000000-app.css", "{}-absent.js", "{}-..%2Fpages%2Fapp.html", "{}-assets.py"]
)
def test_unknown_static_files_are_not_found(http: HttpClient, name: str) -> None:
    response = http.get(f"/static/{name.format(packaged_assets().version)}")

    assert (response.status, response.code) == (404, "asset_not_found")
    assert response.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_pages_reject_other_methods(http: HttpClient, path: str) -> None:
    assert http.post(path, {}).status == 405
