"""Who owns the local data, and what is left of an owner that was killed."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.data_directory import DataDirectory, EngineNote, InUse


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    return DataDirectory(tmp_path)


def test_a_second_owner_is_refused_and_told_what_to_do(directory: DataDirectory) -> None:
    second = DataDirectory(directory.path)

    with directory.claimed(), pytest.raises(InUse, match=f"process {os.getpid()}") as told, second.claimed():
        pytest.fail("the folder had two owners")

    assert "DATA_DIR=" in str(told.value)


def test_a_folder_can_be_owned_again_after_its_owner(directory: DataDirectory) -> None:
    with directory.claimed():
        assert directory.is_claimed()

    assert not directory.is_claimed()
    with directory.claimed():
        assert directory.is_claimed()


def test_an_owner_that_was_killed_leaves_no_lock(directory: DataDirectory) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from local.data_directory import DataDirectory\n"
        "with DataDirectory(Path(sys.argv[1])).claimed(): os.kill(os.getpid(), signal.SIGKILL)"
    )

    killed = subprocess.run([sys.executable, "-c", program, str(directory.path)], check=False, timeout=30)

    assert killed.returncode == -9
    assert not directory.is_claimed()


def test_a_note_is_read_by_others_and_gone_with_its_owner(directory: DataDirectory) -> None:
    note = EngineNote(pid=os.getpid(), endpoint="http://127.0.0.1:1")

    with directory.claimed():
        directory.note_engine(note)
        seen = DataDirectory(directory.path).noted_engine()

    assert seen == note
    assert directory.noted_engine() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}'])
def test_a_damaged_note_is_no_note(directory: DataDirectory, text: str) -> None:
    (directory.path / "engine.json").write_text(text)

    assert directory.noted_engine() is None


def test_an_engine_that_outlived_its_owner_is_ended(directory: DataDirectory) -> None:
    leftover = a_process(["dynoxide", "--db-path", str(directory.database)])
    directory.note_engine(EngineNote(leftover.pid, "http://127.0.0.1:1"))

    try:
        with directory.claimed():
            assert leftover.wait(10) != 0
    finally:
        leftover.kill()
        leftover.wait()


def test_a_process_that_only_has_the_number_of_an_engine_is_left_alone(directory: DataDirectory) -> None:
    stranger = a_process(["something", "else"])
    directory.note_engine(EngineNote(stranger.pid, "http://127.0.0.1:1"))

    try:
        with directory.claimed():
            assert stranger.poll() is None
    finally:
        stranger.kill()
        stranger.wait()


def a_process(arguments: list[str]) -> subprocess.Popen[bytes]:
    """A process that does nothing for a minute, with the given words on its command line."""
    return subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", *arguments])
