"""Rules of style: sizes, names, comments and forbidden constructs."""

import ast
import re
import subprocess
from typing import Final

from tests.architecture.source import ALL_CODE, PLATFORM, ROOT, sources

LONGEST_FILE: Final = 500
LONGEST_FUNCTION: Final = 60
DEEPEST_NESTING: Final = 3
SHORTEST_REASON: Final = 10
_BLOCKS: Final = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
_EMPTY_NAMES: Final = re.compile(r"(^|_)(?<!secrets_)(utils?|helpers?|managers?|misc|common2)(_|$)", re.IGNORECASE)
_SILENCED: Final = re.compile(r"#\s*(noqa|type:\s*ignore)(\[[a-z, -]+\]|:\s*[A-Z0-9, ]+)?(?P<rest>.*)$")
_FOR_LATER: Final = re.compile(r"#.*\b(" + "|".join(("TO" + "DO", "FIX" + "ME", "XX" + "X")) + r")\b")
# Folders of one developer's machine.
_ONE_MACHINE: Final = re.compile(r"(?<![\w.$}/])/(home|root|Users|work)/\w")


def test_files_have_at_most_500_lines() -> None:
    lengths = {source.name: len(source.text.splitlines()) for source in sources(*ALL_CODE)}

    assert {name: lines for name, lines in lengths.items() if lines > LONGEST_FILE} == {}


def test_functions_are_short_and_nest_three_blocks() -> None:
    functions = [(source, function) for source in sources(*ALL_CODE) for function in source.functions()]

    found = [
        f"{source.at(function)} {function.name}"
        for source, function in functions
        if _length(function) > LONGEST_FUNCTION or _depth(function) > DEEPEST_NESTING
    ]

    assert found == []


def test_every_module_has_a_docstring() -> None:
    modules = [source for source in sources(*ALL_CODE) if source.text.strip()]

    assert [source.name for source in modules if not ast.get_docstring(source.tree)] == []


def test_names_avoid_empty_words() -> None:
    named = [
        (source.at(node), node.name)
        for source in sources(*ALL_CODE)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ClassDef | ast.FunctionDef)
    ]
    parts = [
        (source.name, part) for source in sources(*ALL_CODE) for part in source.name.removesuffix(".py").split("/")
    ]

    assert [place for place, name in (*named, *parts) if _EMPTY_NAMES.search(name)] == []


def test_no_comment_postpones_work() -> None:
    assert _lines_with(_FOR_LATER) == []


def test_suppressed_warnings_give_a_reason() -> None:
    silenced = [
        (source.name, match)
        for source in sources(*ALL_CODE)
        for line in source.text.splitlines()
        if (match := _SILENCED.search(line))
    ]

    assert [(name, match[0]) for name, match in silenced if len(match["rest"]) < SHORTEST_REASON] == []


def test_platform_never_reads_chalice_current_request() -> None:
    """Chalice keeps the current request on the application, where concurrent threads overwrite it."""
    read = [
        source.at(node)
        for source in sources(*PLATFORM)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Attribute) and node.attr in ("current_request", "lambda_context")
    ]

    assert read == []


def test_no_test_mocks_our_own_code() -> None:
    ours = re.compile(r"(patch|setattr)\S*\(['\"](chalicelib|local|app)\.")

    assert _lines_with(ours, "tests") == []


def test_no_file_contains_a_path_of_one_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    names = [name for name in listed.stdout.split("\0") if name and "/static/" not in name]
    texts = {name: (ROOT / name).read_bytes().decode("utf-8", "replace") for name in names if (ROOT / name).is_file()}

    assert {name: match[0] for name, text in texts.items() if (match := _ONE_MACHINE.search(text))} == {}


def _lines_with(pattern: re.Pattern[str], *places: str) -> list[str]:
    """Return ``file:line`` of every line that the pattern matches."""
    return [
        f"{source.name}:{number}"
        for source in sources(*(places or ALL_CODE))
        for number, line in enumerate(source.text.splitlines(), start=1)
        if pattern.search(line)
    ]


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Return the number of lines from the signature to the end, without the docstring."""
    end = function.end_lineno or function.lineno
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        return end - function.lineno + 1 - ((first.end_lineno or first.lineno) - first.lineno + 1)
    return end - function.lineno + 1


def _depth(node: ast.AST) -> int:
    inside = [child for child in ast.iter_child_nodes(node) if not _is_function(child)]
    inner = max((_depth(child) - _is_elif(node, child) for child in inside), default=0)
    return inner + isinstance(node, _BLOCKS)


def _is_elif(node: ast.AST, child: ast.AST) -> bool:
    """Return True if the child is an ``elif`` of its parent, which reads as one level."""
    return isinstance(node, ast.If) and isinstance(child, ast.If) and node.orelse == [child]


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
