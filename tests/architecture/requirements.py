"""Requirements files, and the installed packages that the code imports."""

from __future__ import annotations

import ast
import re
import sys
from collections.abc import Iterable, Iterator
from typing import Final

from tests.architecture.source import ROOT, Source

_PIN: Final = re.compile(r"(?P<name>[A-Za-z0-9_.-]+)(\[[a-z0-9,]+\])?==[A-Za-z0-9.]+( ; .+)?")
# Distributions whose module has another name.
_MODULE_OF: Final = {"pyjwt": "jwt", "argon2-cffi": "argon2", "python-dateutil": "dateutil", "python-stdnum": "stdnum"}
_OUR_OWN: Final = frozenset({"chalicelib", "app", "chalice"})  # Chalice packages its own runtime


def lines_of(file_name: str) -> list[str]:
    """Return the requirements in a file, without comments and includes."""
    lines = (ROOT / file_name).read_text(encoding="utf-8").splitlines()
    bare = (line.strip().removesuffix("\\").strip() for line in lines)
    return [line for line in bare if line and not line.startswith(("#", "-r", "--hash="))]


def is_pinned(line: str) -> bool:
    """Return True if a requirement allows exactly one version."""
    return _PIN.fullmatch(line) is not None


def distributions(file_name: str) -> set[str]:
    """Return the names in a requirements file, normalised as on PyPI."""
    found = (_PIN.match(line) for line in lines_of(file_name))
    return {re.sub(r"[-_.]+", "-", match["name"]).lower() for match in found if match}


def bundled_modules() -> set[str]:
    """Return the third-party modules that code in Lambda can import."""
    return {_MODULE_OF.get(name, name.replace("-", "_")) for name in distributions("requirements.txt")}


def imported_modules(files: Iterable[Source]) -> set[str]:
    """Return the third-party top-level modules that files import at run time."""
    found = {module.partition(".")[0] for source in files for module in _imports(source.tree)}
    return found - set(sys.stdlib_module_names) - _OUR_OWN


def _imports(tree: ast.AST) -> Iterator[str]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.If) and "TYPE_CHECKING" in ast.dump(node.test):
            continue
        if isinstance(node, ast.Import):
            yield from (name.name for name in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
        yield from _imports(node)
