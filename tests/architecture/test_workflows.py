"""GitHub workflows run the project's checks and store no keys."""

from typing import Any, Final

import yaml

from tests.architecture.source import ROOT

_WORKFLOWS: Final = {path.name: path.read_text("utf-8") for path in (ROOT / ".github" / "workflows").glob("*.yml")}


def test_checks_run_on_oldest_and_newest_python() -> None:
    check = yaml.safe_load(_WORKFLOWS["check.yml"])["jobs"]["check"]

    assert check["strategy"]["matrix"]["python"] == ["3.11", "3.13"]
    assert any(step.get("run") == ".ci/run" for step in check["steps"])


def test_checks_fail_if_a_test_program_is_missing() -> None:
    check = yaml.safe_load(_WORKFLOWS["check.yml"])["jobs"]["check"]

    assert check["env"]["REQUIRE_TEST_PROGRAMS"] == "1"


def test_deployment_is_manual_and_uses_no_stored_key() -> None:
    workflow: dict[Any, Any] = yaml.safe_load(_WORKFLOWS["deploy.yml"])

    assert list(workflow[True]) == ["workflow_dispatch"]  # YAML reads the key `on` as a truth value
    assert workflow["permissions"]["id-token"] == "write"
    assert "secrets." not in _WORKFLOWS["deploy.yml"]


def test_workflows_cannot_write_to_the_repository() -> None:
    for name, text in _WORKFLOWS.items():
        assert yaml.safe_load(text)["permissions"]["contents"] == "read", name


def test_dependabot_covers_every_kind_of_dependency() -> None:
    watched = yaml.safe_load((ROOT / ".github" / "dependabot.yml").read_text("utf-8"))["updates"]

    assert {entry["package-ecosystem"] for entry in watched} >= {"pip", "github-actions", "docker-compose"}
