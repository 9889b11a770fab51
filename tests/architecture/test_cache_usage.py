"""Cached responses are shown to people and never used for a decision."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tests.architecture.source import Source, sources

_CACHE: Final = "chalicelib.cache.service"
_IMPORTERS: Final = {
    "chalicelib/admin/service/cache.py": "shows and clears the cache",
    "chalicelib/cache/invalidation.py": "invalidates after a commit",
    "chalicelib/api/rate_limiting/counter.py": "counts requests on the cache's server",
    "chalicelib/container.py": "builds the cache",
}


def modules_imported(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def is_route(name: str) -> bool:
    return "/routes/" in name or name.endswith(("/routes.py", "/schemas_cache.py"))


def test_only_routes_read_cached_responses() -> None:
    importers = {
        source.name
        for source in sources("chalicelib")
        if any(module.startswith(_CACHE) for module in modules_imported(source))
    }

    assert {name for name in importers if not is_route(name)} == set(_IMPORTERS)


def test_only_five_views_read_cached_responses() -> None:
    """A route that changes state reads the database."""
    readers = [
        f"{source.name}:{function.name}"
        for source in sources("chalicelib")
        for function in source.functions()
        if is_route(source.name) and "cache.read(" in ast.unparse(function)
    ]

    assert {name.rpartition(":")[2] for name in readers} == {
        "show_loan",
        "list_available",
        "list_my_loans",
        "show_schedule",
        "show_wallet",
    }
