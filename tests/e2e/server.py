"""The platform as `make run` starts it, without rate limits."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.integration.local.running_platform import running_platform

# All users of a browser test share one address.
NO_RATE_LIMITS: Final = {
    "THROTTLE_RATE": "off",
    "THROTTLE_AUTH": "off",
    "THROTTLE_USER": "off",
    "THROTTLE_ANON": "off",
}


@contextlib.contextmanager
def running_server(data_directory: Path, **environment: str) -> Iterator[str]:
    """Start what `make run` starts, yield its URL without a trailing slash, and stop it."""
    with running_platform(data_directory, None, **{**NO_RATE_LIMITS, **environment}) as platform:
        yield f"http://localhost:{platform.port}"
        platform.stop()
