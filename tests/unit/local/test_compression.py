"""Compression of responses, as API Gateway does it."""

import gzip

import pytest

from local.gateway import MINIMUM_BYTES, compressed
from local.http_messages import HttpRequest, HttpResponse

LARGE = b"a" * MINIMUM_BYTES


def request_with(accept_encoding: str) -> HttpRequest:
    return HttpRequest("GET", "/", (("Accept-Encoding", accept_encoding),))


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5"])
def test_gzip_is_used_if_accepted(accepted: str) -> None:
    response = compressed(request_with(accepted), HttpResponse(200, (), LARGE))

    assert dict(response.headers)["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.body) == LARGE


@pytest.mark.parametrize(
    ("accepted", "response"),
    [
        *((accepted, HttpResponse(200, (), LARGE)) for accepted in ("", "identity", "gzip;q=0", "gzip; q=0", "br")),
        ("gzip", HttpResponse(200, (), LARGE[1:])),
        ("gzip", HttpResponse(200, (("content-encoding", "br"),), LARGE)),
    ],
    ids=["no header", "identity", "q=0", "q = 0", "br", "small body", "encoded body"],
)
def test_other_responses_are_not_compressed(accepted: str, response: HttpResponse) -> None:
    assert compressed(request_with(accepted), response) == response
