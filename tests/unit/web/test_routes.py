"""Where a page's references point when a gateway's stage stands before the path."""

from __future__ import annotations

from types import SimpleNamespace
from typing import cast

import pytest
from chalice.app import Request

from chalicelib.web.routes import published_base, wants_page


def a_request(*, routed: str, whole: str | None, accept: str = "*/*") -> Request:
    """What the views read of a request."""
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
def test_the_stage_before_the_routed_path_is_found(routed: str, whole: str | None, base: str) -> None:
    assert published_base(a_request(routed=routed, whole=whole)) == base


def test_a_browser_gets_the_page_and_a_client_the_document() -> None:
    assert wants_page(a_request(routed="/", whole="/", accept="text/html,application/xhtml+xml,*/*;q=0.8"))
    assert not wants_page(a_request(routed="/", whole="/", accept="*/*"))
    assert not wants_page(a_request(routed="/", whole="/", accept="application/json"))
