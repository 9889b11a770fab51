"""Reject connections to other machines, so that no test uses the network by accident."""

import ipaddress
import os
import sys
from typing import Final
from urllib.parse import urlsplit

_LOOPBACK_NAMES: Final = frozenset({"localhost", "", None})


class OutsideCall(AssertionError):
    """A test tried to connect to another machine."""


def keep_inside() -> None:
    """Install the guard for the rest of this process (audit hooks cannot be removed)."""
    sys.addaudithook(_guard)


def _guard(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.getaddrinfo":
        _require_inside(arguments[0])
    elif event == "socket.connect" and isinstance(arguments[1], tuple):
        _require_inside(arguments[1][0])


def _require_inside(host: object) -> None:
    name = host.decode() if isinstance(host, bytes) else host
    if name in _LOOPBACK_NAMES or name == _named_endpoint() or _is_loopback(str(name)):
        return
    raise OutsideCall(f"a test tried to connect to {name!r}")


def _named_endpoint() -> str | None:
    return urlsplit(os.environ.get("AWS_ENDPOINT_URL", "")).hostname


def _is_loopback(text: str) -> bool:
    try:
        return ipaddress.ip_address(text).is_loopback
    except ValueError:
        return False
