"""Cached responses are shown to people and never used for a decision."""

import ast
import importlib
from collections.abc import Iterator
from typing import Final

from chalicelib.api.routing import REGISTRY
from tests.architecture.source import Source, sources

_IMPORTERS: Final = {
    "chalicelib/admin/service/cache.py": "shows and clears the cache",
    "chalicelib/cache/invalidation.py": "invalidates after a commit",
    "chalicelib/api/rate_limiting/counter.py": "counts requests on the cache's server",
    "chalicelib/api/routing.py": "reads cached responses",
    "chalicelib/base_container.py": "builds the cache",
}


def imported_names(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_only_routing_reads_the_cache() -> None:
    importers = {
        source.name for source in sources("chalicelib") if "chalicelib.cache.service.Cache" in imported_names(source)
    }

    assert importers == set(_IMPORTERS)


def test_only_five_get_endpoints_are_cached() -> None:
    importlib.import_module("app")

    cached = {(each.method, each.view.__name__) for each in REGISTRY if each.cached}

    assert cached == {
        ("GET", "show_loan"),
        ("GET", "list_available"),
        ("GET", "list_my_loans"),
        ("GET", "show_schedule"),
        ("GET", "show_wallet"),
    }
