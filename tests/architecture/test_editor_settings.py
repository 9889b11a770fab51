"""Editors, formatter and hooks agree with each other."""

import configparser
import json
import tomllib
from typing import Any, Final

import pytest
import yaml

from tests.architecture.source import ROOT

_RUFF: Final[dict[str, Any]] = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["ruff"]


def editor_settings(section: str) -> dict[str, str]:
    parser = configparser.ConfigParser()
    parser.read_string("[top]\n" + (ROOT / ".editorconfig").read_text("utf-8"))
    return {**parser["*"], **parser[section]}


def test_editors_and_ruff_agree_on_lines_and_indents() -> None:
    python = editor_settings("*.py")

    assert int(python["max_line_length"]) == _RUFF["line-length"]
    assert (python["indent_style"], int(python["indent_size"])) == ("space", _RUFF.get("indent-width", 4))


@pytest.mark.parametrize(
    ("section", "style"), [("*.{js,css,html,yml,yaml,json,toml}", "space"), ("*.md", "space"), ("Makefile", "tab")]
)
def test_every_kind_of_file_has_an_indent_style(section: str, style: str) -> None:
    settings = editor_settings(section)

    assert settings["indent_style"] == style
    assert settings["end_of_line"] == "lf"


def test_hooks_use_the_pinned_tools_of_the_environment() -> None:
    hooks = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text("utf-8"))["repos"]
    local = {hook["id"]: hook["entry"] for repo in hooks if repo["repo"] == "local" for hook in repo["hooks"]}

    assert {"ruff", "ruff-format", "mypy"} <= set(local)
    assert all(entry.startswith((".venv/bin/python -m ", "make ")) for entry in local.values())


def test_dev_container_runs_the_set_up() -> None:
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text("utf-8"))

    assert container["postCreateCommand"].startswith("make setup")
