"""Find home-made names and unidiomatic words in the project's files.

Run ``python -m tests.architecture.terminology PATH…`` for the findings in some files or folders, and without a path
for all of them.
"""

import ast
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from tests.architecture.source import ROOT
from tests.architecture.vocabulary import (
    GERUND_MODULES,
    NAMES,
    NAMES_OF_LIBRARIES,
    PROSE,
    SCRIPT_NAMES,
    SUFFIXED_NAMES,
    TEST_NAMES,
    UI_PROSE,
)

SUFFIXES: Final = frozenset({".py", ".js", ".css", ".html", ".md", ".sh", ".yml", ".yaml", ".toml"})
FILES_WITHOUT_SUFFIX: Final = frozenset({"Makefile", ".env.example", ".editorconfig", "run"})
# The vocabulary itself, and licences and libraries of others.
EXCLUDED: Final = (
    "tests/architecture/terminology.py",
    "tests/architecture/vocabulary.py",
    "tests/architecture/test_terminology.py",
    "chalicelib/web/static/vendor-",
    "build/",
    "node_modules/",
)
# Uses that are right: a definition, the name of a package, and a text that seeds random histories.
ALLOWED: Final = frozenset(
    {
        ("docs/glossary.md", "an engine"),
        ("docs/reference-cases.md", "amortization"),
        ("tests/simulation/scripts.py", "deed"),
    }
)

UI_FOLDER: Final = "chalicelib/web/"
TEST_FOLDERS: Final = ("tests/", "benchmarks/", "bench/", "tools/")
OPENINGS: Final = re.compile(r"(?:What|Who|Whose|Whether|How|Whoever|Whatever|Where|Why|That)\b")

_CAMEL: Final = re.compile(r"(?<=[a-z0-9])(?=[A-Z])")
_GAP: Final = r"(?:[ \t]+|[ \t]*\n[ \t#*/>]*)"
_INLINE_CODE: Final = re.compile(r"`([^`\n]+)`")
_IDENTIFIER: Final = re.compile(r"[A-Za-z_]\w*")
_SCRIPT_DOCUMENTATION: Final = re.compile(r"/\*\*[\s*]*(\w+)")
_SCRIPT_COMMENTS_AND_STRINGS: Final = re.compile(
    r"""/\*.*?\*/|//[^\n]*|"(?:\\.|[^"\\\n])*"|'(?:\\.|[^'\\\n])*'""", re.DOTALL
)


@dataclass(frozen=True, slots=True)
class Finding:
    """One rejected word at one place."""

    file: str
    line: int
    found: str
    instead: str

    def __str__(self) -> str:
        return f"{self.file}:{self.line}: {self.found!r}; standard: {self.instead}"


def _compiled(words: Mapping[str, str]) -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple(
        (re.compile(rf"(?<!\w)(?:{pattern.replace(' ', _GAP)})(?!\w)", re.IGNORECASE), advice)
        for pattern, advice in words.items()
    )


_PROSE: Final = _compiled(PROSE)
_UI_PROSE: Final = _compiled(UI_PROSE)


def listed_files() -> list[str]:
    """Return the project's text files that the vocabulary applies to, as paths from the project's root."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    return sorted(name for name in set(listed.stdout.split("\0")) if _applies_to(name) and (ROOT / name).is_file())


def _applies_to(name: str) -> bool:
    path = Path(name)
    return (path.suffix in SUFFIXES or path.name in FILES_WITHOUT_SUFFIX) and not name.startswith(EXCLUDED)


def findings_in(name: str, text: str) -> list[Finding]:
    """Return the findings in one file, in the order of its lines.

    Args:
        name: Path from the project's root, with slashes. It chooses the rules and is checked itself.
        text: Content of the file.
    """
    found = [*_in_path(name), *_in_prose(name, text)]
    match Path(name).suffix:
        case ".py":
            found += [*_in_python_names(name, text), *_in_docstrings(name, text)]
        case ".js":
            found += _in_script(name, text)
        case ".md":
            found += _in_inline_code(name, text)
    rejected = {finding for finding in found if (name, finding.found) not in ALLOWED}
    return sorted(rejected, key=lambda finding: (finding.line, finding.found))


def _in_path(name: str) -> Iterator[Finding]:
    yield from (Finding(name, 1, finding.found, finding.instead) for finding in _in_prose(name, Path(name).stem))
    if name.endswith(".py"):
        stem = Path(name).stem.removeprefix("test_")
        if advice := _advice_on_name(stem, name):
            yield Finding(name, 1, f"{stem}.py", advice)
        last = stem.rpartition("_")[2]
        if re.search(r"(?<!th)ing$", last) and last not in GERUND_MODULES:
            yield Finding(name, 1, f"{stem}.py", "a noun, not a gerund")


def _in_prose(name: str, text: str) -> Iterator[Finding]:
    plain = _CAMEL.sub(" ", text.replace("_", " "))
    rules = (*_PROSE, *_UI_PROSE) if name.startswith(UI_FOLDER) else _PROSE
    for pattern, advice in rules:
        for match in pattern.finditer(plain):
            yield Finding(name, plain.count("\n", 0, match.start()) + 1, " ".join(match[0].split()), advice)


def _in_python_names(name: str, text: str) -> Iterator[Finding]:
    for node in ast.walk(ast.parse(text)):
        for identifier in _identifiers_of(node):
            if advice := _advice_on_name(identifier, name):
                yield Finding(name, getattr(node, "lineno", 1), identifier, advice)


def _identifiers_of(node: ast.AST) -> Iterator[str]:
    match node:
        case ast.Name(id=name) | ast.Attribute(attr=name) | ast.arg(arg=name) | ast.keyword(arg=str() as name):
            yield name
        case ast.ClassDef(name=name) | ast.FunctionDef(name=name) | ast.AsyncFunctionDef(name=name):
            yield name
        case ast.alias(name=name, asname=alias):
            yield from (*name.split("."), *([alias] if alias else []))
        case ast.ImportFrom(module=str() as module):
            yield from module.split(".")
        case ast.ExceptHandler(name=str() as name) | ast.MatchAs(name=str() as name):
            yield name


def _advice_on_name(identifier: str, file: str) -> str | None:
    bare = identifier.lstrip("_")
    for ending, instead in SUFFIXED_NAMES.items():
        if bare[:1].isupper() and bare.endswith(ending) and bare not in NAMES_OF_LIBRARIES:
            return f"…{instead}"
    return NAMES.get(bare) or (TEST_NAMES.get(bare) if file.startswith(TEST_FOLDERS) else None)


def _in_docstrings(name: str, text: str) -> Iterator[Finding]:
    for node in ast.walk(ast.parse(text)):
        match node:
            case ast.Expr(value=ast.Constant(value=str() as docstring)):
                if opening := OPENINGS.match(docstring.lstrip()):
                    advice = "a verb or a noun phrase as the docstring's first word"
                    yield Finding(name, node.lineno, f'"""{opening[0]}', advice)


def _in_script(name: str, text: str) -> Iterator[Finding]:
    for match in _SCRIPT_DOCUMENTATION.finditer(text):
        if OPENINGS.match(match[1]):
            line = text.count("\n", 0, match.start(1)) + 1
            yield Finding(name, line, f"/** {match[1]}", "a verb or a noun phrase as the comment's first word")
    code = _SCRIPT_COMMENTS_AND_STRINGS.sub(lambda noise: "\n" * noise[0].count("\n"), text)
    for match in _IDENTIFIER.finditer(code):
        if match[0] in SCRIPT_NAMES:
            yield Finding(name, code.count("\n", 0, match.start()) + 1, match[0], SCRIPT_NAMES[match[0]])


def _in_inline_code(name: str, text: str) -> Iterator[Finding]:
    for span in _INLINE_CODE.finditer(text):
        for identifier in _IDENTIFIER.findall(span[1]):
            if advice := _advice_on_name(identifier, name):
                yield Finding(name, text.count("\n", 0, span.start()) + 1, identifier, advice)


def findings(places: Iterable[str]) -> list[Finding]:
    """Return the findings in some files and folders, given as paths from the project's root."""
    chosen = tuple(places)
    return [
        finding
        for name in listed_files()
        if any(place in ("", ".") or name == place or name.startswith(f"{place}/") for place in chosen)
        for finding in findings_in(name, (ROOT / name).read_text("utf-8"))
    ]


def main(arguments: list[str]) -> int:
    """Print the findings in the files and folders named; return 1 if there is one, otherwise 0."""
    places = [Path(argument).resolve().relative_to(ROOT).as_posix() for argument in arguments or [str(ROOT)]]
    found = findings(places)
    for finding in found:
        print(finding)  # noqa: T201  # a program that talks to the terminal
    print(f"{len(found)} findings" if found else "No findings.")  # noqa: T201  # as above
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
