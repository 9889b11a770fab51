"""The public workflows: they do what the project's own checks do, and keep no keys."""

from __future__ import annotations

import re
from typing import Any, Final

import yaml

from tests.architecture.source import ROOT

_WORKFLOWS: Final = {path.name: path.read_text("utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}


def test_every_workflow_calls_targets_that_there_are() -> None:
    makefile = (ROOT / "Makefile").read_text("utf-8")
    there = set(re.findall(r"^([a-z][a-z-]*):", makefile, re.MULTILINE))
    called = {target for text in _WORKFLOWS.values() for target in re.findall(r"\bmake ([a-z][a-z-]*)", text)}

    assert called
    assert called <= there


def test_every_check_runs_on_the_oldest_and_the_newest_python() -> None:
    check = yaml.safe_load(_WORKFLOWS["check.yml"])["jobs"]["check"]

    assert check["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert any(step.get("run") == ".ci/run" for step in check["steps"])


def test_a_deployment_is_started_by_hand_and_signs_in_without_a_stored_key() -> None:
    workflow: dict[Any, Any] = yaml.safe_load(_WORKFLOWS["deploy.yml"])

    assert list(workflow[True]) == ["workflow_dispatch"]  # YAML reads the key `on` as a truth value
    assert workflow["permissions"]["id-token"] == "write"
    assert "secrets." not in _WORKFLOWS["deploy.yml"]


def test_no_workflow_may_write_to_the_repository() -> None:
    for name, text in _WORKFLOWS.items():
        assert yaml.safe_load(text)["permissions"]["contents"] == "read", name


def test_dependencies_of_every_kind_are_watched() -> None:
    watched = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))["updates"]

    assert {entry["package-ecosystem"] for entry in watched} >= {"pip", "github-actions", "docker-compose"}
