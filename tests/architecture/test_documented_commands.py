"""Commands that documents and workflows mention exist, and `make help` lists the ones meant for people."""

import re
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.architecture.source import ROOT

_TARGETS: Final = frozenset(re.findall(r"^([a-z][a-z-]*):", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE))
_DOCUMENTS: Final = (
    ROOT / "README.md",
    ROOT / "CONTRIBUTING.md",
    ROOT / "SECURITY.md",
    ROOT / ".env.example",
    ROOT / ".ci" / "run",
    ROOT / ".devcontainer" / "devcontainer.json",
    ROOT / ".pre-commit-config.yaml",
    *sorted((ROOT / "docs").rglob("*.md")),
    *sorted((ROOT / ".github").rglob("*.*")),
)
# `make target` at the start of a command line, after a separator, in inline code, or as a value of YAML.
_COMMAND: Final = re.compile(
    r"(?:^|[`\"(|;&:]|\b(?:exec|timeout \d+|[A-Z_]+=\S+)) *make (?P<words>(?:-j \d+ )?[a-z][a-z -]*)", re.MULTILINE
)
_PROSE_AFTER_MAKE: Final = frozenset({"sure", "a", "the", "it"})


def commands_in(text: str) -> set[str]:
    """Return the targets of the `make` commands in a text; `make setup test` has two."""
    commands = (re.sub(r"-j \d+ ", "", match["words"]) for match in _COMMAND.finditer(text))
    return {target for command in commands for target in _targets(command)} - _PROSE_AFTER_MAKE


def _targets(command: str) -> list[str]:
    words = command.split()
    return [word for word in words if word in _TARGETS] or words[:1]


@pytest.mark.parametrize("path", _DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_documented_make_targets_exist(path: Path) -> None:
    assert commands_in(path.read_text("utf-8")) <= _TARGETS


def test_targets_in_documents_are_found() -> None:
    text = "Run `make setup` first.\n\n```sh\nPORT=1 make run   # starts\nmake -j 3 test lint\n```\nThey make profit."

    assert commands_in(text) == {"setup", "run", "test", "lint"}
    assert commands_in("Type `make believe`.") - _TARGETS == {"believe"}


def test_readme_and_contributing_name_the_first_commands() -> None:
    for name in ("README.md", "CONTRIBUTING.md"):
        assert {"run", "test"} <= commands_in((ROOT / name).read_text("utf-8")), name


def test_help_lists_every_target_that_has_a_description() -> None:
    shown = subprocess.run(["make", "help"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    described = re.findall(r"^([a-z][a-z-]*):.*## ", (ROOT / "Makefile").read_text("utf-8"), flags=re.MULTILINE)

    assert re.findall(r"^  make ([a-z-]+) ", shown, flags=re.MULTILINE) == described
