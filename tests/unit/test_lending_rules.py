"""Worked examples of docs/lending-rules.md: every line that a reader sees is what the code returns."""

import doctest
import re
from typing import Any, Final

import pytest

from tests.architecture.source import ROOT

_SECTION: Final = re.compile(r"^## (?P<title>.+)$", re.MULTILINE)
_EXAMPLE: Final = re.compile(r"^```python\n(?P<code>.*?)^```$", re.MULTILINE | re.DOTALL)
_SET_UP: Final = "Set-up"


def sections_of(text: str) -> dict[str, list[str]]:
    """The examples of each section, by its title."""
    parts = _SECTION.split(text)[1:]
    return {
        title: [example["code"] for example in _EXAMPLE.finditer(content)]
        for title, content in zip(parts[::2], parts[1::2], strict=True)
    }


def failures_of(title: str, examples: list[str], names: dict[str, Any]) -> str:
    """Run the examples of a section in one namespace; return what doctest reports."""
    runner, report = doctest.DocTestRunner(verbose=False), list[str]()
    for example in examples:
        test = doctest.DocTestParser().get_doctest(example, names, title, "docs/lending-rules.md", 0)
        runner.run(test, out=report.append, clear_globs=False)
        names.update(test.globs)
    return "".join(report)


SECTIONS: Final = sections_of((ROOT / "docs" / "lending-rules.md").read_text("utf-8"))


@pytest.mark.parametrize("title", [title for title in SECTIONS if title != _SET_UP])
def test_worked_examples_hold(title: str) -> None:
    names: dict[str, Any] = {}

    assert failures_of(_SET_UP, SECTIONS[_SET_UP], names) == ""
    assert failures_of(title, SECTIONS[title], names) == ""


def test_every_rule_has_a_worked_example() -> None:
    assert [title for title, examples in SECTIONS.items() if not any(">>>" in example for example in examples)] == []


def test_wrong_examples_are_reported() -> None:
    sections = sections_of("## A rule\ntext\n```python\n>>> 1 + 1\n3\n```\n## Another\n```python\n>>> 2\n2\n```\n")

    assert "Expected:" in failures_of("A rule", sections["A rule"], {})
    assert failures_of("Another", sections["Another"], {}) == ""
