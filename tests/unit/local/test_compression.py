"""Compression of responses, as API Gateway does it."""

import gzip

import pytest

from local.gateway import MINIMUM_BYTES, compressed
from local.http_messages import HttpRequest, HttpResponse

LARGE = b"a" * MINIMUM_BYTES


def request_with(accept_encoding: str) -> HttpRequest:
    """Return a request with an Accept-Encoding header."""
    return HttpRequest("GET", "/", (("Accept-Encoding", accept_encoding),))


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5"])
def test_gzip_is_used_if_accepted(accepted: str) -> None:
    response = compressed(request_with(accepted), HttpResponse(200, (), LARGE))

    assert dict(response.headers)["Content-Encoding"] == "gzip"
    assert gzip.decompress(response.body) == LARGE


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "gzip; q=0", "br"])
def test_other_clients_get_the_plain_body(accepted: str) -> None:
    response = HttpResponse(200, (), LARGE)

    assert compressed(request_with(accepted), response) == response


def test_a_small_body_is_not_compressed() -> None:
    response = HttpResponse(200, (), LARGE[1:])

    assert compressed(request_with("gzip"), response) == response


def test_an_encoded_body_is_not_compressed_again() -> None:
    response = HttpResponse(200, (("content-encoding", "br"),), LARGE)

    assert compressed(request_with("gzip"), response) == response
