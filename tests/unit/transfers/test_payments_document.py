"""docs/payments.md agrees with the code: states, examples, and the adapter with its test."""

import doctest
import re
from collections.abc import Iterator
from typing import Final

import pytest

from chalicelib.transfers.domain.transfer import TRANSITIONS, Direction, first_status
from tests.architecture.source import ROOT

_TEXT: Final = (ROOT / "docs" / "payments.md").read_text("utf-8")
_HEADINGS: Final = {Direction.DEPOSIT: "### Deposits", Direction.WITHDRAWAL: "### Withdrawals"}
_ROW: Final = re.compile(r"^\| (?P<before>[A-Z, –]+) \| (?P<after>[A-Z]+) \|", re.MULTILINE)
_NEW: Final = "–"


def _documented(direction: Direction) -> Iterator[tuple[str, str]]:
    section = _TEXT.split(_HEADINGS[direction])[1].split("\n#")[0]
    for row in _ROW.finditer(section):
        yield from ((before, row["after"]) for before in row["before"].split(", "))


@pytest.mark.parametrize("direction", Direction)
def test_tables_list_every_transition_once(direction: Direction) -> None:
    legal = [(before.value, after.value) for before, others in TRANSITIONS[direction].items() for after in others]

    assert sorted(_documented(direction)) == sorted([(_NEW, first_status(direction).value), *legal])


def test_examples_give_the_results_shown() -> None:
    report: list[str] = []
    test = doctest.DocTestParser().get_doctest(_TEXT, {}, "payments", "docs/payments.md", 0)

    result = doctest.DocTestRunner(verbose=False).run(test, out=report.append)

    assert (result.failed, "".join(report)) == (0, "")
    assert result.attempted >= 8


@pytest.mark.parametrize("name", ["example_provider.py", "test_example_provider.py"])
def test_adapter_is_shown_as_it_is_tested(name: str) -> None:
    code = (ROOT / "tests" / "unit" / "transfers" / name).read_text("utf-8")

    assert f"```python\n{code}```\n" in _TEXT
