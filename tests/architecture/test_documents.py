"""Documents have short lines, working links and few pictures."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from tests.architecture.source import ROOT

MAX_COLUMNS: Final = 120
_DOCUMENTS: Final = (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))

_FENCE: Final = re.compile(r"^ *```.*?^ *```", re.MULTILINE | re.DOTALL)
_LINK: Final = re.compile(r"\]\((?![a-z]+:)(?P<file>[^)#\s]*)(?:#(?P<anchor>[^)\s]+))?\)")
_UNBREAKABLE: Final = re.compile(r"\s*(?:\||`[^`]+`[.:]?$)")
_TARGET: Final = re.compile(r"\]\([^)]*\)")
_HEADING: Final = re.compile(r"^#+ +(.+?) *$", re.MULTILINE)


def prose_of(text: str) -> str:
    """Return a document without its code blocks, whose lines stay as empty lines."""
    return _FENCE.sub(lambda block: "\n" * block[0].count("\n"), text)


def long_lines(text: str) -> Iterator[int]:
    """Yield the numbers of lines that are too long without link targets; tables and commands cannot be wrapped."""
    for number, line in enumerate(prose_of(text).splitlines(), start=1):
        if len(_TARGET.sub("]", line)) > MAX_COLUMNS and not _UNBREAKABLE.match(line):
            yield number


def anchors_of(text: str) -> set[str]:
    """Return the anchors of a document's headings, as GitHub derives them."""
    plain = (re.sub(r"[^\w\- ]", "", heading.lower()) for heading in _HEADING.findall(prose_of(text)))
    return {heading.replace(" ", "-") for heading in plain}


def broken_links(document: Path) -> Iterator[str]:
    """Yield the relative links of a document that lead to no file or to no heading."""
    for link in _LINK.finditer(prose_of(document.read_text("utf-8"))):
        target = (document.parent / link["file"]).resolve() if link["file"] else document
        if not target.exists() or (link["anchor"] and not has_anchor(target, link["anchor"])):
            yield link[0]


def has_anchor(document: Path, anchor: str) -> bool:
    return document.suffix != ".md" or anchor in anchors_of(document.read_text("utf-8"))


def test_lines_have_at_most_120_columns() -> None:
    found = [
        f"{document.relative_to(ROOT)}:{line}"
        for document in _DOCUMENTS
        for line in long_lines(document.read_text("utf-8"))
    ]

    assert found == []


def test_relative_links_lead_to_files_and_headings() -> None:
    broken = {str(document.relative_to(ROOT)): list(broken_links(document)) for document in _DOCUMENTS}

    assert {name: links for name, links in broken.items() if links} == {}


def test_index_lists_every_document() -> None:
    index = (ROOT / "docs" / "index.md").read_text("utf-8")
    linked = {(ROOT / "docs" / link["file"]).resolve() for link in _LINK.finditer(index) if link["file"]}
    documents = {path for path in (ROOT / "docs").glob("*.md") if path.name != "index.md"}

    assert {path.name for path in documents - linked} == set()


def test_long_lines_are_found() -> None:
    word, table, link = "word " * 30, "| cell " * 30, "[x](" + "y" * 130 + ")"

    assert list(long_lines(f"# Title\n{word}\n```\n{word}\n```\n{table}\n- {link}\n{word}\n")) == [2, 8]


def test_broken_links_are_found(tmp_path: Path) -> None:
    (tmp_path / "other.md").write_text("# What it *costs*, in cents\n")
    document = tmp_path / "document.md"
    document.write_text(
        "[a](other.md) [b](missing.md) [c](other.md#what-it-costs-in-cents) [d](other.md#none) [e](https://example.com)"
    )

    assert list(broken_links(document)) == ["](missing.md)", "](other.md#none)"]
