"""Answers are compressed as the cloud's gateway does it."""

from __future__ import annotations

import gzip

import pytest

from local.compression import MINIMUM_BYTES, compressed
from local.http_messages import HttpRequest, HttpResponse

LARGE = b"a" * MINIMUM_BYTES


def asked(accept_encoding: str) -> HttpRequest:
    """A request of a client that takes these codings."""
    return HttpRequest("GET", "/", (("Accept-Encoding", accept_encoding),))


@pytest.mark.parametrize("accepted", ["gzip", "gzip, deflate, br", "br;q=1.0, GZIP;q=0.5"])
def test_a_client_that_takes_gzip_gets_it(accepted: str) -> None:
    answer = compressed(asked(accepted), HttpResponse(200, (), LARGE))

    assert dict(answer.headers)["Content-Encoding"] == "gzip"
    assert gzip.decompress(answer.body) == LARGE


@pytest.mark.parametrize("accepted", ["", "identity", "gzip;q=0", "gzip; q=0", "br"])
def test_other_clients_get_the_body_as_it_is(accepted: str) -> None:
    answer = HttpResponse(200, (), LARGE)

    assert compressed(asked(accepted), answer) == answer


def test_a_small_body_is_not_worth_it() -> None:
    answer = HttpResponse(200, (), LARGE[1:])

    assert compressed(asked("gzip"), answer) == answer


def test_a_body_that_is_encoded_already_stays_as_it_is() -> None:
    answer = HttpResponse(200, (("content-encoding", "br"),), LARGE)

    assert compressed(asked("gzip"), answer) == answer
