"""The calls that the application declares."""

import importlib
import re
from typing import Final

from chalice.app import Chalice

from chalicelib.api.routing import REGISTRY, Endpoint

ANY_ID: Final = "7" * 26
"""Has the form of an id; nothing has it."""

APPLICATION: Final[Chalice] = importlib.import_module("app").app
CALLS: Final[tuple[Endpoint, ...]] = tuple(sorted(REGISTRY, key=lambda each: (each.path, each.method)))


def address(path: str) -> str:
    """A declared path with ids in the place of its parameters, and a trailing slash."""
    return re.sub(r"\{\w+\}", ANY_ID, path).rstrip("/") + "/"
