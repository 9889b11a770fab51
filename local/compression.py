"""Compresses answers as API Gateway does: for clients that ask for it, from a size on, and not twice."""

from __future__ import annotations

import gzip
from dataclasses import replace
from typing import Final

from local.http_messages import HttpRequest, HttpResponse

MINIMUM_BYTES: Final = 1024
"""The stages set the same as `minimum_compression_size`: below it, gzip saves nothing worth its time."""

_LEVEL: Final = 6


def compressed(request: HttpRequest, response: HttpResponse) -> HttpResponse:
    """The response, in gzip where the client takes it and the body is large enough."""
    if len(response.body) < MINIMUM_BYTES or not _takes_gzip(request):
        return response
    if any(name.lower() == "content-encoding" for name, _ in response.headers):
        return response
    headers = (*response.headers, ("Content-Encoding", "gzip"))
    return replace(response, headers=headers, body=gzip.compress(response.body, _LEVEL, mtime=0))


def _takes_gzip(request: HttpRequest) -> bool:
    accepted = ",".join(value for name, value in request.headers if name.lower() == "accept-encoding")
    codings = (coding.partition(";") for coding in accepted.split(","))
    return any(name.strip().lower() == "gzip" and weight.replace(" ", "") != "q=0" for name, _, weight in codings)
