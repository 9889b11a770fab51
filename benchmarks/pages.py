"""docs/performance.md: each part of the benchmark writes its own section of it, between two marks."""

import textwrap
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final

PAGE: Final = Path(__file__).resolve().parent.parent / "docs" / "performance.md"


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """A table in Markdown."""
    lines = ["| " + " | ".join(heads) + " |", "|" + "---|" * len(heads)]
    return "\n".join([*lines, *("| " + " | ".join(map(str, row)) + " |" for row in rows)])


def write(part: str, text: str) -> None:
    """Put the text of a part between its marks.

    Raises:
        ValueError: the page has no such marks.
    """
    begin, end = marks(part)
    before, found, rest = PAGE.read_text(encoding="utf-8").partition(begin)
    if not found or end not in rest:
        raise ValueError(f"{PAGE.name} has no marks for {part}")
    after = rest.partition(end)[2]
    PAGE.write_text(f"{before}{begin}\n\n{_wrapped(text)}\n\n{end}{after}", encoding="utf-8")


def _wrapped(text: str) -> str:
    """Wrap prose at the width of the documents; tables stay as they are."""
    return "\n".join(
        line if line.startswith("|") else textwrap.fill(line, 118, break_long_words=False, break_on_hyphens=False)
        for line in text.splitlines()
    )


def marks(part: str) -> tuple[str, str]:
    """The marks before and after a part."""
    return f"<!-- make bench PARTS={part} WRITE=1 writes this -->", f"<!-- end of {part} -->"
