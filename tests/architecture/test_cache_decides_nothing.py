"""What is cached is shown, and nothing else: whoever decides reads the database."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from typing import Final

from tests.architecture.source import Source, sources

_CACHE: Final = "chalicelib.cache.service"
_MAY: Final = {
    "chalicelib/admin/service/cache.py": "operators look at it and clear it",
    "chalicelib/cache/service.py": "the cache itself",
    "chalicelib/cache/redis_backend.py": "the cache itself",
    "chalicelib/cache/invalidation.py": "tells it of changes",
    "chalicelib/api/rate_limiting/counter.py": "counts requests on its server",
    "chalicelib/wiring/__init__.py": "puts it together",
    "chalicelib/wiring/base.py": "puts it together",
}


def modules_imported(source: Source) -> Iterator[str]:
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom):
            yield node.module or ""
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)


def is_route(name: str) -> bool:
    return "/routes/" in name or name.endswith(("/routes.py", "/schemas_cache.py"))


def test_only_routes_read_through_the_cache() -> None:
    importers = {
        source.name
        for source in sources("chalicelib")
        if any(module.startswith(_CACHE) for module in modules_imported(source))
    }

    assert {name for name in importers if not is_route(name)} == set(_MAY)


def test_what_is_posted_never_looks_into_the_cache() -> None:
    """Views of calls that change something have no read through the cache in them."""
    readers = [
        f"{source.name}:{function.name}"
        for source in sources("chalicelib")
        for function in source.functions()
        if is_route(source.name) and "cache.read(" in ast.unparse(function)
    ]

    assert [name.rpartition(":")[2] for name in readers] == [
        "show_loan",
        "list_available",
        "list_my_loans",
        "show_schedule",
        "show_wallet",
    ]
