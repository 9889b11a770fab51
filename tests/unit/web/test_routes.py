"""The base path of published pages, and the choice between HTML and JSON."""

from types import SimpleNamespace
from typing import cast

import pytest
from chalice.app import Request

from chalicelib.web.routes import published_base, wants_page


def create_request(*, routed: str, whole: str | None, accept: str = "*/*") -> Request:
    """Create a request with the attributes that the views read."""
    context = {} if whole is None else {"path": whole}
    return cast(Request, SimpleNamespace(path=routed, context=context, headers={"accept": accept}))


@pytest.mark.parametrize(
    ("routed", "whole", "base"),
    [
        ("/app", "/app/", ""),
        ("/app", "/api/app/", "/api"),
        ("/app", "/api/app", "/api"),
        ("/api/swagger", "/api/api/swagger/", "/api"),
        ("/", "/", ""),
        ("/", "/api/", "/api"),
        ("/app", None, ""),
    ],
)
def test_published_base_is_the_path_before_the_route(routed: str, whole: str | None, base: str) -> None:
    assert published_base(create_request(routed=routed, whole=whole)) == base


def test_accept_header_decides_between_html_and_json() -> None:
    assert wants_page(create_request(routed="/", whole="/", accept="text/html,application/xhtml+xml,*/*;q=0.8"))
    assert not wants_page(create_request(routed="/", whole="/", accept="*/*"))
    assert not wants_page(create_request(routed="/", whole="/", accept="application/json"))
