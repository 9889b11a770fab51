"""The public workflows: they do what the project's own checks do, and keep no keys."""

from __future__ import annotations

from typing import Any, Final

import yaml

from tests.architecture.source import ROOT

_WORKFLOWS: Final = {path.name: path.read_text("utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}


def test_every_check_runs_on_the_oldest_and_the_newest_python() -> None:
    check = yaml.safe_load(_WORKFLOWS["check.yml"])["jobs"]["check"]

    assert check["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert any(step.get("run") == ".ci/run" for step in check["steps"])


def test_workflows_skip_no_test_for_want_of_a_program() -> None:
    check = yaml.safe_load(_WORKFLOWS["check.yml"])["jobs"]["check"]

    assert check["env"]["REQUIRE_TEST_PROGRAMS"] == "1"


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
