"""Parsed source files of the project."""

import ast
import functools
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
PLATFORM: Final = ("app.py", "chalicelib")
ALL_CODE: Final = (*PLATFORM, "local", "tests", "benchmarks", "infra")


@dataclass(frozen=True, slots=True)
class Source:
    """One Python file."""

    path: Path
    text: str
    tree: ast.Module

    @property
    def name(self) -> str:
        """Path from the project's root, with slashes."""
        return self.path.relative_to(ROOT).as_posix()

    def at(self, node: ast.AST) -> str:
        """Return ``file:line`` of a node."""
        return f"{self.name}:{getattr(node, 'lineno', 1)}"

    def functions(self) -> Iterator[ast.FunctionDef | ast.AsyncFunctionDef]:
        """Yield every function and method."""
        for node in ast.walk(self.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                yield node


@functools.cache
def sources(*places: str) -> tuple[Source, ...]:
    """Return the Python files in some files and folders of the project, sorted."""
    return tuple(_read(path) for place in places for path in _files(ROOT / place))


def _files(place: Path) -> list[Path]:
    if place.is_file():
        return [place]
    if not place.is_dir():
        raise FileNotFoundError(place)
    return sorted(path for path in place.rglob("*.py") if "static" not in path.parts)


def _read(path: Path) -> Source:
    text = path.read_text(encoding="utf-8")
    return Source(path, text, ast.parse(text, str(path)))
