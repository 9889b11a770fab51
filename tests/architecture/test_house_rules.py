"""The rules of style that a machine can check: sizes, names, and what must not be written."""

from __future__ import annotations

import ast
import re
import subprocess
from typing import Final

import pytest

from tests.architecture.source import ALL_CODE, PLATFORM, ROOT, Source, sources

LONGEST_FILE: Final = 300
LONGEST_FUNCTION: Final = 40
DEEPEST_NESTING: Final = 3
SHORTEST_REASON: Final = 10
_BLOCKS: Final = (ast.If, ast.For, ast.While, ast.With, ast.Try, ast.Match)
_EMPTY_NAMES: Final = re.compile(r"(^|_)(?<!secrets_)(utils?|helpers?|managers?|misc|common2)(_|$)", re.IGNORECASE)
_SILENCED: Final = re.compile(r"#\s*(noqa|type:\s*ignore)(\[[a-z, -]+\]|:\s*[A-Z0-9, ]+)?(?P<rest>.*)$")
# Folders of one person's machine have no place in a project.
_ONE_MACHINE: Final = re.compile(r"(?<![\w.$}/])/(home|root|Users|work)/\w")

everywhere = pytest.mark.parametrize("source", sources(*ALL_CODE), ids=lambda source: source.name)


@everywhere
def test_a_file_is_short_enough_to_read(source: Source) -> None:
    assert len(source.text.splitlines()) <= LONGEST_FILE


@everywhere
def test_a_function_is_short_enough_to_see_at_once(source: Source) -> None:
    lengths = {source.at(function): _length(function) for function in source.functions()}

    assert {place: lines for place, lines in lengths.items() if lines > LONGEST_FUNCTION} == {}


@everywhere
def test_a_function_nests_no_deeper_than_can_be_followed(source: Source) -> None:
    depths = {source.at(function): _depth(function) for function in source.functions()}

    assert {place: depth for place, depth in depths.items() if depth > DEEPEST_NESTING} == {}


@everywhere
def test_a_module_says_what_it_is_for(source: Source) -> None:
    assert (ast.get_docstring(source.tree) or "").strip() != ""


@everywhere
def test_names_say_something(source: Source) -> None:
    named = [node.name for node in ast.walk(source.tree) if isinstance(node, ast.ClassDef | ast.FunctionDef)]

    assert [name for name in (*source.name.removesuffix(".py").split("/"), *named) if _EMPTY_NAMES.search(name)] == []


@everywhere
def test_nothing_is_left_for_later(source: Source) -> None:
    marks = re.compile(r"#.*\b(" + "TO" + "DO|FIX" + "ME|XX" + "X)\\b")

    assert [line for line in source.text.splitlines() if marks.search(line)] == []


@everywhere
def test_a_silenced_check_says_why(source: Source) -> None:
    silenced = [match for line in source.text.splitlines() if (match := _SILENCED.search(line))]

    assert [match[0] for match in silenced if len(match["rest"]) < SHORTEST_REASON] == []


@pytest.mark.parametrize("source", sources(*PLATFORM), ids=lambda source: source.name)
def test_the_request_is_read_where_threads_do_not_share_it(source: Source) -> None:
    """Chalice keeps the current request on the application, where threads overwrite each other's."""
    read = [node for node in ast.walk(source.tree) if isinstance(node, ast.Attribute)]

    assert [source.at(node) for node in read if node.attr in ("current_request", "lambda_context")] == []


@pytest.mark.parametrize("source", sources("tests"), ids=lambda source: source.name)
def test_no_test_replaces_our_own_code(source: Source) -> None:
    calls = [node for node in ast.walk(source.tree) if isinstance(node, ast.Call) and node.args]
    patched = [ast.unparse(call.func) + " " + ast.unparse(call.args[0]) for call in calls]

    assert [text for text in patched if re.search(r"(patch|setattr)\S* ['\"](chalicelib|local|app)\.", text)] == []


def test_no_file_names_a_folder_of_one_machine() -> None:
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
        cwd=ROOT, capture_output=True, check=True, text=True,
    )  # fmt: skip
    paths = [ROOT / name for name in listed.stdout.split("\0") if name and "/static/" not in name]
    texts = {path.name: path.read_bytes().decode("utf-8", "replace") for path in paths if path.is_file()}

    assert {name: match[0] for name, text in texts.items() if (match := _ONE_MACHINE.search(text))} == {}


def _length(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """Lines from the signature to the end, without the docstring."""
    end = function.end_lineno or function.lineno
    first = function.body[0]
    if ast.get_docstring(function) is not None:
        return end - function.lineno + 1 - ((first.end_lineno or first.lineno) - first.lineno + 1)
    return end - function.lineno + 1


def _depth(node: ast.AST) -> int:
    inner = max((_depth(child) for child in ast.iter_child_nodes(node) if not _is_function(child)), default=0)
    return inner + isinstance(node, _BLOCKS)


def _is_function(node: ast.AST) -> bool:
    return isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
