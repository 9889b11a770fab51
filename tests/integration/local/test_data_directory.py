"""The owner of the local data, and the remains of an owner that was killed."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from local.data_directory import DatabaseAddress, DataDirectory, DataInUseError


@pytest.fixture
def directory(tmp_path: Path) -> DataDirectory:
    return DataDirectory(tmp_path)


def test_second_owner_is_rejected_with_instructions(directory: DataDirectory) -> None:
    second = DataDirectory(directory.path)

    with directory.claimed(), pytest.raises(DataInUseError, match=f"process {os.getpid()}") as error, second.claimed():
        pytest.fail("the folder had two owners")

    assert "DATA_DIR=" in str(error.value)


def test_folder_can_be_owned_again_after_its_owner(directory: DataDirectory) -> None:
    with directory.claimed():
        assert directory.is_claimed()

    assert not directory.is_claimed()
    with directory.claimed():
        assert directory.is_claimed()


def test_owner_that_was_killed_leaves_no_lock(directory: DataDirectory) -> None:
    program = (
        "import os, signal, sys; from pathlib import Path; from local.data_directory import DataDirectory\n"
        "with DataDirectory(Path(sys.argv[1])).claimed(): os.kill(os.getpid(), signal.SIGKILL)"
    )

    killed = subprocess.run([sys.executable, "-c", program, str(directory.path)], check=False, timeout=30)

    assert killed.returncode == -9
    assert not directory.is_claimed()


def test_address_is_published_until_the_owner_ends(directory: DataDirectory) -> None:
    address = DatabaseAddress(pid=os.getpid(), endpoint="http://127.0.0.1:1")

    with directory.claimed():
        directory.publish_address(address)
        seen = DataDirectory(directory.path).database_address()

    assert seen == address
    assert directory.database_address() is None


@pytest.mark.parametrize("text", ["", "{", "[]", '{"pid": "x"}', '{"pid": 1}'])
def test_unreadable_address_is_ignored(directory: DataDirectory, text: str) -> None:
    (directory.path / "database.json").write_text(text)

    assert directory.database_address() is None


@pytest.mark.parametrize(
    ("arguments", "is_ended"),
    [(["dynoxide", "--db-path", "{database}"], True), (["another", "program"], False)],
    ids=["database", "reused process id"],
)
def test_only_a_database_without_an_owner_is_ended(
    directory: DataDirectory, arguments: list[str], is_ended: bool
) -> None:
    words = [word.format(database=directory.database) for word in arguments]
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)", *words]) as leftover:
        directory.publish_address(DatabaseAddress(leftover.pid, "http://127.0.0.1:1"))

        with directory.claimed():
            if is_ended:
                assert leftover.wait(10) != 0
            else:
                assert leftover.poll() is None
        leftover.kill()
