"""The pages and their files over HTTP: types, policies, caching, and that nothing else is served."""

from __future__ import annotations

import re

import pytest

from chalicelib.web.assets import packaged_assets
from tests.http_client import HttpClient

PAGES = ["/app", "/admin", "/api/swagger", "/api/redoc"]
BROWSER = {"Accept": "text/html,application/xhtml+xml,*/*;q=0.8"}
LARGEST_ANSWER = 6_000_000


@pytest.mark.parametrize("path", [*PAGES, *(f"{path}/" for path in PAGES)])
def test_each_page_opens_with_and_without_a_trailing_slash(http: HttpClient, path: str) -> None:
    answer = http.get(path, headers=BROWSER)

    assert answer.status == 200
    assert answer.headers["content-type"] == "text/html; charset=utf-8"
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_the_root_is_a_page_for_browsers_and_a_document_for_clients(http: HttpClient) -> None:
    page = http.get("/", headers=BROWSER)
    document = http.get("/")

    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert document.headers["content-type"] == "application/json"
    assert {page.headers["vary"], document.headers["vary"]} == {"Accept"}


@pytest.mark.parametrize("path", ["/", *PAGES])
def test_no_page_lets_scripts_in_that_are_not_packaged(http: HttpClient, path: str) -> None:
    answer = http.get(path, headers=BROWSER)
    policy = answer.headers["content-security-policy"]
    directives = dict(part.strip().split(" ", 1) for part in policy.split(";"))

    assert directives["default-src"] == "'none'"
    assert directives["script-src"] == directives["connect-src"] == "'self'"
    assert directives["frame-ancestors"] == directives["base-uri"] == "'none'"
    assert ("'unsafe-inline'" in directives["style-src"]) == (path == "/api/redoc")
    assert re.search(rb"<script(?![^>]* src=)|<style|\son\w+=|\sstyle=", answer.body) is None


@pytest.mark.parametrize("path", ["/", "/app", "/admin"])
def test_our_own_pages_make_no_markup_from_strings(http: HttpClient, path: str) -> None:
    policy = http.get(path, headers=BROWSER).headers["content-security-policy"]

    assert "require-trusted-types-for 'script'; trusted-types 'none'" in policy


@pytest.mark.parametrize("path", ["/", *PAGES])
def test_everything_that_a_page_names_is_served(http: HttpClient, path: str) -> None:
    page = http.get(path, headers=BROWSER).body.decode()
    named = re.findall(r'(?:src|href)="([^"]+)"', page)

    assert named != []
    assert {name: http.get(name).status for name in named} == dict.fromkeys(named, 200)


def test_a_page_is_asked_for_each_time_and_sent_once(http: HttpClient) -> None:
    first = http.get("/app", headers=BROWSER)
    again = http.get("/app", headers={**BROWSER, "If-None-Match": first.headers["etag"]})

    assert first.headers["cache-control"] == "no-cache"
    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize("name", sorted(packaged_assets().names))
def test_each_file_is_served_under_its_hashed_name_for_ever(http: HttpClient, name: str) -> None:
    answer = http.get(f"/static/{packaged_assets().version}-{name}")
    types = {".js": "text/javascript", ".css": "text/css", ".svg": "image/svg+xml", ".txt": "text/plain"}

    assert answer.status == 200
    assert answer.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert answer.headers["content-type"].startswith(types[name[name.rindex(".") :]])
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert 0 < len(answer.body) < LARGEST_ANSWER


def test_a_file_that_a_browser_has_is_not_sent_again(http: HttpClient) -> None:
    path = f"/static/{packaged_assets().version}-app.css"
    etag = http.get(path).headers["etag"]

    again = http.get(path, headers={"If-None-Match": etag})

    assert (again.status, again.body) == (304, b"")


@pytest.mark.parametrize(
    "name", ["app.css", "000000000000-app.css", "{}-absent.js", "{}-..%2Fpages%2Fapp.html", "{}-assets.py"]
)
def test_no_other_file_is_served(http: HttpClient, name: str) -> None:
    answer = http.get(f"/static/{name.format(packaged_assets().version)}")

    assert (answer.status, answer.code) == (404, "asset_not_found")
    assert answer.headers["cache-control"] == "no-store"


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_only_opened(http: HttpClient, path: str) -> None:
    assert http.post(path, {}).status == 405
